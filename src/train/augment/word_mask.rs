//! Makes words of a text unknown.
//!
//! # What it does
//! A coin is thrown for each word, and with probability `share` the net sees the token of unknown words in its place. So that token, which the training texts may
//! not have at all, learns what it is to stand for any word. One word stays, and so do punctuation and the words that `protect` names. It
//! acts on windows of a stream too, whose tokens it leaves in their places.
//!
//! # Notes
//! What is called word dropout elsewhere is one of three: `word_drop` leaves words out, `word_mask` makes them unknown to the net and keeps their place, and
//! `embedding 128, dropout=0.1` (`share=type`) drops the vectors of words, all occurrences of a word in a row together.
//!
//! # Elsewhere
//! Word dropout of Bowman et al. (2016), blank noising of Xie et al. (2017), `RandomWordAug(action="substitute")` in nlpaug.
//!
//! # Example
//! ```net
//! word_mask 5%
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{Edit, PROTECT, Text, edits, is_nothing, share},
};
use crate::vocab::{Args, Block, Sig, Timed};

pub struct WordMask;
pub static WORD: WordMask = WordMask;

static SIG: Sig = Sig {
    name: "word_mask",
    about: "make words of a text unknown",
    args: &[share("probability that a word is made unknown"), PROTECT, p(1.0)],
    block: Block::None,
};

impl Augment for WordMask {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("word_dropout", "word_mask"), ("blank_noising", "word_mask"), ("token_masking", "word_mask")]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn keeps_places(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("words made unknown, each with probability {}", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let share = args.timed("share");
        if is_nothing(share) { Plan::Nothing } else { Plan::Edit(Box::new(Masks(share))) }
    }
}

struct Masks(Timed);

impl Edit for Masks {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let p = self.0.at(&draw.row.clock);
        edits::mask(draw, text, p);
    }
}
