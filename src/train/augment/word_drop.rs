//! Leaves words of a text out.
//!
//! # What it does
//! A coin is thrown for each word, and with probability `share` the word goes; the row becomes shorter. One word stays, and so do punctuation and the words
//! that `protect` names. Training rows alone are changed, each anew in every epoch.
//!
//! # Notes
//! What is called word dropout elsewhere is one of three: `word_drop` leaves words out, `word_mask` makes them unknown to the net and keeps their place, and
//! `embedding 128, dropout=0.1` (`share=type`) drops the vectors of words, all occurrences of a word in a row together.
//!
//! # Elsewhere
//! Random deletion of EDA (Wei and Zou 2019), `RandomWordAug(action="delete")` in nlpaug, `RandomDeletion` in KerasHub, `WordDeletion` in TextAttack.
//!
//! # Example
//! ```net
//! word_drop 5%
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{Edit, PROTECT, Text, edits, is_nothing, share},
};
use crate::vocab::{Args, Block, Sig, Timed};

pub struct WordDrop;
pub static WORD: WordDrop = WordDrop;

static SIG: Sig = Sig {
    name: "word_drop",
    about: "leave words of a text out",
    args: &[share("probability that a word goes"), PROTECT, p(1.0)],
    block: Block::None,
};

impl Augment for WordDrop {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("random_deletion", "word_drop"),
            ("word_deletion", "word_drop"),
            ("random_word_delete", "word_drop"),
        ]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("words left out, each with probability {}", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let share = args.timed("share");
        if is_nothing(share) { Plan::Nothing } else { Plan::Edit(Box::new(Drops(share))) }
    }
}

struct Drops(Timed);

impl Edit for Drops {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let p = self.0.at(&draw.row.clock);
        edits::drop(draw, text, p);
    }
}
