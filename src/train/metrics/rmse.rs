//! Root mean square error, in the original units of the target.
//!
//! # Formula
//! `sqrt(mean (yhat - y)^2)` over rows and outputs; for `normal[D]` yhat is the mean.
//!
//! # Example
//! ```net
//! report rmse
//! ```

use super::{Metric, Tally, tally};
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

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("root_mean_squared_error", "rmse")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        !kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        let squares = |rows: &super::Rows<'_>, squares: &mut tally::Terms| {
            rows.errors().for_each(|(_, error)| squares.add(error * error));
        };
        tally::of_mean(squares, f64::sqrt)
    }
}
