//! The mean over the classes of F1, the harmonic mean of precision and recall: rare classes count as much as frequent ones.
//!
//! # Formula
//! `F1 = 2 tp / (2 tp + fp + fn)` of each class (for bits, of each bit), and their mean over the classes that occur among targets or predictions.
//!
//! # Example
//! ```net
//! report macro_f1
//! ```

use super::{Metric, Rows, Tally, Targets, accuracy::argmax};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct MacroF1;
pub static WORD: MacroF1 = MacroF1;

static SIG: Sig =
    Sig { name: "macro_f1", about: "mean over the classes of F1", args: &[], block: Block::None };

/// What one class was taken for.
#[derive(Clone, Copy, Default)]
struct Count {
    hits: u64,
    /// Predicted or true, and not both.
    misses: u64,
}

impl Metric for MacroF1 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        Box::new(Counts(vec![Count::default(); kind.width()]))
    }
}

/// By class.
struct Counts(Vec<Count>);

impl Tally for Counts {
    fn add(&mut self, rows: &Rows<'_>) {
        match rows.targets {
            Targets::Classes(classes) => {
                for (row, class) in rows.outputs().zip(classes) {
                    count_class(&mut self.0, argmax(row), *class as usize);
                }
            }
            // No such output has this metric.
            Targets::Tokens { .. } => {}
            Targets::Real { data, width, .. } => {
                for (row, bits) in rows.outputs().zip(data.chunks_exact(width)) {
                    count_bits(&mut self.0, row, bits);
                }
            }
        }
    }

    fn value(&self) -> f64 {
        let seen = self.0.iter().filter(|c| c.hits + c.misses > 0);
        let scores = seen.map(|c| 2.0 * c.hits as f64 / (2.0 * c.hits as f64 + c.misses as f64));
        let (sum, classes) = scores.fold((0.0, 0usize), |(sum, n), f1| (sum + f1, n + 1));
        sum / classes as f64
    }

    fn words(&self) -> Vec<u64> {
        self.0.iter().flat_map(|count| [count.hits, count.misses]).collect()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        // A count of rows: what is more than that was not counted.
        if words.len() != 2 * self.0.len() || words.iter().any(|count| *count > u64::from(u32::MAX)) {
            return false;
        }
        let counts = words.chunks_exact(2).map(|pair| Count { hits: pair[0], misses: pair[1] });
        self.0 = counts.collect();
        true
    }
}

fn count_class(counts: &mut [Count], predicted: usize, class: usize) {
    if predicted == class {
        counts[class].hits += 1;
    } else {
        counts[predicted].misses += 1;
        counts[class].misses += 1;
    }
}

fn count_bits(counts: &mut [Count], logits: &[f32], bits: &[f32]) {
    for (count, (logit, bit)) in counts.iter_mut().zip(logits.iter().zip(bits)) {
        match (*logit > 0.0, *bit > 0.5) {
            (true, true) => count.hits += 1,
            (false, false) => {}
            _ => count.misses += 1,
        }
    }
}
