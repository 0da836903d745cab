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

use super::{Metric, Rows, Tally, Targets, accuracy::argmax, probabilities};
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

/// All bins so far, and how many rows (or bits) are in them.
#[derive(Default)]
struct Bins {
    bins: [Bin; BINS],
    rows: f64,
}

impl Metric for Ece {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("expected_calibration_error", "ece")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        Box::new(Bins::default())
    }
}

impl Bins {
    /// What is no number falls into the first bin, and makes the figure none.
    fn put(&mut self, confidence: f64, right: bool) {
        let bin = &mut self.bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.confidence += confidence;
        bin.right += f64::from(right);
        self.rows += 1.0;
    }
}

impl Tally for Bins {
    fn add(&mut self, rows: &Rows<'_>) {
        match rows.targets {
            Targets::Classes(classes) => {
                for (row, class) in rows.outputs().zip(classes) {
                    let taken = argmax(row);
                    self.put(probabilities::of_classes(row)[taken], taken == *class as usize);
                }
            }
            // No such output has this metric.
            Targets::Tokens { .. } => {}
            Targets::Real { data, .. } => {
                for (z, y) in rows.outputs.iter().zip(data) {
                    let p = probabilities::of_bit(*z);
                    self.put(p.max(1.0 - p), (*z > 0.0) == (*y > 0.5));
                }
            }
        }
    }

    fn value(&self) -> f64 {
        self.bins.iter().map(|bin| (bin.right - bin.confidence).abs()).sum::<f64>() / self.rows
    }

    fn words(&self) -> Vec<u64> {
        let sums = self.bins.iter().flat_map(|bin| [bin.confidence, bin.right]);
        sums.chain([self.rows]).map(f64::to_bits).collect()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        if words.len() != 2 * BINS + 1 {
            return false;
        }
        let mut sums = words.iter().copied().map(f64::from_bits);
        let mut next = || sums.next().unwrap_or_default();
        self.bins = std::array::from_fn(|_| Bin { confidence: next(), right: next() });
        self.rows = next();
        true
    }
}
