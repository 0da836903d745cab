//! The exponential of each value: a factor for each step of the value.
//!
//! # What it does
//! Makes positive numbers of any: the mean of counts in front of `loss poisson`, whose layers then add up logarithms of rates.
//!
//! # Formula
//! `y = exp(x)`
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
//!   dense 1 -> exp
//!   output visits: real[1]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Exp;
pub static LAYER: Exp = Exp;

static SIG: Sig = Sig { name: "exp", about: "the exponential of each value", args: &[], block: Block::None };

impl Layer for Exp {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("exponential", "exp")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().through(f64::exp)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.exp(cx.input())
    }
}
