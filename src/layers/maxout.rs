//! The largest of several units: a convex function whose pieces are learned.
//!
//! # What it does
//! Cuts the last axis into `pieces` equal parts and answers, unit by unit, the largest number among them. Behind `dense 128`, `maxout 2` is 64 units, each the
//! larger of two linear functions; a piece that is dropped nowhere and largest everywhere is the linear unit itself. It was made for dropout: where the
//! largest piece stays the same between masks, weight scaling is exact.
//!
//! # Formula
//! With `n` units in the result: `y_u = max_j x_(u + j n)`, j from 0 to `pieces` - 1; the gradient goes to the first of the largest.
//!
//! # Shape
//! Any; the last axis, which `pieces` must divide, becomes that many times smaller.
//!
//! # Arguments
//! `pieces` are how many units make one, 2 unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dropout 0.2 -> dense 24 -> maxout 3
//!   dropout 0.5 -> dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Goodfellow et al. 2013, Maxout networks.

use super::{Infer, Layer, Lower, OverTime, Reach, Reached};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Maxout;
pub static LAYER: Maxout = Maxout;

static SIG: Sig = Sig {
    name: "maxout",
    about: "the largest of several units",
    args: &[ArgSpec::optional("pieces", Kind::Count { min: 2 }, Default::Number(2.0), "units that make one")],
    block: Block::None,
};

impl Layer for Maxout {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        divided(cx, cx.args.count("pieces"))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let pieces = pieces(cx, cx.args.count("pieces"));
        let first = pieces[0];
        pieces[1..].iter().fold(first, |largest, piece| {
            let higher = cx.b.less(largest, *piece);
            cx.b.select(higher, *piece, largest)
        })
    }
}

/// The type whose last axis is `parts` times smaller.
///
/// # Errors
/// E0301 where it does not divide.
pub(super) fn divided(cx: &Infer<'_>, parts: usize) -> Result<Ty, Diagnostic> {
    let mut ty = cx.input().clone();
    let found = cx.input().to_string();
    match ty.axes.last_mut() {
        Some(axis) if axis.size.is_multiple_of(parts) && axis.size > 0 => {
            axis.size /= parts;
            Ok(ty)
        }
        _ => Err(cx
            .mismatch(format!("`{}` cuts the last axis into {parts} equal parts, found {found}", cx.name()))
            .help(format!("make the number of units in front of it a multiple of {parts}"))),
    }
}

/// The parts of the last axis, in order.
pub(super) fn pieces(cx: &mut Lower<'_>, parts: usize) -> Vec<ValueId> {
    let x = cx.input();
    let axis = cx.input_ty().axes.len();
    let width = cx.input_ty().axes[axis - 1].size / parts;
    (0..parts).map(|part| cx.b.slice(x, axis, part * width, width)).collect()
}
