//! Logarithm of the softmax over the last axis.
//!
//! # What it does
//! Log-probabilities, exact where the softmax itself would round to zero.
//! A `class` output takes logits and applies the softmax itself: leave it out there.
//!
//! # Formula
//! `y_i = x_i - log sum_j exp(x_j)`
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 4 -> log_softmax
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.

use super::{Infer, Layer, Lower, OverTime, Reach, Reached};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct LogSoftmax;
pub static LAYER: LogSoftmax = LogSoftmax;

static SIG: Sig =
    Sig { name: "log_softmax", about: "log-probabilities over the last axis", args: &[], block: Block::None };

impl Layer for LogSoftmax {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        Reach { low: if cx.is_single() { 0.0 } else { f64::NEG_INFINITY }, high: 0.0 }
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.log_softmax(cx.input())
    }
}
