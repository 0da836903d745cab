//! Softmax: makes the last axis a distribution.
//!
//! # What it does
//! Exponentiates and divides by the sum over the last axis, so that the values are positive and sum to one.
//! A `class` output takes logits and applies the softmax itself: leave it out there.
//!
//! # Formula
//! `y_i = exp(x_i) / sum_j exp(x_j)`, computed after the maximum is subtracted, so that nothing overflows.
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
//!   dense 4 -> softmax
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.

use super::{Facts, Infer, Layer, Lower, OverTime, Reach, Reached};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct Softmax;
pub static LAYER: Softmax = Softmax;

static SIG: Sig =
    Sig { name: "softmax", about: "probabilities over the last axis", args: &[], block: Block::None };

impl Layer for Softmax {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn facts(&self) -> Facts {
        Facts { shares: true, ..Facts::NONE }
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        if cx.is_single() { Reach { low: 1.0, high: 1.0 } } else { Reach::UNIT }
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.softmax(cx.input())
    }
}
