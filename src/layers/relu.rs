//! Rectifier: negative values become zero.
//!
//! # What it does
//! Passes positive values on and cuts negative ones off, element by element.
//!
//! # Formula
//! `y = max(x, 0)`; the derivative at 0 is 0.
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
//!   dense 8 -> relu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Relu;
pub static LAYER: Relu = Relu;

static SIG: Sig = Sig { name: "relu", about: "negative values become zero", args: &[], block: Block::None };

impl Layer for Relu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Homogeneous)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().through(|x| x.max(0.0))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.relu(cx.input())
    }
}
