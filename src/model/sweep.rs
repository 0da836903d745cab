//! Which values of which params are tried, and what the best of them is.

use crate::vocab::Value;

/// The `sweep` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub vary: Vec<Vary>,
    pub search: Search,
    /// When poor trials are given up.
    pub prune: Option<Prune>,
    pub goal: Goal,
}

impl Sweep {
    /// The most points of a sweep: all of them stand in memory with what they came to, and each is a training.
    pub const MOST_POINTS: usize = 100_000;
}

/// Values of one `param`.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    pub name: String,
    pub values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    List(Vec<Value>),
    Range(Range),
}

/// From `low` to `high`, in steps from `low` where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
    /// Evenly in the logarithm.
    pub log: bool,
    pub step: Option<f64>,
}

impl Range {
    /// The value at a share of the way, 0 to 1, to four digits.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let x = match self.log {
            true => (self.low.ln() + share * (self.high.ln() - self.low.ln())).exp(),
            false => self.low + share * (self.high - self.low),
        };
        let x = four_digits(x).clamp(self.low, self.high);
        self.step.map_or(x, |step| self.stepped(step, ((x - self.low) / step).round().min(self.steps(step))))
    }

    /// The number of steps from the low end to the last value that is not beyond the high end: three of 0.1 in `0..0.3`, whatever
    /// their quotient is rounded to.
    #[must_use]
    pub fn steps(&self, step: f64) -> f64 {
        ((self.high - self.low) / step + 1e-9).floor()
    }

    /// All values of a range in steps.
    #[must_use]
    pub fn values(&self) -> Option<impl Iterator<Item = f64> + use<'_>> {
        let step = self.step?;
        Some((0..=self.steps(step) as u64).map(move |k| self.stepped(step, k as f64)))
    }

    /// So many steps from the low end, without the digits of rounding.
    fn stepped(&self, step: f64, count: f64) -> f64 {
        let x = self.low + count * step;
        format!("{x:.11e}").parse().unwrap_or(x)
    }

    /// The share of the way of a value.
    #[must_use]
    pub fn share(&self, x: f64) -> f64 {
        let (low, high, x) = match self.log {
            true => (self.low.ln(), self.high.ln(), x.ln()),
            false => (self.low, self.high, x),
        };
        if high > low { ((x - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    }
}

fn four_digits(x: f64) -> f64 {
    // Through text, so that the number reads as short as it is.
    format!("{x:.3e}").parse().unwrap_or(x)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Every combination of listed values.
    Grid,
    /// Independent draws (Bergstra and Bengio 2012).
    Random { trials: u32, seed: u64 },
    /// Draws that learn from earlier ones: a tree-structured Parzen estimator (Bergstra et al. 2011).
    Tpe { trials: u32, seed: u64 },
}

/// A trial that is worse than the median of earlier ones after as many epochs is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Epochs that every trial is given.
    pub after: u64,
}

/// A figure of the validation part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub highest: bool,
    /// `loss`, `accuracy`, `log_likelihood`.
    pub figure: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_at_the_high_end_and_read_as_they_are_meant() {
        let values = |low: f64, high: f64, step: f64| {
            let range = Range { low, high, log: false, step: Some(step) };
            let values: Vec<String> = range.values().expect("steps").map(|x| x.to_string()).collect();
            let drawn = range.at(1.0).to_string();
            assert_eq!(values.last(), Some(&drawn), "a draw comes as far as a grid");
            values.join(" ")
        };
        assert_eq!(values(0.0, 0.8, 0.2), "0 0.2 0.4 0.6 0.8");
        assert_eq!(values(0.0, 0.3, 0.1), "0 0.1 0.2 0.3");
        assert_eq!(values(0.1, 0.75, 0.3), "0.1 0.4 0.7");
        assert_eq!(values(8.0, 64.0, 8.0), "8 16 24 32 40 48 56 64");
        assert!(Range { low: 0.0, high: 1.0, log: false, step: None }.values().is_none());
    }
}
