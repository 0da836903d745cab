//! Rectifier that stops at 6.
//!
//! # What it does
//! Cuts negative values off, and those above 6: the numbers of a net for small fixed-point formats stay in a known range.
//!
//! # Formula
//! `y = min(max(x, 0), 6)`; the derivative is 0 outside of (0, 6).
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
//!   dense 8 -> relu6
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision applications. Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Relu6;
pub static LAYER: Relu6 = Relu6;

static SIG: Sig = Sig { name: "relu6", about: "a rectifier that stops at 6", args: &[], block: Block::None };

impl Layer for Relu6 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("ReLU6", "relu6")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().through(|x| x.clamp(0.0, 6.0))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let low = cx.b.relu(cx.input());
        let six = cx.b.splat(6.0, low);
        cx.b.min(low, six)
    }
}
