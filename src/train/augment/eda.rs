//! Changes a text by one of four operations, chosen anew for each row: easy data augmentation.
//!
//! # What it does
//! One of `synonym alpha`, `word_insert alpha`, `word_swap alpha` and `word_drop alpha`, each as likely. The first three make `max(1, floor(alpha * words))` edits,
//! the last throws a coin for each word.
//!
//! # Arguments
//! `alpha` is the share of words of all four operations; the paper takes 5 % for 500 texts, 10 % for 5 000 and more. The others are those of `synonym`.
//!
//! # Notes
//! The authors' code writes up to 16 changed copies of each text beside it and trains on all, so its epochs have 17 times the updates. Here every epoch
//! has its own copy of each text: compare nets at equal updates. `p=50%` shows the original every other time.
//!
//! # Elsewhere
//! EDA (Wei and Zou 2019), `EasyDataAugmenter(pct_words_to_swap=0.1)` in TextAttack.
//!
//! # Example
//! ```net
//! eda alpha=10%
//! ```

use super::{
    Augment, Draw, Plan, p,
    text::{DICT, Edit, FROM, PROTECT, SENSES, STOPWORDS, Text, edits, is_nothing},
};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed};

pub struct Eda;
pub static WORD: Eda = Eda;

static SIG: Sig = Sig {
    name: "eda",
    about: "change a text by one of four operations",
    args: &[
        ArgSpec::named(
            "alpha",
            Kind::Timed(Bounds::UNIT),
            Default::Number(0.1),
            "share of words that an operation changes",
        ),
        FROM,
        DICT,
        SENSES,
        STOPWORDS,
        PROTECT,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Eda {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("easy_data_augmenter", "eda"), ("easy_data_augmentation", "eda")]
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        let alpha = args.timed("alpha");
        format!("a synonym, an insertion, an exchange or an omission of words, {alpha} of a text's")
    }

    fn plan(&self, args: &Args) -> Plan {
        let alpha = args.timed("alpha");
        if is_nothing(alpha) { Plan::Nothing } else { Plan::Edit(Box::new(OneOfFour(alpha))) }
    }
}

struct OneOfFour(Timed);

impl Edit for OneOfFour {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        let alpha = self.0.at(&draw.row.clock);
        let count = text.amount(alpha);
        match draw.below(4) {
            0 => edits::replace(draw, text, count),
            1 => edits::insert(draw, text, count),
            2 => edits::swap(draw, text, count),
            _ => edits::drop(draw, text, alpha),
        }
    }
}
