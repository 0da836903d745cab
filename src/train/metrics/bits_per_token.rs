//! Bits that say which token came, on average, with the probabilities that the net gave: of tokens that are foretold.
//!
//! # Formula
//! `-mean log2 p_y` over all tokens, the logarithm of the perplexity to base 2.
//!
//! # Example
//! ```net
//! report bits_per_token
//! ```

use std::f64::consts::LN_2;

use super::{Metric, Tally, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct BitsPerToken;
pub static WORD: BitsPerToken = BitsPerToken;

static SIG: Sig = Sig {
    name: "bits_per_token",
    about: "mean negative log-probability of tokens, in bits",
    args: &[],
    block: Block::None,
};

impl Metric for BitsPerToken {
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
        tally::of_mean(|rows, nats| rows.told().for_each(|(log_p, _)| nats.add(-log_p)), |mean| mean / LN_2)
    }
}
