//! The last step of a value over time.
//!
//! # What it does
//! Takes the last step of a series, of a row with a length the last within it, and leaves the others. Behind a recurrent layer that goes forwards it is what the layer made of all steps; `output=last` of the layer itself is the same, in either direction.
//!
//! # Formula
//! `y = x_T`
//!
//! # Shape
//! Steps of channels become units.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[6, 3]
//!   gru 4 -> last
//!   dense 2
//!   output y: class[2]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, OverTime, Reach, Reached};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Axis, Role, Ty},
    vocab::{Args, Block, Sig},
};

pub struct Last;
pub static LAYER: Last = Last;

static SIG: Sig =
    Sig { name: "last", about: "the last step of a value over time", args: &[], block: Block::None };

impl Layer for Last {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        match cx.input().axes[..] {
            [Axis { role: Role::Time | Role::Unit, .. }, Axis { size, .. }] => Ok(Ty::units(size)),
            _ => Err(cx
                .mismatch(format!("`last` expects steps of channels, found {}", cx.input()))
                .help("such as those of a recurrent layer; of a vector there is only one")),
        }
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn over_time(&self, _: &Args) -> OverTime {
        OverTime::Whole
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        own_last(cx, cx.input())
    }
}

/// The last step of `x`, which has the steps of the input, that is a row's own.
pub(crate) fn own_last(cx: &mut Lower<'_>, x: ValueId) -> ValueId {
    let steps = cx.input_ty().axes[0].size;
    let Some(within) = cx.within() else {
        let last = cx.b.slice(x, 1, steps - 1, 1);
        let channels = cx.b.ty(x).dims[2];
        return cx.b.reshape(last, &[Dim::Batch, channels]);
    };
    // The last step that is within: the next one is not.
    let later = cx.b.zeros_around(within, 1, 0, 1);
    let later = cx.b.slice(later, 1, 1, steps);
    let is_last = cx.b.sub(within, later);
    let is_last = cx.b.broadcast_like(is_last, x, &[0, 1]);
    let own = cx.b.mul(x, is_last);
    cx.b.sum(own, &[1])
}
