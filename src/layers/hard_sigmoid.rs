//! Sigmoid of three straight pieces.
//!
//! # What it does
//! Rises from 0 at -3 to 1 at 3 in a straight line: a gate that needs no exponential.
//!
//! # Formula
//! `y = min(max(x / 6 + 1/2, 0), 1)`; the derivative is 1/6 in (-3, 3), and 0 outside.
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
//!   dense 8 -> hard_sigmoid
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Courbariaux et al. 2015, BinaryConnect: training deep neural networks with binary weights during propagations. Howard et al. 2019, Searching for MobileNetV3 (this slope).

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::{Builder, ValueId},
    model::Ty,
    vocab::{Block, Sig},
};

pub struct HardSigmoid;
pub static LAYER: HardSigmoid = HardSigmoid;

static SIG: Sig =
    Sig { name: "hard_sigmoid", about: "a sigmoid of three straight pieces", args: &[], block: Block::None };

impl Layer for HardSigmoid {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Hardsigmoid", "hard_sigmoid")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().through(|x| (x / 6.0 + 0.5).clamp(0.0, 1.0))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        hard_sigmoid(cx.b, x)
    }
}

/// `min(max(x / 6 + 1/2, 0), 1)`
pub(super) fn hard_sigmoid(b: &mut Builder, x: ValueId) -> ValueId {
    let sloped = b.scale(x, 1.0 / 6.0);
    let raised = b.offset(sloped, 0.5);
    let low = b.relu(raised);
    let one = b.splat(1.0, low);
    b.min(low, one)
}
