//! Lays a value out as one vector, row-major.
//!
//! # What it does
//! Makes one axis of all, so that a `dense` layer can read a picture.
//!
//! # Formula
//! `y[i] = x[i]` for the row-major index `i`.
//!
//! # Shape
//! `h x w x c` becomes `h w c` plain units.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[8, 8, 1]
//!   flatten -> dense 10
//!   output digit: class[10]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, OverTime, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct Flatten;
pub static LAYER: Flatten = Flatten;

static SIG: Sig =
    Sig { name: "flatten", about: "lays a value out as one vector", args: &[], block: Block::None };

impl Layer for Flatten {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::unitwise(Unitwise::Homogeneous) }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(Ty::units(cx.input().len()))
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Refuses
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.b.flatten(cx.input())
    }
}
