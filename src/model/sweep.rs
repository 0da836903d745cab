//! Which values of which params are tried, and what the best of them is.

use crate::vocab::Value;

/// The `sweep` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub vary: Vec<Vary>,
    pub search: Search,
    pub goal: Goal,
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
    /// From `low` to `high`; `log` draws evenly in the logarithm.
    Range {
        low: f64,
        high: f64,
        log: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Every combination of listed values.
    Grid,
    /// Independent draws (Bergstra and Bengio 2012).
    Random { trials: u32, seed: u64 },
}

/// A figure of the validation part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub highest: bool,
    /// `loss`, `accuracy`, `log_likelihood`.
    pub figure: String,
}
