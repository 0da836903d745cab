//! Softplus: a smooth rectifier whose result is always positive.
//!
//! # What it does
//! Close to `x` for large values and to zero for very negative ones; its derivative is the sigmoid.
//!
//! # Formula
//! `y = log(1 + exp(x))`
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
//!   dense 8 -> softplus
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Dugas et al. 2001, Incorporating second-order functional knowledge for better option pricing.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Softplus;
pub static LAYER: Softplus = Softplus;

static SIG: Sig =
    Sig { name: "softplus", about: "smooth rectifier, always positive", args: &[], block: Block::None };

impl Layer for Softplus {
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
        cx.input().through(|x| if x > 30.0 { x } else { x.exp().ln_1p() })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.softplus(cx.input())
    }
}
