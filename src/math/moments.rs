//! Mean and spread of numbers, and the one rule of when a spread is none: nothing else decides what may be divided by.
//!
//! Equal numbers have exactly their value as mean and no spread, however a sum of them is rounded; so have numbers that differ by a few units
//! in the last place. Sums are f64 in the order of the numbers.

/// Distances of so many units in the last place are rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// What of a spread of numbers as large as `level` is their own rounding.
#[must_use]
pub fn rounding_of(level: f64) -> f64 {
    ROUNDING * level.abs()
}

/// Mean and sum of squared distances from it; those are exactly 0 where the numbers count as equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub count: f64,
    pub mean: f64,
    pub squares: f64,
}

/// Sums over numbers so far, of the numbers themselves and of their distances from the first. The distances are exact where numbers lie
/// close together, so that a level which they share takes nothing from their spread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    count: f64,
    first: f64,
    sum: f64,
    distances: f64,
    squares: f64,
}

impl Running {
    pub fn add(&mut self, x: f64) {
        if self.count == 0.0 {
            self.first = x;
        }
        let distance = x - self.first;
        self.count += 1.0;
        self.sum += x;
        self.distances += distance;
        self.squares += distance * distance;
    }

    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// From what was added alone; within rounding of [`Moments::of`].
    #[must_use]
    pub fn moments(&self) -> Moments {
        self.about(0.0)
    }

    /// The same, where the numbers bear the rounding of numbers as large as `level`.
    fn about(&self, level: f64) -> Moments {
        let count = self.count;
        if (self.squares / count).sqrt() <= rounding_of(level.abs().max(self.first.abs())) {
            let mean = if self.squares == 0.0 { self.first } else { self.first + self.distances / count };
            return Moments { count, mean, squares: 0.0 };
        }
        let squares = self.squares - self.distances * (self.distances / count);
        let squares = if squares < 0.0 { 0.0 } else { squares };
        Moments { count, mean: self.first + self.distances / count, squares }
    }

    /// With the squares of a second pass around the plain mean, unless they are as small as what rounding makes of such a sum.
    fn or(&self, level: f64, squares: f64) -> Moments {
        let (count, mean) = (self.count, self.mean());
        let own = (squares / count).sqrt();
        match own > count * f64::EPSILON * mean.abs() && own > rounding_of(level) {
            true => Moments { count, mean, squares },
            false => self.about(level),
        }
    }
}

impl Moments {
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        Self::of_results(values, 0.0)
    }

    /// Of differences of numbers as large as `level`, whose rounding they bear.
    pub fn of_results(values: impl Iterator<Item = f64> + Clone, level: f64) -> Self {
        let mut running = Running::default();
        values.clone().for_each(|x| running.add(x));
        let mean = running.mean();
        running.or(level, values.map(|x| (x - mean) * (x - mean)).sum())
    }

    /// Of each of `groups` groups: `each` visits all numbers with the group of each, the same at every call.
    pub fn of_groups(groups: usize, each: impl Fn(&mut dyn FnMut(usize, f64))) -> Vec<Self> {
        let mut running = vec![Running::default(); groups];
        each(&mut |group, x| running[group].add(x));
        let means: Vec<f64> = running.iter().map(Running::mean).collect();
        let mut squares = vec![0.0; groups];
        each(&mut |group, x| squares[group] += (x - means[group]) * (x - means[group]));
        running.iter().zip(squares).map(|(running, squares)| running.or(0.0, squares)).collect()
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        self.squares / self.count
    }

    /// Of the population; 0 where the numbers count as equal.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// What distances from the mean are divided by: the deviation, or 1 where there is none.
    #[must_use]
    pub fn unit(&self) -> f64 {
        if self.squares == 0.0 { 1.0 } else { self.deviation() }
    }

    /// Of what the numbers are a sample of, by their count less one; NaN of one number.
    #[must_use]
    pub fn sample_variance(&self) -> f64 {
        if self.count > 1.0 { self.squares / (self.count - 1.0) } else { f64::NAN }
    }

    /// Of the mean, from the sample variance; NaN of one number.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        if self.count > 1.0 { (self.squares / (self.count - 1.0) / self.count).sqrt() } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Moments {
        Moments::of(values.iter().copied())
    }

    fn running(values: &[f64]) -> Moments {
        let mut running = Running::default();
        values.iter().for_each(|x| running.add(*x));
        running.moments()
    }

    #[test]
    fn equal_numbers_have_no_spread_whatever_they_are() {
        for x in [0.1, 0.2, 0.3, 0.7, 1.1, 3.3, -0.1, 1e-300, 1.7e9 + 0.1, 0.0] {
            for n in [1, 2, 9, 1000] {
                let column = vec![x; n];
                for moments in [of(&column), running(&column)] {
                    assert_eq!((moments.mean, moments.squares, moments.unit()), (x, 0.0, 1.0), "{n} of {x}");
                }
                let grouped =
                    Moments::of_groups(2, |visit| (0..2 * n).for_each(|i| visit(i % 2, x * (i % 2) as f64)));
                assert_eq!((grouped[1].mean, grouped[1].squares), (x, 0.0));
            }
        }
    }

    #[test]
    fn units_in_the_last_place_are_no_spread() {
        let column = [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2];
        assert_eq!((of(&column).squares, running(&column).squares), (0.0, 0.0));
        assert!((of(&column).mean - 0.3).abs() < 1e-16);
        // Differences of equal figures bear the rounding of the figures.
        let differences = [1000.3 - 1000.2, 0.3 - 0.2];
        assert!(of(&differences).squares > 0.0);
        assert_eq!(Moments::of_results(differences.into_iter(), 1000.3).squares, 0.0);
    }

    #[test]
    fn a_small_spread_at_a_high_level_stays() {
        for level in [0.0, 1.7e9, 1e15] {
            let column: Vec<f64> = (0..1000).map(|i| level + f64::from(i % 5)).collect();
            for moments in [of(&column), running(&column)] {
                assert!((moments.deviation() - 2.0_f64.sqrt()).abs() < 1e-12, "{level}: {moments:?}");
                assert_eq!(moments.mean, level + 2.0);
            }
        }
        let seldom: Vec<f64> = (0..100_000).map(|i| 1.7e9 + 0.25 * f64::from(i % 2)).collect();
        assert_eq!(of(&seldom).deviation(), 0.125);
    }

    #[test]
    fn samples_count_one_less() {
        let moments = of(&[2.0, 5.0]);
        assert_eq!((moments.mean, moments.variance(), moments.sample_variance()), (3.5, 2.25, 4.5));
        assert_eq!(moments.standard_error(), 1.5);
        assert!(of(&[1.0]).sample_variance().is_nan() && of(&[1.0]).standard_error().is_nan());
        assert!(of(&[1.0, f64::NAN]).squares.is_nan() && of(&[]).mean.is_nan());
    }
}
