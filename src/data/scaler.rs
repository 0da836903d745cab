//! The ways in which `normalize` brings numbers to one scale; all of them are fitted to the training part.
//!
//! Invariant: numbers that do not spread are divided by 1, whatever the way.

use serde::{Deserialize, Serialize};

use super::transform::Affine;
use crate::math::Moments;

/// What a column's numbers are measured from, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaler {
    /// From the mean, by the deviation.
    #[default]
    Standard,
    /// From the least, by the distance to the most.
    MinMax,
    /// From the median, by the distance between the quartiles.
    Robust,
    /// Logarithms, from their mean, by their deviation.
    Log,
    /// The same of 1 + x, for numbers that may be 0.
    Log1p,
}

/// What is done to a number before it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curve {
    Log,
    Log1p,
}

impl Curve {
    /// The number on the curve; none where it has no logarithm.
    pub fn of(self, x: f64) -> Option<f64> {
        let y = match self {
            Self::Log => x,
            Self::Log1p => x + 1.0,
        };
        (y > 0.0).then(|| match self {
            Self::Log => libm::log(x),
            Self::Log1p => libm::log1p(x),
        })
    }

    /// The number of which this is on the curve.
    pub fn back(self, y: f64) -> f64 {
        match self {
            Self::Log => libm::exp(y),
            Self::Log1p => libm::expm1(y),
        }
    }

    /// How steep the way back is at the number `x`.
    pub fn slope_back(self, x: f64) -> f64 {
        match self {
            Self::Log => x,
            Self::Log1p => x + 1.0,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Log1p => "log1p",
        }
    }

    /// What it takes.
    pub fn domain(self) -> &'static str {
        match self {
            Self::Log => "numbers above 0",
            Self::Log1p => "numbers above -1",
        }
    }
}

impl Scaler {
    pub const WORDS: &'static [&'static str] = &["standard", "minmax", "robust", "log", "log1p"];

    pub fn of(word: &str) -> Self {
        match word {
            "minmax" => Self::MinMax,
            "robust" => Self::Robust,
            "log" => Self::Log,
            "log1p" => Self::Log1p,
            _ => Self::Standard,
        }
    }

    pub fn curve(self) -> Option<Curve> {
        match self {
            Self::Log => Some(Curve::Log),
            Self::Log1p => Some(Curve::Log1p),
            Self::Standard | Self::MinMax | Self::Robust => None,
        }
    }

    /// Whether numbers, or their logarithms, come to mean 0 and variance 1.
    pub fn makes_unit_variance(self) -> bool {
        matches!(self, Self::Standard | Self::Log | Self::Log1p)
    }

    /// Where numbers, which are on the curve already, are measured from, and by what.
    pub fn center(self, numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let spread = |x: f64| if x > 0.0 { x } else { 1.0 };
        match self {
            Self::Standard | Self::Log | Self::Log1p => {
                let own = Moments::of(numbers);
                (own.mean, own.unit())
            }
            Self::MinMax => {
                let least = numbers.clone().fold(f64::INFINITY, f64::min);
                (least, spread(numbers.fold(f64::NEG_INFINITY, f64::max) - least))
            }
            Self::Robust => {
                let mut sorted: Vec<f64> = numbers.collect();
                sorted.sort_by(f64::total_cmp);
                let [low, median, high] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
                (median, spread(high - low))
            }
        }
    }

    /// The map of numbers times `factor`.
    pub fn pair(self, numbers: impl Iterator<Item = f64> + Clone, factor: f64) -> Affine {
        let (center, unit) = self.center(numbers.map(|x| x * factor));
        Affine::standard(factor, center, unit)
    }
}

/// By the straight line between the two numbers around it.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share * last as f64;
    let low = place.floor() as usize;
    let next = sorted[(low + 1).min(last)];
    sorted[low] + (next - sorted[low]) * (place - low as f64)
}
