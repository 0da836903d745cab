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

use super::{Metric, Rows, Targets, probabilities};
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

    fn fits(&self, kind: OutputKind) -> bool {
        matches!(kind, OutputKind::Class(_) | OutputKind::Bits(_))
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        match rows.targets {
            Targets::Classes(classes) => {
                let all = rows.outputs.chunks_exact(rows.width).zip(classes).map(|(row, class)| {
                    let (p, class) = (probabilities::of_classes(row), *class as usize);
                    let others = p.iter().enumerate().filter(|(k, _)| *k != class);
                    probabilities::rest(&p, class).powi(2) + others.map(|(_, p)| p * p).sum::<f64>()
                });
                all.sum::<f64>() / classes.len() as f64
            }
            Targets::Real { data, .. } => {
                let all = rows.outputs.iter().zip(data);
                // What the other value of the bit is given.
                let all = all.map(|(z, y)| probabilities::of_bit(if *y > 0.5 { -*z } else { *z }).powi(2));
                all.sum::<f64>() / data.len() as f64
            }
        }
    }
}
