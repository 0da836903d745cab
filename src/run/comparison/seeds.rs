//! Differences of what two nets came to with several seeds: in pairs where they have seeds in common, else of their means.

use serde::Serialize;

use crate::math::{Moments, student_quantile};

/// What lies between the ends of an interval of a mean, of all means that might have been.
const SHARE: f64 = 0.95;

/// A mean difference; ends and standard error are NaN where there is but one pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanDifference {
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    pub standard_error: f64,
    /// Pairs, or seeds of both where none is shared.
    pub count: usize,
    pub paired: bool,
}

/// Of figures by seed: `b` less `a`.
#[must_use]
pub fn difference(a: &[(u64, f64)], b: &[(u64, f64)]) -> MeanDifference {
    let pairs: Vec<(f64, f64)> =
        b.iter().filter_map(|(seed, y)| Some((a.iter().find(|(other, _)| other == seed)?.1, *y))).collect();
    if pairs.is_empty() { of_means(a, b) } else { of_pairs(&pairs) }
}

/// The t interval of the mean of differences.
pub fn of_pairs(pairs: &[(f64, f64)]) -> MeanDifference {
    let level = pairs.iter().fold(0.0_f64, |most, (x, y)| most.max(x.abs()).max(y.abs()));
    let moments = Moments::of_results(pairs.iter().map(|(x, y)| y - x), level);
    let count = pairs.len();
    around(moments.mean, moments.standard_error(), count)
}

/// The t interval of a mean of so many differences with this standard error.
#[must_use]
pub fn around(difference: f64, standard_error: f64, count: usize) -> MeanDifference {
    with_freedom(difference, standard_error, count as f64 - 1.0, count, true)
}

/// The interval of Welch (1947), whose degrees of freedom are those of Satterthwaite.
fn of_means(a: &[(u64, f64)], b: &[(u64, f64)]) -> MeanDifference {
    let [first, second] = [a, b].map(|side| Moments::of(side.iter().map(|(_, x)| *x)));
    let [v, w] = [&first, &second].map(|side| side.standard_error().powi(2));
    let freedom = (v + w).powi(2) / (v * v / (a.len() as f64 - 1.0) + w * w / (b.len() as f64 - 1.0));
    with_freedom(second.mean - first.mean, (v + w).sqrt(), freedom, a.len() + b.len(), false)
}

fn with_freedom(
    difference: f64,
    standard_error: f64,
    freedom: f64,
    count: usize,
    paired: bool,
) -> MeanDifference {
    let reach = match standard_error {
        error if error.is_nan() => f64::NAN,
        0.0 => 0.0,
        error => error * student_quantile(0.5 * (1.0 + SHARE), freedom),
    };
    MeanDifference {
        difference,
        low: difference - reach,
        high: difference + reach,
        standard_error,
        count,
        paired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_seeds_are_pairs() {
        let a = [(0, 1.0), (1, 2.0), (2, 6.0)];
        let b = [(2, 7.0), (1, 4.0), (0, 4.0), (9, 100.0)];
        let found = difference(&a, &b);
        // Differences 3, 2, 1: mean 2, deviation 1; the quantile of two degrees of freedom is 4.303.
        assert_eq!((found.difference, found.count, found.paired), (2.0, 3, true));
        assert!((found.standard_error - 1.0 / 3.0_f64.sqrt()).abs() < 1e-12);
        assert!((found.high - (2.0 + 4.302_652_7 / 3.0_f64.sqrt())).abs() < 1e-6, "{found:?}");
        let one = difference(&a[..1], &b);
        assert!(one.count == 1 && one.standard_error.is_nan() && one.low.is_nan());
    }

    /// Worked out by R's `t.test(c(4, 6, 8, 10), c(1, 2, 6))`.
    #[test]
    fn other_seeds_are_compared_by_their_means() {
        let found = difference(&[(0, 1.0), (1, 2.0), (2, 6.0)], &[(5, 4.0), (6, 6.0), (7, 8.0), (8, 10.0)]);
        assert!(!found.paired && found.count == 7 && found.difference == 4.0);
        // Variances 7 / 3 and (20 / 3) / 4.
        assert!((found.standard_error - 4.0_f64.sqrt()).abs() < 1e-12);
        let freedom = 16.0 / ((7.0_f64 / 3.0).powi(2) / 2.0 + (5.0_f64 / 3.0).powi(2) / 3.0);
        assert!((found.high - 4.0 - 2.0 * student_quantile(0.975, freedom)).abs() < 1e-9);
    }
}
