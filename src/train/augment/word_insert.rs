//! Inserts synonyms of a text's words at random places.
//!
//! # What it does
//! `max(1, floor(share * words))` times a word of the text is chosen, and one of its synonyms inserted somewhere: in front, behind, or between two
//! tokens. The row becomes longer, and what goes beyond the net's length is cut off. Stop words and the words of `protect` are not chosen, nor
//! are words without a synonym among the net's tokens; a text that has no other stays as it is.
//!
//! # Arguments
//! As those of `synonym`: `dict`, `senses`, `stopwords` and `protect`.
//!
//! # Elsewhere
//! Random insertion of EDA (Wei and Zou 2019), whose code passes over no stop word and never inserts at the end, `WordInsertionRandomSynonym` in TextAttack.
//!
//! # Example
//! ```net
//! word_insert 10%, from=wordnet
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{DICT, Edit, FROM, PROTECT, SENSES, STOPWORDS, Text, edits, is_nothing, share},
};
use crate::vocab::{Args, Block, Sig, Timed};

pub struct WordInsert;
pub static WORD: WordInsert = WordInsert;

static SIG: Sig = Sig {
    name: "word_insert",
    about: "insert synonyms of a text's words at random places",
    args: &[
        share("insertions, as a share of the text's words; one at least"),
        FROM,
        DICT,
        SENSES,
        STOPWORDS,
        PROTECT,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for WordInsert {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_insertion", "word_insert"), ("word_insertion_random_synonym", "word_insert")]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("synonyms inserted, {} of a text's words", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let share = args.timed("share");
        if is_nothing(share) { Plan::Nothing } else { Plan::Edit(Box::new(Inserts(share))) }
    }
}

struct Inserts(Timed);

impl Edit for Inserts {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let count = text.amount(self.0.at(&draw.row.clock));
        edits::insert(draw, text, count);
    }
}
