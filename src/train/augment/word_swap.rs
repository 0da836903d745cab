//! Exchanges words of a text, two at a time.
//!
//! # What it does
//! `max(1, floor(share * words))` times two different words of the text change places. Words are the net's own tokens that have a letter or a digit in them;
//! punctuation stays where it is, and so do the words that `protect` names. A text of one word stays as it is.
//!
//! # Arguments
//! `protect=[not, "n't", brand]` names words that stay in their place, in small letters or capitals; `n't` is every word that ends so. Written, it stands in
//! place of the usual list.
//!
//! # Elsewhere
//! Random swap of EDA (Wei and Zou 2019), `RandomWordAug(action="swap")` in nlpaug, `RandomSwap` in KerasHub.
//!
//! # Example
//! ```net
//! word_swap 10%
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{Edit, PROTECT, Text, edits, is_nothing, share},
};
use crate::vocab::{Args, Block, Sig, Timed};

pub struct WordSwap;
pub static WORD: WordSwap = WordSwap;

static SIG: Sig = Sig {
    name: "word_swap",
    about: "exchange words of a text",
    args: &[share("exchanges, as a share of the text's words; one at least"), PROTECT, p(1.0)],
    block: Block::None,
};

impl Augment for WordSwap {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_swap", "word_swap"), ("word_inner_swap_random", "word_swap")]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("words exchanged, {} of a text's", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let share = args.timed("share");
        if is_nothing(share) { Plan::Nothing } else { Plan::Edit(Box::new(Swaps(share))) }
    }
}

struct Swaps(Timed);

impl Edit for Swaps {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let count = text.amount(self.0.at(&draw.row.clock));
        edits::swap(draw, text, count);
    }
}
