//! Puts synonyms in place of words.
//!
//! # What it does
//! `max(1, floor(share * words))` words of the text, chosen at random, are each replaced by one of their synonyms, one occurrence at a time. Synonyms are those
//! of WordNet's most frequent sense of each part of speech, single words in the form of the word they stand for (`films` gives `movies`), with its capitals,
//! and tokens of the net: a word outside the vocabulary would be unknown, and teach nothing. A word that has none is left, as are stop words,
//! numbers, and the words of `protect`. Training rows alone are changed, each anew in every epoch.
//!
//! # Arguments
//! - `from=wordnet`: the files of WordNet 3.0 or 3.1, looked for in `dict`, in the folder that the variable WNSEARCHDIR names, and where Debian's package
//!   `wordnet-base` puts them. They are read when training begins.
//! - `senses=3` takes synonyms of the three most frequent senses of each part of speech. The frequent ones are safer: a picture is a film by its first
//!   sense, and a photograph by another.
//! - `stopwords=none` passes over no stop word.
//! - `protect=[not, "n't", brand]` names words that stay; `n't` is every word that ends so. Written, it stands in place of the usual list: not, no, never,
//!   nor, and what ends in n't.
//!
//! # Stop words
//! a about above after again against ain all am an and any are aren as at be because been before being below between both but by can couldn d did didn do
//! does doesn doing don down during each few for from further had hadn has hasn have haven having he her here hers herself him himself his how i if in
//! into is isn it its itself just ll m me mightn more most mustn my myself needn no nor not now o of off on once only or other our ours ourselves out
//! over own re s same shan she should shouldn so some such t than that the their theirs them themselves then there these they this those through to too
//! under until up ve very was wasn we were weren what when where which while who whom why will with won wouldn y you your yours yourself yourselves
//!
//! # Notes
//! With `punctuation=keep` a word has the punctuation that it stands at, and WordNet does not know it. The words of other languages are not in WordNet.
//!
//! # Elsewhere
//! Synonym replacement of EDA (Wei and Zou 2019), whose code takes all senses and base forms and replaces all occurrences at once;
//! `SynonymAug(aug_src="wordnet")` in nlpaug, `WordNetAugmenter` in TextAttack.
//!
//! # Example
//! ```net
//! synonym 10%, from=wordnet
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{DICT, Edit, FROM, PROTECT, SENSES, STOPWORDS, Text, edits, is_nothing, share},
};
use crate::vocab::{Args, Block, Sig, Timed};

pub struct Synonym;
pub static WORD: Synonym = Synonym;

static SIG: Sig = Sig {
    name: "synonym",
    about: "put synonyms in place of words",
    args: &[
        share("words that are replaced, as a share of the text's; one at least"),
        FROM,
        DICT,
        SENSES,
        STOPWORDS,
        PROTECT,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Synonym {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("synonym_replacement", "synonym"),
            ("synonym_aug", "synonym"),
            ("word_net_augmenter", "synonym"),
            ("word_swap_word_net", "synonym"),
        ]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn keeps_places(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("synonyms in place of words, {} of a text's", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let share = args.timed("share");
        if is_nothing(share) { Plan::Nothing } else { Plan::Edit(Box::new(Replaces(share))) }
    }
}

struct Replaces(Timed);

impl Edit for Replaces {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let count = text.amount(self.0.at(&draw.row.clock));
        edits::replace(draw, text, count);
    }
}
