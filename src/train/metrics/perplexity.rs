//! Among how many equally likely tokens the net chooses, on average: of tokens that are foretold.
//!
//! # Formula
//! `exp(-mean ln p_y)` over all tokens: the exponential of the nats of all rows by the number of their tokens. What is behind the end of a row does not count,
//! and unlike the loss it knows no smoothing. With samples of dropout `p_y` is their mean.
//!
//! # Example
//! ```net
//! report perplexity
//! ```

use super::{Metric, Tally, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Perplexity;
pub static WORD: Perplexity = Perplexity;

static SIG: Sig = Sig {
    name: "perplexity",
    about: "exponential of the mean negative log-probability of tokens",
    args: &[],
    block: Block::None,
};

impl Metric for Perplexity {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.steps().is_some()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::of_mean(|rows, nats| rows.told().for_each(|(log_p, _)| nats.add(-log_p)), f64::exp)
    }
}
