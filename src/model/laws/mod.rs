//! What a net's last value is read as: `output y: WORD[n]`, one file a law.
//!
//! Whoever needs to know what an output means asks its law; nothing outside this folder tells laws apart by name. A law speaks of the `n`
//! classes, bits or numbers of one distribution, and of many where they lie behind one another: it knows neither rows nor axes.

pub mod bits;
pub mod class;
mod meaning;
pub mod normal;
pub mod real;
#[cfg(test)]
mod tests;
pub mod token;

use std::fmt;

pub use meaning::likeliest;

use crate::{
    data::{TargetRule, Want},
    graph::{Builder, Dim, Type, ValueId},
    train::{Loss, Metric},
};

/// The meaning of a net's numbers: `n` classes, bits or numbers.
pub trait Law: Sync {
    /// The word of the type.
    fn word(&self) -> &'static str;

    /// Why there is no such output of this size, and what to write instead.
    fn refuses(&self, _n: usize) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Numbers that the last layer must give.
    fn width(&self, n: usize) -> usize {
        n
    }

    /// The same in words: `3 logits`.
    fn reads(&self, n: usize) -> String;

    /// What the data must give.
    fn want(&self, n: usize) -> Want;

    /// Whether it is an answer at each step of time, and not one of a row.
    fn over_time(&self) -> bool {
        false
    }

    /// What a step of training reads of the targets of a minibatch; of an answer at each step, of one of them.
    fn target(&self, n: usize) -> Type {
        Type::f32(&[Dim::Batch, Dim::Const(n)])
    }

    /// The loss that is proposed where none is written.
    fn usual_loss(&self) -> &'static dyn Loss;

    /// What is reported where nothing is asked for.
    fn usual_metric(&self) -> &'static dyn Metric;

    /// How many classes there are, where exactly one of them is true.
    fn classes(&self, _n: usize) -> Option<usize> {
        None
    }

    /// The layer that makes probabilities of what the net gives; none where it gives numbers.
    fn squash(&self) -> Option<&'static str> {
        None
    }

    /// Whether the net says how far observations spread around its numbers.
    fn says_spread(&self) -> bool {
        false
    }

    /// Numbers of one answer that a pass over rows with targets hands to metrics.
    fn judged_width(&self, n: usize) -> usize {
        self.width(n)
    }

    /// They, in the graph: the outputs, or what metrics need of them beside the targets.
    fn judged(&self, _b: &mut Builder, outputs: ValueId, _target: ValueId, _n: usize) -> ValueId {
        outputs
    }

    /// Probabilities of a minibatch's logits, in the graph. Numbers stay as they are, here and below.
    fn lower(&self, _b: &mut Builder, outputs: ValueId) -> ValueId {
        outputs
    }

    /// Probabilities of logits, row by row.
    fn meaning(&self, _outputs: &mut [f32], _n: usize) {}

    /// The same in 64 bits.
    fn meaning_wide(&self, _outputs: &mut [f64], _n: usize) {}

    /// Brings numbers from the units of training into the target's own, as distances from its level; log-variances become standard
    /// deviations. Probabilities stay as they are, here and below.
    fn to_units(&self, _outputs: &mut [f32], _n: usize, _target: &TargetRule) {}

    /// The way back.
    fn to_training(&self, _outputs: &mut [f32], _n: usize, _target: &TargetRule) {}

    /// Numbers of a row that a mean over sub-networks is made of.
    fn chances_width(&self, n: usize) -> usize {
        self.width(n)
    }

    /// They: probabilities of all that may happen, each with its own digits, where the net gives logits.
    fn chances(&self, row: &[f64], n: usize) -> Vec<f64> {
        let mut chances = row.to_vec();
        self.meaning_wide(&mut chances, n);
        chances
    }

    /// What one net would give to say these chances.
    fn outputs_of_chances(&self, chances: &[f64], _n: usize) -> Vec<f64> {
        chances.to_vec()
    }

    /// How wrong predictions are, rows behind one another: the share of classes or bits, the root mean square error of numbers.
    fn error(&self, said: &[f64], observed: &[f64], n: usize) -> f64;

    /// Mean Kullback-Leibler divergence of what is said from the truth, in nats a row; none of numbers.
    fn divergence(&self, _said: &[f64], _truth: &[f64], _n: usize) -> Option<f64> {
        None
    }
}

/// All laws, in the order in which they are proposed.
pub static LAWS: &[&dyn Law] = &[&real::LAW, &class::LAW, &bits::LAW, &normal::LAW, &token::LAW];

/// The law of a word.
pub fn find(word: &str) -> Option<&'static dyn Law> {
    LAWS.iter().copied().find(|law| law.word() == word)
}

/// What the net's last value is read as: a law and its size, and how many steps are answered each by itself.
#[derive(Clone, Copy)]
pub struct OutputKind {
    law: &'static dyn Law,
    n: usize,
    steps: Option<usize>,
}

impl OutputKind {
    pub const fn new(law: &'static dyn Law, n: usize) -> Self {
        Self { law, n, steps: None }
    }

    /// `token[T, vocab=V]`
    pub const fn tokens(steps: usize, vocab: usize) -> Self {
        Self { law: &token::LAW, n: vocab, steps: Some(steps) }
    }

