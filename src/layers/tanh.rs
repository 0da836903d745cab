//! Hyperbolic tangent: squeezes every value into (-1, 1).
//!
//! # What it does
//! Nearly the identity around zero; large values of either sign saturate.
//!
//! # Formula
//! `y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))`
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
//!   dense 8 -> tanh
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! LeCun et al. 1998, Efficient backprop.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Tanh;
pub static LAYER: Tanh = Tanh;

static SIG: Sig = Sig { name: "tanh", about: "hyperbolic tangent", args: &[], block: Block::None };

impl Layer for Tanh {
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
        cx.input().through(f64::tanh)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.tanh(cx.input())
    }
}
