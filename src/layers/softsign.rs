//! Each value over one more than its size.
//!
//! # What it does
//! Squeezes any number into (-1, 1), as `tanh` does, with far slower saturation.
//!
//! # Formula
//! `y = x / (1 + |x|)`
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
//!   dense 8 -> softsign
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Bergstra et al. 2009, Quadratic polynomials learn better image features. Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Softsign;
pub static LAYER: Softsign = Softsign;

static SIG: Sig =
    Sig { name: "softsign", about: "each value over one more than its size", args: &[], block: Block::None };

impl Layer for Softsign {
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
        cx.input().through(|x| if x.is_infinite() { x.signum() } else { x / (1.0 + x.abs()) })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let size = cx.b.abs(x);
        let divisor = cx.b.offset(size, 1.0);
        cx.b.div(x, divisor)
    }
}
