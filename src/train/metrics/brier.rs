//! The mean squared distance between predicted probabilities and what happened: it falls with accuracy and with calibration.
//!
//! # Formula
//! The mean over rows of `sum_k (p_k - y_k)^2`, `y` being 1 for the true class; for bits, the mean over rows and bits of `(p - y)^2`.
//!
//! # Example
//! ```net
//! report brier
//! ```
//!
//! # Papers
//! Brier 1950, Verification of forecasts expressed in terms of probability.

use super::{Metric, Tally, Targets, probabilities, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Brier;
pub static WORD: Brier = Brier;

static SIG: Sig = Sig {
    name: "brier",
    about: "mean squared distance of probabilities from what happened",
    args: &[],
    block: Block::None,
};

impl Metric for Brier {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("brier_score", "brier")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::mean(|rows, distances| match rows.targets {
            Targets::Classes(classes) => {
                for (row, class) in rows.outputs().zip(classes) {
                    let (p, class) = (probabilities::of_classes(row), *class as usize);
                    let others = p.iter().enumerate().filter(|(k, _)| *k != class);
                    let others: f64 = others.map(|(_, p)| p * p).sum();
                    distances.add(probabilities::rest(&p, class).powi(2) + others);
                }
            }
            // No such output has this metric.
            Targets::Tokens { .. } => {}
            // What the other value of the bit is given.
            Targets::Real { data, .. } => rows.outputs.iter().zip(data).for_each(|(z, y)| {
                distances.add(probabilities::of_bit(if *y > 0.5 { -*z } else { *z }).powi(2));
            }),
        })
    }
}
