//! Losses: `loss WORD, ...`. A loss answers one number a row; the mean over the rows is taken once, where all losses are lowered.

use super::Wrong;
use crate::{
    graph::{Builder, Scalars, ValueId},
    model::OutputKind,
    vocab::{Args, Sig},
};

pub trait Loss: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether the loss can read this output.
    fn fits(&self, kind: OutputKind) -> bool;

    /// Arguments that depend on the output, such as the length of `class_weights`; the text is the reason.
    fn check(&self, _args: &Args, _kind: OutputKind) -> Result<(), Wrong> {
        Ok(())
    }

    /// Puts numbers in the place of `balanced`: of each class or bit, how many of so many training rows have it.
    fn balance(&self, _args: &mut Args, _counts: &[f64], _rows: f64) {}

    /// What density of the target the loss is the negative logarithm of.
    fn likelihood(&self) -> Likelihood {
        Likelihood::None
    }

    /// Whether the loss is a mean over a row's own steps, of all rows together, instead of one over rows.
    fn is_per_step(&self, _args: &Args, _kind: OutputKind) -> bool {
        false
    }

    /// Whether it reads outputs above 0 alone, and targets from 0 on.
    fn is_of_positive(&self) -> bool {
        false
    }

    /// The loss of each row; of a mean over steps the sum over them, whose number is its weight.
    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss;
}

/// A loss as a negative log-likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihood {
    /// It is none.
    None,
    /// Of a normal density whose precision somebody must say.
    OfPrecision,
    /// The net says all of it.
    Own,
}

/// Context of [`Loss::rows`].
pub struct LossCx<'a> {
    pub b: &'a mut Builder,
    pub args: &'a Args,
    pub kind: OutputKind,
    /// `f32[Batch, width]`: what the net gives; `f32[Batch, T, V]` of an answer at each step.
    pub output: ValueId,
    /// `i32[Batch]` for classes, `i32[Batch, T]` for tokens, else `f32[Batch, D]`.
    pub target: ValueId,
    /// Of an answer at each step: `f32[Batch, T]`, 1 at a row's own steps and 0 behind its end.
    pub within: Option<ValueId>,
    /// The partner's target and the scalar lambda, where rows are mixed.
    pub mixed: Option<Mixed>,
    /// Smoothing and class weights act in training only.
    pub training: bool,
    pub scalars: &'a mut Scalars,
}

#[derive(Clone, Copy, Debug)]
pub struct Mixed {
    pub partner: ValueId,
    /// Scalars: the row's own share, and the partner's.
    pub lambda: ValueId,
    pub rest: ValueId,
}

/// `losses: f32[Batch]`; with `weights: f32[Batch]` the mean is weighted: sum(losses) / sum(weights).
#[derive(Clone, Copy, Debug)]
pub struct RowLoss {
    pub losses: ValueId,
    pub weights: Option<ValueId>,
}

impl LossCx<'_> {
    /// Real targets, mixed with the partner's.
    pub fn real_target(&mut self) -> ValueId {
        match self.mixed {
            None => self.target,
            Some(mixed) => {
                let own = self.b.mul(self.target, mixed.lambda);
                let other = self.b.mul(mixed.partner, mixed.rest);
                self.b.add(own, other)
            }
        }
    }

    /// Class targets as `f32[Batch, classes]` (tokens as `f32[Batch, T, V]`), mixed with the partner's.
    pub fn soft_target(&mut self, classes: usize) -> ValueId {
        let own = self.b.one_hot(self.target, classes);
        match self.mixed {
            None => own,
            Some(mixed) => {
                let other = self.b.one_hot(mixed.partner, classes);
                let own = self.b.mul(own, mixed.lambda);
                let other = self.b.mul(other, mixed.rest);
                self.b.add(own, other)
            }
        }
    }
}

crate::train::family! {
    Loss: absolute_error, binary_cross_entropy, cross_entropy, focal, gaussian_nll, hinge, huber, kl, log_cosh, poisson, quantile, squared_error
}

#[cfg(test)]
mod tests;