    /// `class[K]`
    pub const fn class(k: usize) -> Self {
        Self::new(&class::LAW, k)
    }

    /// `bits[K]`
    pub const fn bits(k: usize) -> Self {
        Self::new(&bits::LAW, k)
    }

    /// `real[D]`
    pub const fn real(d: usize) -> Self {
        Self::new(&real::LAW, d)
    }

    /// `normal[D]`
    pub const fn normal(d: usize) -> Self {
        Self::new(&normal::LAW, d)
    }

    /// The word of the type.
    pub fn word(self) -> &'static str {
        self.law.word()
    }

    /// Numbers of a row that the last layer must give.
    pub fn width(self) -> usize {
        self.places() * self.law.width(self.n)
    }

    /// Numbers of one answer that are predicted: probabilities or means.
    pub fn outputs(self) -> usize {
        self.n
    }

    /// How many steps are answered, where each is by itself.
    pub fn steps(self) -> Option<usize> {
        self.steps
    }

    /// What is answered at one of the steps: one of the tokens, as one of so many classes. Others as they are.
    #[must_use]
    pub fn at_a_step(self) -> Self {
        match self.steps {
            None => self,
            Some(_) => Self::class(self.n),
        }
    }

    /// Answers of a row.
    fn places(self) -> usize {
        self.steps.unwrap_or(1)
    }

    /// See [`Law::reads`], as all that has the same name below.
    pub fn reads(self) -> String {
        let answer = self.law.reads(self.n);
        match self.steps {
            None => answer,
            Some(1) => format!("{answer} at one step"),
            Some(steps) => format!("{answer} at each of {steps} steps"),
        }
    }

    pub fn want(self) -> Want {
        self.law.want(self.n)
    }

    pub fn target(self) -> Type {
        let mut one = self.law.target(self.n);
        one.dims.extend(self.steps.map(Dim::Const));
        one
    }

    /// Numbers of a row that a pass over rows with targets hands to metrics.
    pub fn judged_width(self) -> usize {
        self.places() * self.law.judged_width(self.n)
    }

    pub fn judged(self, b: &mut Builder, outputs: ValueId, target: ValueId) -> ValueId {
        self.law.judged(b, outputs, target, self.n)
    }

    pub fn usual_loss(self) -> &'static dyn Loss {
        self.law.usual_loss()
    }

    pub fn usual_metric(self) -> &'static dyn Metric {
        self.law.usual_metric()
    }

    pub fn classes(self) -> Option<usize> {
        self.law.classes(self.n)
    }

    pub fn squash(self) -> Option<&'static str> {
        self.law.squash()
    }

    /// Whether the net gives logits.
    pub fn has_probabilities(self) -> bool {
        self.law.squash().is_some()
    }

    pub fn says_spread(self) -> bool {
        self.law.says_spread()
    }

    /// Whether it is numbers of which somebody else must say how far observations spread.
    pub fn needs_precision(self) -> bool {
        !self.has_probabilities() && !self.says_spread()
    }

    pub fn lower(self, b: &mut Builder, outputs: ValueId) -> ValueId {
        self.law.lower(b, outputs)
    }

    /// What raw outputs mean, row by row: probabilities for classes and bits, numbers in the target's own units from its level.
    pub fn interpret(self, outputs: &mut [f32], target: &TargetRule) {
        self.law.meaning(outputs, self.n);
        self.to_units(outputs, target);
    }

    /// The same for outputs whose probabilities are made already.
    pub fn to_units(self, outputs: &mut [f32], target: &TargetRule) {
        self.law.to_units(outputs, self.n, target);
    }

    pub fn to_training(self, outputs: &mut [f32], target: &TargetRule) {
        self.law.to_training(outputs, self.n, target);
    }

    /// Probabilities of logits in 64 bits, row by row; numbers as they are.
    pub fn meaning(self, mut outputs: Vec<f64>) -> Vec<f64> {
        self.law.meaning_wide(&mut outputs, self.n);
        outputs
    }

    pub fn chances_width(self) -> usize {
        self.places() * self.law.chances_width(self.n)
    }

    pub fn chances(self, row: &[f64]) -> Vec<f64> {
        self.law.chances(row, self.n)
    }

    pub fn outputs_of_chances(self, chances: &[f64]) -> Vec<f64> {
        self.law.outputs_of_chances(chances, self.n)
    }

    pub fn error(self, said: &[f64], observed: &[f64]) -> f64 {
        self.law.error(said, observed, self.n)
    }

    pub fn divergence(self, said: &[f64], truth: &[f64]) -> Option<f64> {
        self.law.divergence(said, truth, self.n)
    }
}

impl PartialEq for OutputKind {
    fn eq(&self, other: &Self) -> bool {
        (self.word(), self.n, self.steps) == (other.word(), other.n, other.steps)
    }
}

impl Eq for OutputKind {}

impl fmt::Display for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.steps {
            None => write!(f, "{}[{}]", self.word(), self.n),
            Some(steps) => write!(f, "{}[{steps}, vocab={}]", self.word(), self.n),
        }
    }
}

impl fmt::Debug for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
