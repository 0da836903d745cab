//! The share of rows whose largest output is the target's class; for bits, the share of bits on the right side of zero; for tokens, the share of those that
//! the net held for likelier than all others.
//!
//! # Example
//! ```net
//! report accuracy
//! ```

use super::{Metric, Tally, Targets, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Accuracy;
pub static WORD: Accuracy = Accuracy;

static SIG: Sig =
    Sig { name: "accuracy", about: "share of rows classified right", args: &[], block: Block::None };

impl Metric for Accuracy {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("acc", "accuracy"),
            ("binary_accuracy", "accuracy"),
            ("categorical_accuracy", "accuracy"),
            ("sparse_categorical_accuracy", "accuracy"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::mean(|rows, right| match rows.targets {
            Targets::Classes(classes) => rows
                .outputs()
                .zip(classes)
                .for_each(|(row, class)| right.add(f64::from(argmax(row) == *class as usize))),
            Targets::Tokens { .. } => rows.told().for_each(|(_, others)| right.add(f64::from(others == 0))),
            Targets::Real { data, .. } => rows
                .outputs
                .iter()
                .zip(data)
                .for_each(|(z, y)| right.add(f64::from((*z > 0.0) == (*y > 0.5)))),
        })
    }
}

/// The first index of the largest value.
pub fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, x)| if *x > row[best] { i } else { best })
}
