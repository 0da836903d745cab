//! Root mean squared error of the logarithms: errors count by the factor that they are off, as of prices and counts.
//!
//! # Formula
//! `sqrt(mean (log(1 + yhat) - log(1 + y))^2)` over rows and outputs, in the original units of the target; for `normal[D]` yhat is the mean. It has no value where a number is -1
//! or less.
//!
//! # Example
//! ```net
//! report rmsle
//! ```

use super::{Metric, Tally, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Rmsle;
pub static WORD: Rmsle = Rmsle;

static SIG: Sig = Sig {
    name: "rmsle",
    about: "root mean squared error of the logarithms of 1 and the numbers",
    args: &[],
    block: Block::None,
};

impl Metric for Rmsle {
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
        "a target or a prediction is -1 or less"
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        let log = |x: f64| if x > -1.0 { x.ln_1p() } else { f64::NAN };
        let squares = move |rows: &super::Rows<'_>, squares: &mut tally::Terms| {
            rows.pairs().for_each(|(yhat, y)| squares.add((log(yhat) - log(y)).powi(2)));
        };
        tally::of_mean(squares, f64::sqrt)
    }
}
