//! Each value times the hyperbolic tangent of its softplus.
//!
//! # What it does
//! A smooth rectifier with a shallow dip below zero, a little deeper than that of `silu`.
//!
//! # Formula
//! `y = x tanh(log(1 + exp(x)))`
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
//!   dense 8 -> mish
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Misra 2020, Mish: a self regularized non-monotonic activation function.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Mish;
pub static LAYER: Mish = Mish;

static SIG: Sig =
    Sig { name: "mish", about: "each value times the tanh of its softplus", args: &[], block: Block::None };

impl Layer for Mish {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().dips_to(-0.308_843_413_017_250_4)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let soft = cx.b.softplus(cx.input());
        let gate = cx.b.tanh(soft);
        cx.b.mul(cx.input(), gate)
    }
}
