//! Inserts punctuation into a text.
//!
//! # What it does
//! A random number of marks, between 1 and a third of the text's words, each one of `. ; ? : ! ,` and at a random place. No word is changed or moved, so what the
//! text says stays as it is. Marks are taken from those that the training texts have. The row becomes longer, and what goes beyond the net's length is
//! cut off.
//!
//! # Elsewhere
//! AEDA, an easier data augmentation (Karimi, Rossi and Prati 2021).
//!
//! # Example
//! ```net
//! aeda p=50%
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{Edit, Lore, Text, edits},
};
use crate::vocab::{Args, Block, Sig};

pub struct Aeda;
pub static WORD: Aeda = Aeda;

static SIG: Sig =
    Sig { name: "aeda", about: "insert punctuation into a text", args: &[p(1.0)], block: Block::None };

impl Augment for Aeda {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("punctuation_insertion", "aeda"), ("insert_punctuation_marks", "aeda")]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn lore(&self, _args: &Args) -> Lore {
        Lore { inserts_marks: true, ..Lore::default() }
    }

    fn told(&self, _args: &Args) -> String {
        "punctuation inserted".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        Plan::Edit(Box::new(Inserts))
    }
}

struct Inserts;

impl Edit for Inserts {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        edits::punctuate(draw, text);
    }
}
