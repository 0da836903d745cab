//! Adds a block's result to what went into it.
//!
//! # What it does
//! Runs its block on what flows and adds the two, so that the block learns a correction and gradients pass it by. The block may hold a
//! `shortcut { ... }` of layers for the other term, where shapes differ.
//!
//! # Formula
//! `y = x + f(x)`, or `s(x) + f(x)` with a `shortcut { ... }` block for the first term.
//!
//! # Shape
//! Both terms must have one shape.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   residual {
//!     dense 8 -> relu -> dropout 0.1
//!     dense 8
//!   }
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! He et al. 2016, Deep residual learning for image recognition.

use super::{Expand, Facts, Infer, Layer, Lower, OverTime, Reach, Reached, Stop};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Ty},
    vocab::{Args, Block, Sig},
};

pub struct Residual;
pub static LAYER: Residual = Residual;

static SIG: Sig =
    Sig { name: "residual", about: "adds a block's result to its input", args: &[], block: Block::Body };

impl Layer for Residual {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let (branch, shortcut) = cx.body_apart_from("shortcut");
        cx.node(&[shortcut.unwrap_or(cx.flow()), branch])
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        cx.same_types()
    }

    fn facts(&self) -> Facts {
        Facts { sums: true, ..Facts::NONE }
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.inputs().fold(Reach { low: 0.0, high: 0.0 }, |sum, term| sum + term)
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (shortcut, branch) = (cx.inputs()[0], cx.inputs()[1]);
        cx.b.add(shortcut, branch)
    }
}
