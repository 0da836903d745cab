//! Mean absolute error as a share of the target.
//!
//! # Formula
//! `mean |yhat - y| / |y|` over rows and outputs, 1 being as large an error as the target; for `normal[D]` yhat is the mean. It has no value where a target is 0.
//!
//! # Example
//! ```net
//! report mape
//! ```

use super::{Metric, Tally, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Mape;
pub static WORD: Mape = Mape;

static SIG: Sig = Sig {
    name: "mape",
    about: "mean absolute error as a share of the target",
    args: &[],
    block: Block::None,
};

impl Metric for Mape {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        !kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn undefined_where(&self) -> &'static str {
        "a target of these rows is 0"
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::mean(|rows, shares| {
            rows.pairs().for_each(|(yhat, y)| {
                shares.add(if y == 0.0 { f64::NAN } else { ((yhat - y) / y).abs() });
            });
        })
    }
}
