//! The harmonic mean of precision and recall of one class, or without `class` the mean over the classes, which is `macro_f1`.
//!
//! # Formula
//! `2 hits / (predicted + observed)` of a class.
//!
//! # Example
//! ```net
//! report f1_1
//! ```

use super::{Metric, Tally, Wrong, counts};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct F1;
pub static WORD: F1 = F1;

static SIG: Sig = Sig {
    name: "f1",
    about: "harmonic mean of precision and recall of a class",
    args: &[counts::CLASS],
    block: Block::None,
};

impl Metric for F1 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), Wrong> {
        counts::check(args, kind)
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "the class does not occur"
    }

    fn tally(&self, args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        counts::by_class(args, kind, counts::Count::f1)
    }
}
