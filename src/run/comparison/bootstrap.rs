//! The paired bootstrap over rows (Efron and Tibshirani 1993, chapter 16): rows are drawn with replacement, the same for both nets, and each draw has its difference of every
//! figure. Its draws are a function of the seed and the number of the draw, so neither threads nor the order of the nets change one.

use std::thread;

use crate::{draws::rng, math::Moments, run::judgements::outputs_of::Outputs, runtime::figures::Figures};

/// What a difference is worth, over rows that might have been others.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// The standard deviation of the difference over draws.
    pub standard_error: f64,
    /// Draws in which both nets have the figure.
    pub draws: usize,
}

/// Share of the draws that lie between the ends of an interval.
const SHARE: f64 = 0.95;

/// Numbers of rows, as many as there are, drawn with replacement.
#[must_use]
pub fn resample(seed: u64, draw: u64, rows: usize) -> Vec<u32> {
    let mut rng = rng::stream(seed, "bootstrap", &[draw]);
    (0..rows).map(|_| rng::below(&mut rng, rows as u64) as u32).collect()
}

/// Differences `b` less `a` of every figure that both have, with their intervals.
#[must_use]
pub fn paired(
    a: &Outputs,
    b: &Outputs,
    draws: usize,
    seed: u64,
    threads: usize,
) -> Vec<(String, f64, Interval)> {
    let rows = a.rows();
    let whole: Vec<u32> = (0..rows as u32).collect();
    let difference = |order: &[u32]| less(&b.figures(order), &a.figures(order));
    let found = difference(&whole);
    let share = draws.div_ceil(threads.max(1)).max(1);
    let chunks: Vec<std::ops::Range<usize>> =
        (0..draws).step_by(share).map(|first| first..draws.min(first + share)).collect();
    let drawn: Vec<Vec<Vec<f64>>> = thread::scope(|scope| {
        let work = |chunk: std::ops::Range<usize>| {
            scope.spawn(move || {
                let one = |draw: usize| {
                    let values = difference(&resample(seed, draw as u64, rows));
                    values.into_iter().map(|(_, value)| value).collect::<Vec<f64>>()
                };
                chunk.map(one).collect::<Vec<_>>()
            })
        };
        let running: Vec<_> = chunks.into_iter().map(work).collect();
        let joined = |thread: thread::ScopedJoinHandle<'_, Vec<Vec<f64>>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().map(joined).collect()
    });
    let drawn: Vec<Vec<f64>> = drawn.into_iter().flatten().collect();
    let each = found.into_iter().enumerate();
    each.map(|(i, (name, value))| (name, value, interval(drawn.iter().map(|values| values[i]).collect())))
        .collect()
}

/// Of the figures that both have, in the order of the first.
fn less(b: &Figures, a: &Figures) -> Vec<(String, f64)> {
    b.0.iter().filter_map(|(name, x)| Some((name.clone(), x - a.get(name)?))).collect()
}

/// Ends by the percentiles of the draws.
fn interval(mut values: Vec<f64>) -> Interval {
    values.retain(|x| !x.is_nan());
    values.sort_by(f64::total_cmp);
    let moments = Moments::of(values.iter().copied());
    let tail = 0.5 * (1.0 - SHARE);
    Interval {
        low: at_share(&values, tail),
        high: at_share(&values, 1.0 - tail),
        // The draws are a sample of all that are possible.
        standard_error: moments.sample_variance().sqrt(),
        draws: values.len(),
    }
}

/// Between the sorted values that lie around it.
fn at_share(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    low + part * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each draw is its own, and the same whenever it is asked for; rows are drawn evenly.
    #[test]
    fn draws_are_addressed() {
        assert_eq!(resample(3, 7, 50), resample(3, 7, 50));
        assert_ne!(resample(3, 7, 50), resample(3, 8, 50));
        assert_ne!(resample(3, 7, 50), resample(4, 7, 50));
        let mut counts = [0_u32; 10];
        (0..2_000).for_each(|draw| resample(0, draw, 10).iter().for_each(|row| counts[*row as usize] += 1));
        // 2 000 of 20 000 expected; the deviation of a binomial is 42.
        assert!(counts.iter().all(|count| count.abs_diff(2_000) < 190), "{counts:?}");
    }

    /// The mean of n drawn numbers has the variance of the numbers over n.
    #[test]
    fn means_vary_as_theory_says() {
        let numbers: Vec<f64> = (0..80).map(|i| f64::from((i * 37) % 23)).collect();
        let means = (0..20_000).map(|draw| {
            let rows = resample(1, draw, numbers.len());
            rows.iter().map(|row| numbers[*row as usize]).sum::<f64>() / numbers.len() as f64
        });
        let found = interval(means.collect());
        let own = Moments::of(numbers.iter().copied());
        let expected = (own.variance() / numbers.len() as f64).sqrt();
        // The deviation of 20 000 draws is known to half a percent.
        assert!((found.standard_error / expected - 1.0).abs() < 0.02, "{found:?} {expected}");
        for (end, z) in [(found.low, -1.96), (found.high, 1.96)] {
            assert!((end - own.mean - z * expected).abs() < 0.08 * expected, "{found:?} {expected}");
        }
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let found = interval(vec![f64::NAN, 1.0, 3.0, 2.0]);
        assert_eq!((found.draws, found.low, found.high), (3, 1.05, 2.95));
        assert!(interval(Vec::new()).low.is_nan());
    }
}
