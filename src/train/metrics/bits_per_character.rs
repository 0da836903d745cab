//! Bits that say which tokens came, by the characters that they stand for: nets whose tokens are not the same can be compared by it, if they know nearly all of them.
//!
//! # Formula
//! `-sum log2 p_y / characters`. A word has as many characters as letters and one more, the space behind it; a character in several bytes counts once;
//! what the vocabulary lacks counts as one character, whatever it had, and its `<unk>` is easy to foretell: `train` and `eval --input` tell how much of the text that is. Where tokens are characters it is `bits_per_token`.
//!
//! # Example
//! ```net
//! report bits_per_character
//! ```

use std::f64::consts::LN_2;

use super::{Metric, Tally, Targets, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct BitsPerCharacter;
pub static WORD: BitsPerCharacter = BitsPerCharacter;

static SIG: Sig = Sig {
    name: "bits_per_character",
    about: "negative log-probability of tokens by their characters, in bits",
    args: &[],
    block: Block::None,
};

impl Metric for BitsPerCharacter {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.steps().is_some()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    /// A mean over characters, each of which has its share of what its token adds.
    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        let each = |rows: &super::Rows<'_>, nats: &mut tally::Terms| {
            let Targets::Tokens { tokens, characters } = rows.targets else { return };
            for ((log_p, _), token) in rows.told().zip(tokens) {
                nats.sum -= log_p;
                nats.count += u64::from(characters.get(*token as usize).copied().unwrap_or(1));
            }
        };
        tally::of_mean(each, |mean| mean / LN_2)
    }
}
