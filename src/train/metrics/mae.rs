//! Mean absolute error, in the original units of the target.
//!
//! # Formula
//! `mean |yhat - y|` over rows and outputs; for `normal[D]` yhat is the mean.
//!
//! # Example
//! ```net
//! report mae
//! ```

use super::{Metric, Tally, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Mae;
pub static WORD: Mae = Mae;

static SIG: Sig = Sig { name: "mae", about: "mean absolute error", args: &[], block: Block::None };

impl Metric for Mae {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("mean_absolute_error", "mae")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        !kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::mean(|rows, errors| rows.errors().for_each(|(_, error)| errors.add(error.abs())))
    }
}
