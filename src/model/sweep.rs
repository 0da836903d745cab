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

impl Vary {
    /// Whether a value is the last on its side: the end of a range, or the least or largest of at least three numbers. There may be better
    /// ones beyond; but 0 is where rates and amounts end by themselves.
    #[must_use]
    pub fn is_at_an_end(&self, value: f64) -> bool {
        match &self.values {
            _ if value == 0.0 => false,
            Values::Range(range) => !(0.01..=0.99).contains(&range.share(value)),
            Values::List(values) => {
                let number = |value: &Value| if let Value::Number(x) = value { Some(*x) } else { None };
                let numbers: Vec<f64> = values.iter().filter_map(number).collect();
                let beyond = |side: f64| numbers.iter().any(|x| side * x > side * value);
                numbers.len() == values.len() && numbers.len() > 2 && !(beyond(1.0) && beyond(-1.0))
            }
        }
    }
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
    /// The value at a share of the way, 0 to 1, to four digits; to more where the ends have their first digits in common.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let x = match self.log {
            true => (self.low.ln() + share * (self.high.ln() - self.low.ln())).exp(),
            false => self.low + share * (self.high - self.low),
        };
        let x = self.rounded(x).clamp(self.low, self.high);
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

    /// To a thousandth of the range or finer. Through text, so that the number reads as short as it is.
    fn rounded(&self, x: f64) -> f64 {
        let beside = self.low.abs().max(self.high.abs()) / (self.high - self.low);
        let more = if beside.is_finite() { beside.log10().floor() as usize } else { 0 };
        format!("{x:.*e}", 3 + more).parse().unwrap_or(x)
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

    #[test]
    fn ends_are_known() {
        let at_an_end = |values: Values, x: f64| Vary { name: "p".into(), values }.is_at_an_end(x);
        let range = Values::Range(Range { low: 1e-4, high: 1e-1, log: true, step: None });
        for (x, end) in [(1e-4, true), (1.02e-4, true), (1e-3, false), (0.0999, true)] {
            assert_eq!(at_an_end(range.clone(), x), end, "{x}");
        }
        let list = |numbers: &[f64]| Values::List(numbers.iter().map(|x| Value::Number(*x)).collect());
        for (x, end) in [(0.1, true), (0.3, false), (0.5, true)] {
            assert_eq!(at_an_end(list(&[0.3, 0.5, 0.1]), x), end, "{x}");
        }
        assert!(!at_an_end(list(&[0.0, 0.5]), 0.5) && !at_an_end(list(&[0.0, 0.2, 0.5]), 0.0));
        assert!(!at_an_end(Values::List(vec![Value::Word("relu".into()); 3]), 0.5));
    }

    #[test]
    fn values_are_as_short_as_their_range_lets_them() {
        let at = |low: f64, high: f64, log: bool| Range { low, high, log, step: None }.at(0.123_456_789);
        assert_eq!(at(0.0, 1.0, false), 0.1235);
        assert_eq!(at(1e-4, 1e-1, true), 2.346e-4);
        // Four digits would be one end or the other.
        assert_eq!(at(1000.0, 1001.0, false), 1000.123);
        assert_eq!(at(0.999, 1.0, true), 0.999_123);
        assert_eq!(at(5.0, 5.0, false), 5.0);
    }
}
