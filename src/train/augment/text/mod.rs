//! Texts that are changed: tokens of a row, what is known of each, and the edits of several statements.
//!
//! A word is a token with a letter or a digit in it. Punctuation, and the marks that stand for no token, are no words: no statement moves, drops or
//! replaces them.

pub mod edits;
mod lexicon;
mod paraphrases;
pub mod stopwords;
#[cfg(test)]
mod tests;
mod wording;

pub use lexicon::{Lexicon, Lore, Thesaurus, Vocabulary};
pub use paraphrases::{Corpus, Translation};
pub use wording::Wording;

use super::Draw;
use crate::vocab::{ArgSpec, Args, Bounds, Default, Kind, Timed, Value};

/// A statement that changes texts.
pub trait Edit: Send + Sync {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>);
}

/// A row on its way to the net.
pub struct Text<'a> {
    pub tokens: &'a mut Vec<i32>,
    pub lexicon: &'a Lexicon,
}

impl Text<'_> {
    /// Places of words.
    pub fn words(&self) -> Vec<usize> {
        self.places(|_, _| true)
    }

    /// Places of words that may be changed.
    pub fn free(&self) -> Vec<usize> {
        self.places(|text, place| !text.lexicon.protects(text.tokens, place))
    }

    /// Places of words that may be changed and have synonyms.
    pub fn replaceable(&self) -> Vec<usize> {
        self.places(|text, place| {
            !text.lexicon.synonyms(text.tokens[place]).is_empty()
                && !text.lexicon.protects(text.tokens, place)
        })
    }

    fn places(&self, is_meant: impl Fn(&Self, usize) -> bool) -> Vec<usize> {
        let places = 0..self.tokens.len();
        places.filter(|place| self.lexicon.is_word(self.tokens[*place]) && is_meant(self, *place)).collect()
    }

    /// So much of the text's words, one at least; none of nothing.
    pub fn amount(&self, share: f64) -> usize {
        // A share in decimals may come out a hair too small.
        let words = share * self.words().len() as f64 + 1e-9;
        if share > 0.0 { (words as usize).max(1) } else { 0 }
    }
}

/// The share of words that a statement changes.
pub const fn share(about: &'static str) -> ArgSpec {
    ArgSpec::required("share", Kind::Timed(Bounds::UNIT), about)
}

/// Where synonyms come from; there is one source in this version.
pub const FROM: ArgSpec =
    ArgSpec::named("from", Kind::Word(&["wordnet"]), Default::Word("wordnet"), "where synonyms come from");
pub const DICT: ArgSpec = ArgSpec::named(
    "dict",
    Kind::Text,
    Default::Absent,
    "folder of WordNet's files, where it is not the one of Debian's `wordnet-base` or of WNSEARCHDIR",
);
pub const SENSES: ArgSpec = ArgSpec::named(
    "senses",
    Kind::Count { min: 1 },
    Default::Number(1.0),
    "senses of each part of speech, the most frequent first",
);
pub const STOPWORDS: ArgSpec = ArgSpec::named(
    "stopwords",
    Kind::Word(&["english", "none"]),
    Default::Word("english"),
    "words that are passed over: those of a list, or none",
);
pub const PROTECT: ArgSpec = ArgSpec::named(
    "protect",
    Kind::Items,
    Default::Absent,
    "words that stay as they are [default: not, no, never, nor and what ends in n't]",
);

/// What arguments say of words; those that a statement does not have say nothing.
pub(super) fn lore(args: &Args) -> Lore {
    let has = |name: &str| args.sig.arg(name).is_some();
    let thesaurus = has("senses").then(|| Thesaurus {
        dict: args.opt_text("dict").map(str::to_owned),
        senses: args.count("senses"),
        passes_over_stopwords: args.word("stopwords") != "none",
    });
    let protect = match has("protect") && args.is_written("protect") {
        true => args.list("protect").iter().map(written).collect(),
        false if has("protect") => lexicon::PROTECTED.map(str::to_owned).to_vec(),
        false => Vec::new(),
    };
    Lore { thesaurus, protect, ..Lore::default() }
}

/// A word of a list.
fn written(value: &Value) -> String {
    match value {
        Value::Word(word) | Value::Text(word) => word.to_lowercase(),
        other => other.to_string(),
    }
}

/// Whether a share of words is none, now and later.
pub(super) fn is_nothing(share: Timed) -> bool {
    share == Timed::Constant(0.0)
}
