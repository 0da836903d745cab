//! Sigmoid linear unit, also called swish: each value times its sigmoid.
//!
//! # What it does
//! A smooth rectifier with a shallow dip below zero.
//!
//! # Formula
//! `y = x / (1 + exp(-x))`
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
//!   dense 8 -> silu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Elfwing et al. 2018, Sigmoid-weighted linear units. Ramachandran et al. 2017, Searching for activation functions (swish).

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Silu;
pub static LAYER: Silu = Silu;

static SIG: Sig = Sig { name: "silu", about: "each value times its sigmoid", args: &[], block: Block::None };

impl Layer for Silu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Swish", "silu")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().dips_to(-0.278_464_542_761_073_8)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let gate = cx.b.sigmoid(cx.input());
        cx.b.mul(cx.input(), gate)
    }
}
