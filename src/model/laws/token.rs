//! `token[T, vocab=V]`: at each of T steps one of V tokens, which is foretold there. The net gives V logits a step; predictions are their softmax.
//!
//! A vocabulary is large, so a pass over rows with targets hands two numbers a step to metrics, and no logits leave the step that made them.

use super::{Law, class};
use crate::{
    data::Want,
    graph::{Builder, DType, Dim, Type, ValueId},
    train::{Loss, Metric, losses, metrics},
};

pub struct Token;
pub static LAW: Token = Token;

/// Numbers of a step that metrics see: the logarithm of the probability that the net gave to the token that came, and how many others it held for
/// as likely at the least. Where that is none, it was foretold.
pub const TOLD: usize = 2;

impl Law for Token {
    fn word(&self) -> &'static str {
        "token"
    }

    fn refuses(&self, v: usize) -> Option<(&'static str, &'static str)> {
        (v < 2).then_some(("a vocabulary of one token says nothing", "write `vocab=` as in the input's type"))
    }

    fn reads(&self, v: usize) -> String {
        format!("{v} logits")
    }

    fn want(&self, v: usize) -> Want {
        Want::Tokens(v)
    }

    fn over_time(&self) -> bool {
        true
    }

    fn target(&self, _v: usize) -> Type {
        Type { dtype: DType::I32, dims: vec![Dim::Batch] }
    }

    fn usual_loss(&self) -> &'static dyn Loss {
        &losses::cross_entropy::WORD
    }

    fn usual_metric(&self) -> &'static dyn Metric {
        &metrics::perplexity::WORD
    }

    fn squash(&self) -> Option<&'static str> {
        class::LAW.squash()
    }

    fn lower(&self, b: &mut Builder, logits: ValueId) -> ValueId {
        class::LAW.lower(b, logits)
    }

    fn judged_width(&self, _v: usize) -> usize {
        TOLD
    }

    /// `[Batch, T, 2]` of `[Batch, T, V]` logits and tokens `i32[Batch, T]`.
    fn judged(&self, b: &mut Builder, logits: ValueId, target: ValueId, v: usize) -> ValueId {
        let came = b.one_hot(target, v);
        let log_p = b.log_softmax(logits);
        let own = b.mul(came, log_p);
        let own = b.sum(own, &[2]);
        let logit = b.mul(came, logits);
        let logit = b.sum(logit, &[2]);
        let logit = b.along_first(logit, logits);
        // What is no number is below nothing, so it counts among those that are as likely.
        let below = b.less(logits, logit);
        let (zero, one) = (b.splat(0.0, logits), b.splat(1.0, logits));
        let below = b.select(below, one, zero);
        let below = b.sum(below, &[2]);
        let others = b.constant(v as f32 - 1.0);
        let as_likely = b.sub(others, below);
        let column = |b: &mut Builder, x: ValueId| {
            let dims = [b.ty(x).dims.as_slice(), &[Dim::Const(1)]].concat();
            b.reshape(x, &dims)
        };
        let parts = [column(b, own), column(b, as_likely)];
        b.concat(&parts, 2)
    }

    fn meaning(&self, logits: &mut [f32], v: usize) {
        class::LAW.meaning(logits, v);
    }

    fn meaning_wide(&self, logits: &mut [f64], v: usize) {
        class::LAW.meaning_wide(logits, v);
    }

    fn outputs_of_chances(&self, chances: &[f64], v: usize) -> Vec<f64> {
        class::LAW.outputs_of_chances(chances, v)
    }

    fn error(&self, said: &[f64], observed: &[f64], v: usize) -> f64 {
        class::LAW.error(said, observed, v)
    }

    fn divergence(&self, said: &[f64], truth: &[f64], v: usize) -> Option<f64> {
        class::LAW.divergence(said, truth, v)
    }
}
