//! Where the numbers of an axis stand, and where the names of curves do.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::chart::{Chart, Corner, Series, Shape, is_drawable};

/// Numbers of an axis that few find too many.
const MOST: usize = 8;
/// Fewer say nothing of how places lie between them.
const LEAST: usize = 3;
/// Places of a line that are looked at between two of its points.
const BETWEEN: usize = 16;

/// Whole powers of ten, or their simplest multiples where the range has few of those; as logarithms, as is the range. None where it has hardly any.
fn magnitudes((low, high): (f64, f64)) -> Option<Vec<f64>> {
    let sets: [&[f64]; 3] = [&[1.0], &[1.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]];
    let of = |set: &[f64]| -> Vec<f64> {
        let powers = low.floor() as i32..=high.ceil() as i32;
        let all = powers.flat_map(|power| set.iter().map(move |x| f64::from(power) + x.log10()));
        all.filter(|at| (low..=high).contains(at)).collect()
    };
    let found = sets.into_iter().map(of).find(|found| found.len() >= LEAST)?;
    let each = found.len().div_ceil(MOST);
    Some(found.into_iter().step_by(each).collect())
}

/// A horizontal axis: of magnitudes, whose places are their logarithms, or of numbers as they are.
pub(super) struct Axis {
    inner: RangedCoordf64,
    magnitudes: Option<Vec<f64>>,
}

impl Axis {
    pub(super) fn new(range: (f64, f64), of_magnitudes: bool) -> Self {
        let magnitudes = of_magnitudes.then(|| magnitudes(range)).flatten();
        Self { inner: RangedCoordf64::from(range.0..range.1), magnitudes }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.inner.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.magnitudes.clone().unwrap_or_else(|| self.inner.key_points(hint))
    }

    fn range(&self) -> Range<f64> {
        self.inner.range()
    }
}

/// The corner where names hide least: the one that was asked for, unless they would hide something there and less elsewhere.
/// `taken` is which share of the width and of the height they need.
pub(super) fn room_for_names(laid: &Chart, (x, y): Ranges, taken: [f64; 2]) -> Corner {
    let share = |(low, high): (f64, f64), at: f64| (at - low) / (high - low);
    let places: Vec<[f64; 2]> =
        laid.series.iter().flat_map(drawn).map(|(a, b)| [share(x, a), share(y, b)]).collect();
    let hidden = |corner: Corner| {
        let (right, upper) = corner.sides();
        let beyond = |at: f64, far: bool, share: f64| if far { at > 1.0 - share } else { at < share };
        places.iter().filter(|at| beyond(at[0], right, taken[0]) && beyond(at[1], upper, taken[1])).count()
    };
    let others = Corner::ALL.into_iter().filter(|corner| *corner != laid.names);
    std::iter::once(laid.names).chain(others).min_by_key(|corner| hidden(*corner)).unwrap_or_default()
}

/// Both axes, from where to where.
type Ranges = ((f64, f64), (f64, f64));

/// Places that a series covers; of lines some between their points. Bands and planes lie behind names without harm.
fn drawn(series: &Series) -> Vec<(f64, f64)> {
    let is_on_paper = |(x, y): &(f64, f64)| is_drawable(*x) && is_drawable(*y);
    match &series.shape {
        shape @ (Shape::Line(_) | Shape::Steps(_) | Shape::Weighed(_)) => {
            let points: Vec<_> = shape.points().into_iter().filter(is_on_paper).collect();
            let between = points.windows(2).flat_map(|pair| {
                let [(a, b), (c, d)] = [pair[0], pair[1]];
                (0..BETWEEN).map(move |i| {
                    let share = i as f64 / BETWEEN as f64;
                    (a + share * (c - a), b + share * (d - b))
                })
            });
            between.chain(points.last().copied()).collect()
        }
        Shape::Band(_) | Shape::Cells(..) => Vec::new(),
        shape => shape.points().into_iter().filter(is_on_paper).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(low: f64, high: f64) -> Vec<f64> {
        let found = magnitudes((low.log10(), high.log10())).unwrap_or_default();
        found.into_iter().map(|at| (10_f64.powf(at) * 1e9).round() / 1e9).collect()
    }

    #[test]
    fn magnitudes_are_round() {
        assert_eq!(told(1e-5, 1.0), [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0]);
        assert_eq!(told(27.0, 1100.0), [50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(told(180.0, 520.0), [200.0, 300.0, 400.0, 500.0]);
        assert_eq!(told(0.5, 20.0), [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]);
        assert!(told(101.0, 104.0).is_empty());
        assert!(told(1e-20, 1e20).len() <= MOST);
    }

    #[test]
    fn names_give_way() {
        let rising = |names: Corner| Chart {
            series: vec![Series::line("a", 0, vec![(0.0, 0.0), (1.0, 1.0)])],
            names,
            ..Chart::default()
        };
        let found = |names: Corner| {
            let chart = rising(names);
            room_for_names(&chart, ((0.0, 1.0), (0.0, 1.0)), [0.3, 0.2])
        };
        assert_eq!(found(Corner::UpperRight), Corner::UpperLeft);
        assert_eq!(found(Corner::LowerRight), Corner::LowerRight);
        assert_eq!(found(Corner::UpperLeft), Corner::UpperLeft);
    }
}
