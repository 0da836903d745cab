//! Logistic function: squeezes every value into (0, 1).
//!
//! # What it does
//! Turns a log-odds into a probability, element by element. Before `output y: bits[K]` leave it out: that output takes the log-odds.
//!
//! # Formula
//! `y = 1 / (1 + exp(-x))`
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
//!   dense 8 -> sigmoid
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Rumelhart et al. 1986, Learning representations by back-propagating errors.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Sigmoid;
pub static LAYER: Sigmoid = Sigmoid;

static SIG: Sig = Sig { name: "sigmoid", about: "logistic function", args: &[], block: Block::None };

impl Layer for Sigmoid {
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
        cx.input().through(|x| 1.0 / (1.0 + (-x).exp()))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.sigmoid(cx.input())
    }
}
