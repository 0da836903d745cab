//! Charts for a terminal, of dots in Braille.

use textplots::{Chart as Canvas, LabelBuilder, LabelFormat, Plot, Shape as Plotted};

use super::{
    Chart, Shape,
    chart::{digits_of, finite, is_drawable},
};
use crate::{math::rounding_of, vocab::in_digits};

/// Braille without a dot.
const BLANK: char = '\u{2800}';
const WIDTH: u32 = 120;
const HEIGHT: u32 = 40;
/// Digits of places that 32 bits tell apart.
const HELD: usize = 6;

/// A chart, series by series, over the same axes.
#[must_use]
pub fn chart(chart: &Chart) -> String {
    let named = match (chart.log_x, chart.ticks.is_empty()) {
        (true, _) => format!("log10 of {}", chart.x),
        (false, true) => chart.x.clone(),
        (false, false) => {
            let ticks = chart.ticks.iter().enumerate().map(|(i, tick)| format!("{i}: {tick}"));
            format!("{} ({})", chart.x, ticks.collect::<Vec<_>>().join(", "))
        }
    };
    let chart = &*chart.laid();
    let Some((_, y)) = chart.ranges() else { return format!("{}: nothing to draw\n", chart.title) };
    let all = chart.series.iter().flat_map(|series| series.shape.points()).map(|point| point.0);
    let x = all
        .filter(|x| is_drawable(*x))
        .fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let apart = x.1 - x.0 > rounding_of(x.0.abs().max(x.1.abs()));
    let x = if apart { x } else { (x.0, x.0 + x.0.abs().max(1.0)) };
    let (across, up) = (Axis::new(x), Axis::new(y));
    let mut out = format!("{}; across: {named}, up: {}\n", chart.title, chart.y);
    for series in &chart.series {
        let points = finite(&series.shape.points());
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (Some(low), Some(high)) = (points.iter().min_by(by_height), points.iter().max_by(by_height))
        else {
            continue;
        };
        let place = |point: &(f64, f64)| format!("{} at {}", up.text(point.1), across.text(point.0));
        // One point is told, not drawn.
        if let [point] = points[..] {
            out += &format!("{}: {}\n", series.name, place(&point));
            continue;
        }
        out += &format!("{}: lowest {}, highest {}\n", series.name, place(low), place(high));
        let points: Vec<(f32, f32)> = points.iter().map(|(x, y)| (across.place(*x), up.place(*y))).collect();
        let ends = [across.place(x.0), across.place(x.1), up.place(y.0), up.place(y.1)];
        let mut canvas = Canvas::new_with_y_range(WIDTH, HEIGHT, ends[0], ends[1], ends[2], ends[3]);
        let plotted = match series.shape {
            Shape::Line(_) | Shape::Steps(_) | Shape::Weighed(_) => Plotted::Lines(&points),
            Shape::Dots(_) | Shape::Rings(_) | Shape::Band(_) | Shape::Bars(_) | Shape::Cells(..) => {
                Plotted::Points(&points)
            }
        };
        out += &drawn(canvas.lineplot(&plotted), across, up);
    }
    out
}

/// The canvas knows 32-bit numbers: what lies around a large one is drawn by its distance from the lower end.
#[derive(Clone, Copy)]
struct Axis {
    base: f64,
    digits: usize,
}

impl Axis {
    fn new(range: (f64, f64)) -> Self {
        let digits = digits_of(range);
        Self { base: if digits > HELD { range.0 } else { 0.0 }, digits: digits.max(4) }
    }

    fn place(self, x: f64) -> f32 {
        (x - self.base) as f32
    }

    fn text(self, x: f64) -> String {
        in_digits(x, if self.base == 0.0 { 4 } else { self.digits })
    }

    /// How the canvas writes an end: by itself it has one decimal.
    fn label(self) -> LabelFormat {
        LabelFormat::Custom(Box::new(move |end| self.text(self.base + f64::from(end))))
    }
}

fn drawn<'a>(chart: &'a mut Canvas<'a>, across: Axis, up: Axis) -> String {
    let chart = chart.x_label_format(across.label()).y_label_format(up.label());
    chart.axis();
    chart.figures();
    let text = chart.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end_matches([' ', BLANK]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Series;

    #[test]
    fn a_falling_curve_falls() {
        let losses = (1..=20).map(|i| (f64::from(i), 1.0 / f64::from(i))).collect();
        let series = vec![
            Series::line("train loss", 0, losses),
            Series::dots("seen", 1, vec![(3.0, 0.2), (9.0, 0.9)]),
        ];
        let losses =
            Chart { title: "Losses".into(), x: "epoch".into(), y: "loss".into(), series, ..Chart::default() };
        insta::assert_snapshot!(chart(&losses));
        // Ends that one decimal would not tell apart.
        let series = vec![Series::line("loss", 0, vec![(1.0, 0.69), (2.0, 0.73)])];
        let narrow = chart(&Chart { series, ..Chart::default() });
        assert!(narrow.contains(" 0.7316\n") && narrow.contains(" 0.6884\n"), "{narrow}");
        let times = (0..20).map(|i| (1.7e9 + f64::from(i), 1.7e9 + 0.5 * f64::from(i))).collect();
        let series = vec![Series::line("clock", 0, times)];
        let clock = chart(&Chart { title: "Clock".into(), series, ..Chart::default() });
        assert!(
            clock.contains("lowest 1700000000 at 1700000000, highest 1700000009.5 at 1700000019"),
            "{clock}"
        );
        assert_eq!(chart(&Chart { title: "None".into(), ..Chart::default() }), "None: nothing to draw\n");
    }
}
