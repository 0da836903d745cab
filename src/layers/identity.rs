//! Passes its input on unchanged.
//!
//! # What it does
//! Stands where a layer must stand and nothing is to be done: the other side of an `if`, a plain `shortcut`.
//!
//! # Formula
//! `y = x`
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! param deep = false
//! net {
//!   input x: real[4]
//!   if deep { dense 8 -> relu } else { identity }
//!   dense 1
//!   output y: real[1]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

pub struct Identity;
pub static LAYER: Identity = Identity;

static SIG: Sig = Sig { name: "identity", about: "passes its input on", args: &[], block: Block::None };

impl Layer for Identity {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::unitwise(Unitwise::Homogeneous) }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.input()
    }
}
