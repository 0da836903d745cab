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

/// The same where each look is dear: from 1 on in the direction in which it falls, then between two values of which one falls and one rises, by
/// false position (Dowell and Jarratt's). About ten looks, of one value each; good to a hundred-thousandth.
pub(in crate::run) fn lowest_by_slopes<E>(
    range: (f64, f64),
    mut f: impl FnMut(f64) -> Result<Term, E>,
) -> Result<Lowest, E> {
    const CLOSE: f64 = 1e-5;
    const LOOKS: usize = 60;
    let first = f(1.0)?;
    if first.log.is_nan() || first.slope.is_nan() {
        return Ok(Lowest::Unknown);
    }
    if first.slope == 0.0 {
        return Ok(Lowest::Bottom(1.0, first.log));
    }
    // Logarithms of values with the slopes there.
    let away = -first.slope.signum();
    let end = if away > 0.0 { range.1.ln() } else { range.0.ln() };
    let (mut near, mut far, mut step) = ((0.0, first.slope), (0.0, first.slope), 0.125);
    while far.1 * first.slope > 0.0 {
        if far.0 == end {
            return Ok(if away > 0.0 { Lowest::High } else { Lowest::Low });
        }
        near = far;
        let at = if away > 0.0 { (far.0 + step).min(end) } else { (far.0 - step).max(end) };
        far = (at, f(at.exp())?.slope);
        step *= 2.0;
    }
    if far.1.is_nan() {
        return Ok(Lowest::Unknown);
    }
    for _ in 0..LOOKS {
        if far.1 == 0.0 || (far.0 - near.0).abs() < CLOSE {
            break;
        }
        let at = (near.0 * far.1 - far.0 * near.1) / (far.1 - near.1);
        let slope = f(at.exp())?.slope;
        if slope.is_nan() {
            return Ok(Lowest::Unknown);
        }
        let moved = (at - far.0).abs();
        if slope * far.1 < 0.0 {
            near = far;
        } else {
            let weight = 1.0 - slope / far.1;
            near.1 *= if weight > 0.0 { weight } else { 0.5 };
        }
        far = (at, slope);
        if moved < CLOSE {
            break;
        }
    }
    let value = far.0.exp();
    Ok(Lowest::Bottom(value, f(value)?.log))
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
        for bottom in [0.02_f64, 0.7, 1.0, 1.3, 31.7] {
            let mut looks = 0;
            let slope = |x: f64| (x - bottom.ln()).exp() - 1.0;
            let found = lowest_by_slopes(TEMPERATURES, |value: f64| {
                looks += 1;
                let x = value.ln();
                Ok::<_, ()>(Term { log: (x - bottom.ln()).exp() - (x - bottom.ln()), slope: slope(x) })
            });
            let Ok(Lowest::Bottom(at, value)) = found else { panic!("{found:?}") };
            assert!((at / bottom - 1.0).abs() < 1e-5 && (value - 1.0).abs() < 1e-9, "{at} {bottom}");
            assert!(looks <= 20, "{looks} looks for {bottom}");
        }
        let by_slopes =
            |slope: f64| lowest_by_slopes(TEMPERATURES, |_| Ok::<_, ()>(Term { log: 1.0, slope }));
        assert_eq!(by_slopes(-1.0), Ok(Lowest::High));
        assert_eq!(by_slopes(1.0), Ok(Lowest::Low));
        assert_eq!(by_slopes(0.0), Ok(Lowest::Bottom(1.0, 1.0)));
        assert_eq!(by_slopes(f64::NAN), Ok(Lowest::Unknown));
        let of = |f: fn(f64) -> (f64, f64)| lowest(TEMPERATURES, valley(f)).unwrap();
        assert_eq!(of(|x| (-x, -1.0)), Lowest::High);
        assert_eq!(of(|x| (x.exp(), x.exp())), Lowest::Low);
        assert_eq!(of(|_| (0.7, 0.0)), Lowest::Flat);
        assert_eq!(of(|_| (f64::NAN, f64::NAN)), Lowest::Unknown);
        let infinite = lowest((0.0, 0.0), valley(|x| (x, 1.0))).unwrap();
        assert_eq!(infinite, Lowest::Unknown);
    }
}
