//! How far confidence is from accuracy: the expected calibration error.
//!
//! # Formula
//! Rows are put into 15 equal bins by the probability of the class that they are taken for; the error is the mean over rows of
//! `|accuracy - confidence|` of their bins. For bits, confidence is that of 0 or 1, whichever is likelier.
//!
//! # Example
//! ```net
//! report accuracy, ece
//! ```
//!
//! # Papers
//! Guo et al. 2017, On calibration of modern neural networks.

use super::{Metric, Rows, Targets, accuracy::argmax, probabilities};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Ece;
pub static WORD: Ece = Ece;

static SIG: Sig = Sig {
    name: "ece",
    about: "expected calibration error: how far confidence is from accuracy",
    args: &[],
    block: Block::None,
};

const BINS: usize = 15;

/// Rows of one bin.
#[derive(Clone, Copy, Default)]
struct Bin {
    confidence: f64,
    right: f64,
}

impl Metric for Ece {
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
                let all = rows.outputs.chunks_exact(rows.width).zip(classes);
                error(all.map(|(row, class)| {
                    let taken = argmax(row);
                    (probabilities::of_classes(row)[taken], taken == *class as usize)
                }))
            }
            Targets::Real { data, .. } => error(rows.outputs.iter().zip(data).map(|(z, y)| {
                let p = probabilities::of_bit(*z);
                (p.max(1.0 - p), (*z > 0.0) == (*y > 0.5))
            })),
        }
    }
}

/// Of pairs of a confidence and whether it was right.
fn error(all: impl Iterator<Item = (f64, bool)>) -> f64 {
    let mut bins = [Bin::default(); BINS];
    let mut rows = 0.0;
    for (confidence, right) in all {
        if confidence.is_nan() {
            return f64::NAN;
        }
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.confidence += confidence;
        bin.right += f64::from(u8::from(right));
        rows += 1.0;
    }
    bins.iter().map(|bin| (bin.right - bin.confidence).abs()).sum::<f64>() / rows
}
