//! The share of rows whose largest output is the target's class; for bits, the share of bits on the right side of zero.
//!
//! # Example
//! ```net
//! report accuracy
//! ```

use super::{Metric, Rows, Targets};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Accuracy;
pub static WORD: Accuracy = Accuracy;

static SIG: Sig = Sig { name: "accuracy", about: "share of rows classified right", args: &[], block: Block::None };

impl Metric for Accuracy {
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
        match &rows.targets {
            Targets::Classes(classes) => {
                let right = rows.outputs.chunks_exact(rows.width).zip(*classes).filter(|(row, class)| argmax(row) == **class as usize);
                right.count() as f64 / classes.len() as f64
            }
            Targets::Real { data, .. } => {
                let right = rows.outputs.iter().zip(*data).filter(|(z, y)| (**z > 0.0) == (**y > 0.5));
                right.count() as f64 / data.len() as f64
            }
        }
    }
}

/// The first index of the largest value.
pub fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, x)| if *x > row[best] { i } else { best })
}
