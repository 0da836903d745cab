//! The mean over the classes of F1, the harmonic mean of precision and recall: rare classes count as much as frequent ones.
//!
//! # Formula
//! `F1 = 2 tp / (2 tp + fp + fn)` of each class (for bits, of each bit), and their mean over the classes that occur among targets or predictions.
//!
//! # Example
//! ```net
//! report macro_f1
//! ```

use super::{Metric, Rows, Targets, accuracy::argmax};
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
        matches!(kind, OutputKind::Class(_) | OutputKind::Bits(_))
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        let mut counts = vec![Count::default(); rows.width];
        let outputs = rows.outputs.chunks_exact(rows.width);
        match rows.targets {
            Targets::Classes(classes) => {
                for (row, class) in outputs.zip(classes) {
                    count_class(&mut counts, argmax(row), *class as usize);
                }
            }
            Targets::Real { data, width, .. } => {
                for (row, bits) in outputs.zip(data.chunks_exact(width)) {
                    count_bits(&mut counts, row, bits);
                }
            }
        }
        let seen = counts.iter().filter(|c| c.hits + c.misses > 0);
        let scores = seen.map(|c| 2.0 * c.hits as f64 / (2.0 * c.hits as f64 + c.misses as f64));
        let (sum, classes) = scores.fold((0.0, 0usize), |(sum, n), f1| (sum + f1, n + 1));
        sum / classes as f64
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
