//! Each value times its hard sigmoid.
//!
//! # What it does
//! A swish (`silu`) of pieces that need no exponential: 0 below -3, the value itself above 3.
//!
//! # Formula
//! `y = x min(max(x / 6 + 1/2, 0), 1)`
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
//!   dense 8 -> hard_swish
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Howard et al. 2019, Searching for MobileNetV3.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise, hard_sigmoid::hard_sigmoid};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct HardSwish;
pub static LAYER: HardSwish = HardSwish;

static SIG: Sig =
    Sig { name: "hard_swish", about: "each value times its hard sigmoid", args: &[], block: Block::None };

impl Layer for HardSwish {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Hardswish", "hard_swish"), ("hard_silu", "hard_swish")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().dips_to(-0.375)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let gate = hard_sigmoid(cx.b, x);
        cx.b.mul(x, gate)
    }
}
