//! Statements that choose a word of a family: `loss cross_entropy`, `penalize l2, 1e-4`. One row of facts a family.

use super::{
    bind::bind,
    scope::Scope,
    section::{called_otherwise, family_word, unknown_word, use_span},
    words::stands_for,
};
use crate::{
    diag::Diagnostic,
    model::Use,
    syntax::ast::{Arg, ArgKey, Step},
    train::{
        Activity, Average, Loss, Optimizer, Penalty, Schedule, activities, averages, losses, optimizers,
        penalties, schedules,
    },
    vocab::Sig,
};

/// A statement and the words that it chooses among.
pub struct Family<T: ?Sized + 'static> {
    pub statement: &'static str,
    /// What one of its words is called in messages.
    pub what: &'static str,
    pub example: &'static str,
    pub words: &'static [(&'static T, &'static str)],
    /// What is written here for a word of another library.
    pub elsewhere: fn(&str) -> Option<&'static str>,
    /// Words of another family that the statement chooses too.
    pub others: fn() -> Vec<&'static str>,
    pub sig: fn(&T) -> &'static Sig,
}

pub static LOSS: Family<dyn Loss> = Family {
    statement: "loss",
    what: "loss",
    example: "loss cross_entropy",
    words: losses::WORDS,
    elsewhere: losses::elsewhere,
    others: Vec::new,
    sig: |word| word.sig(),
};
pub static OPTIMIZER: Family<dyn Optimizer> = Family {
    statement: "optimizer",
    what: "optimizer",
    example: "optimizer adam, lr=1e-3",
    words: optimizers::WORDS,
    elsewhere: optimizers::elsewhere,
    others: Vec::new,
    sig: |word| word.sig(),
};
pub static SCHEDULE: Family<dyn Schedule> = Family {
    statement: "schedule",
    what: "schedule",
    example: "schedule cosine",
    words: schedules::WORDS,
    elsewhere: schedules::elsewhere,
    others: Vec::new,
    sig: |word| word.sig(),
};
pub static PENALIZE: Family<dyn Penalty> = Family {
    statement: "penalize",
    what: "penalty",
    example: "penalize l2, 1e-4",
    words: penalties::WORDS,
    elsewhere: penalties::elsewhere,
    others: || ACTIVITY.names(),
    sig: |word| word.sig(),
};
pub static ACTIVITY: Family<dyn Activity> = Family {
    statement: "penalize",
    what: "penalty",
    example: "penalize ar, 2, of=h",
    words: activities::WORDS,
    elsewhere: activities::elsewhere,
    others: || PENALIZE.names(),
    sig: |word| word.sig(),
};
pub static AVERAGE: Family<dyn Average> = Family {
    statement: "average",
    what: "average",
    example: "average ema, decay=0.999",
    words: averages::WORDS,
    elsewhere: averages::elsewhere,
    others: Vec::new,
    sig: |word| word.sig(),
};

impl<T: ?Sized> Family<T> {
    fn names(&self) -> Vec<&'static str> {
        self.words.iter().map(|(word, _)| (self.sig)(word).name).collect()
    }

    fn find(&self, name: &str) -> Option<&'static T> {
        self.words.iter().map(|(word, _)| *word).find(|word| (self.sig)(word).name == name)
    }

    /// Whether a statement names a word of this family, with the argument that tells it from a word of the same name in another.
    pub fn is_meant(&self, step: &Step, by: &str) -> bool {
        let told =
            |args: &[Arg]| args.iter().any(|arg| matches!(&arg.key, ArgKey::Named(key) if key.text == by));
        family_word(step, self.statement, self.example).is_ok_and(|(name, _, args)| {
            self.find(name).is_some() && (told(args) || !(self.others)().contains(&name))
        })
    }

    /// `STATEMENT WORD, args...` bound to the word's signature.
    pub fn chosen(&self, step: &Step, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<Use<T>> {
        let (name, span, rest) =
            family_word(step, self.statement, self.example).map_err(|fault| diags.push(fault)).ok()?;
        let mut known = [self.names(), (self.others)()].concat();
        known.sort_unstable();
        known.dedup();
        let meant = stands_for(name, span, &known, &format!("the {}", self.what), scope);
        let meant = meant.map_err(|fault| diags.push(*fault)).ok()?;
        let Some(word) = self.find(meant.as_deref().unwrap_or(name)) else {
            diags.push(
                called_otherwise(self.what, name, span, (self.elsewhere)(name))
                    .unwrap_or_else(|| unknown_word(self.what, name, span, &known, &[])),
            );
            return None;
        };
        bind((self.sig)(word), rest, use_span(step), scope, diags).map(|args| Use { word, args })
    }
}
