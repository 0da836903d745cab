//! Root mean square error, in the original units of the target.
//!
//! # Formula
//! `sqrt(mean (yhat - y)^2)` over rows and outputs; for `normal[D]` yhat is the mean.
//!
//! # Example
//! ```net
//! report rmse
//! ```

use super::{Metric, Rows, mean_error};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Rmse;
pub static WORD: Rmse = Rmse;

static SIG: Sig = Sig { name: "rmse", about: "root mean square error", args: &[], block: Block::None };

impl Metric for Rmse {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        matches!(kind, OutputKind::Real(_) | OutputKind::Normal(_))
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        mean_error(rows, |error| error * error).sqrt()
    }
}
