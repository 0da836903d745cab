//! The share of the rows of a class that are predicted as it; for bits, of the bits that are 1 that are predicted so.
//!
//! # Formula
//! `hits / observed` of a class. Without `class` the mean over the classes that occur among targets or predictions, 0 for one of which there is no row.
//!
//! # Example
//! ```net
//! report recall, recall_1
//! ```

use super::{Metric, Tally, Wrong, counts};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Recall;
pub static WORD: Recall = Recall;

static SIG: Sig = Sig {
    name: "recall",
    about: "share of the rows of a class that are predicted as it",
    args: &[counts::CLASS],
    block: Block::None,
};

impl Metric for Recall {
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
        "no row is of the class"
    }

    fn tally(&self, args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        counts::by_class(args, kind, counts::Count::recall)
    }
}
