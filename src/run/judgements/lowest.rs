//! The lowest point of a loss over the logarithm of one value.

use crate::run::predictions::likelihood::Term;

/// Differences of mean log-likelihoods, in nats, that are none.
pub const NOTHING: f64 = 1e-9;

/// Where a loss is lowest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::run) enum Lowest {
    /// At this value; and what it is there.
    Bottom(f64, f64),
    /// Nowhere: it falls to the lower, or to the upper end of the range.
    Low,
    High,
    /// Everywhere.
    Flat,
    /// It is no number.
    Unknown,
}

/// Where a loss with one valley over a range is lowest: a grid of ratios is drawn closer around the change of sign of the slopes, and
/// between its last two points they are as good as straight, so that the value is good to a hundred-millionth.
pub(in crate::run) fn lowest<E>(
    range: (f64, f64),
    mut f: impl FnMut(&[f64]) -> Result<Vec<Term>, E>,
) -> Result<Lowest, E> {
    const GRIDS: [usize; 4] = [33, 17, 17, 17];
    let (mut low, mut high) = (range.0.ln(), range.1.ln());
    for (round, points) in GRIDS.into_iter().enumerate() {
        let step = (high - low) / (points - 1) as f64;
        let place = |i: usize| low + step * i as f64;
        let losses = f(&(0..points).map(|i| place(i).exp()).collect::<Vec<f64>>())?;
        if losses.iter().any(|loss| loss.log.is_nan() || loss.slope.is_nan()) {
            return Ok(Lowest::Unknown);
        }
        let at = (0..points).fold(0, |best, i| if losses[i].log < losses[best].log { i } else { best });
        if round == 0 {
            let as_low = |end: usize| losses[end].log - losses[at].log <= NOTHING;
            match (as_low(0), as_low(points - 1)) {
                (true, true) => return Ok(Lowest::Flat),
                (true, false) => return Ok(Lowest::Low),
                (false, true) => return Ok(Lowest::High),
                (false, false) => {}
            }
        }
        let left = if losses[at].slope > 0.0 { at.saturating_sub(1) } else { at.min(points - 2) };
        let (falls, rises) = (losses[left].slope, losses[left + 1].slope);
        (low, high) = (place(left), place(left + 1));
        if round + 1 == GRIDS.len() && falls <= 0.0 && rises > 0.0 {
            low += step * falls / (falls - rises);
            high = low;
        }
    }
    let value = (0.5 * (low + high)).exp();
    Ok(Lowest::Bottom(value, f(&[value])?[0].log))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::folder::calibration::TEMPERATURES;

    /// A loss of the logarithm of a value, with its slope.
    fn valley(f: impl Fn(f64) -> (f64, f64)) -> impl FnMut(&[f64]) -> Result<Vec<Term>, ()> {
        move |xs: &[f64]| Ok(xs.iter().map(|x| f(x.ln())).map(|(log, slope)| Term { log, slope }).collect())
    }

    #[test]
    fn the_bottom_of_a_valley_is_found() {
        for bottom in [0.000_02_f64, 0.02, 1.0, 31.7, 400_000.0] {
            // Steeper on one side than on the other, as likelihoods are.
            let f = |x: f64| (x - bottom.ln()).exp() - (x - bottom.ln());
            let found = lowest(TEMPERATURES, valley(|x| (f(x), (x - bottom.ln()).exp() - 1.0))).unwrap();
            let Lowest::Bottom(at, value) = found else { panic!("{found:?}") };
            assert!((at / bottom - 1.0).abs() < 1e-7 && (value - 1.0).abs() < 1e-12, "{at} {bottom}");
        }
        let of = |f: fn(f64) -> (f64, f64)| lowest(TEMPERATURES, valley(f)).unwrap();
        assert_eq!(of(|x| (-x, -1.0)), Lowest::High);
        assert_eq!(of(|x| (x.exp(), x.exp())), Lowest::Low);
        assert_eq!(of(|_| (0.7, 0.0)), Lowest::Flat);
        assert_eq!(of(|_| (f64::NAN, f64::NAN)), Lowest::Unknown);
        let infinite = lowest((0.0, 0.0), valley(|x| (x, 1.0))).unwrap();
        assert_eq!(infinite, Lowest::Unknown);
    }
}
