//! The share of the rows predicted as a class that are of it; for bits, of the bits predicted as 1 that are 1.
//!
//! # Formula
//! `hits / predicted` of a class. Without `class` the mean over the classes that occur among targets or predictions, 0 for one that is never predicted.
//!
//! # Example
//! ```net
//! report precision, precision_1
//! ```

use super::{Metric, Tally, Wrong, counts};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Precision;
pub static WORD: Precision = Precision;

static SIG: Sig = Sig {
    name: "precision",
    about: "share of the rows predicted as a class that are of it",
    args: &[counts::CLASS],
    block: Block::None,
};

impl Metric for Precision {
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
        "no row is predicted as the class"
    }

    fn tally(&self, args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        counts::by_class(args, kind, counts::Count::precision)
    }
}
