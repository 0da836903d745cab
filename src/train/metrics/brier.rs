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
        let square = |p: f64, happened: bool| (p - f64::from(u8::from(happened))).powi(2);
        match rows.targets {
            Targets::Classes(classes) => {
                let all = rows.outputs.chunks_exact(rows.width).zip(classes).map(|(row, class)| {
                    let p = probabilities::of_classes(row);
                    p.iter().enumerate().map(|(k, p)| square(*p, k == *class as usize)).sum::<f64>()
                });
                all.sum::<f64>() / classes.len() as f64
            }
            Targets::Real { data, .. } => {
                let all = rows.outputs.iter().zip(data);
                let all = all.map(|(z, y)| square(probabilities::of_bit(*z), *y > 0.5));
                all.sum::<f64>() / data.len() as f64
            }
        }
    }
}
