//! Joins values end to end along one axis.
//!
//! # What it does
//! `concat a` appends the value of the label or input `a` to what flows; `concat a, b, ...` joins the named values alone; the block form joins
//! the results of its `branch { ... }` blocks, each fed by what flows.
//!
//! # Formula
//! `y = [x_1, x_2, ...]`
//!
//! # Shape
//! All values have equal sizes but for the joined axis, whose sizes add up.
//!
//! # Arguments
//! `values` are labels or inputs; none with a block. `axis` is the role of the joined axis (`unit`, `height`, `width`, `time`, `channel`); the last axis
//! unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   concat {
//!     branch { dense 4 -> relu }
//!     branch { dense 2 -> tanh }
//!   }
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Szegedy et al. 2015, Going deeper with convolutions.

use super::{Expand, Facts, Infer, Layer, Lower, OverTime, Reach, Reached, Stop};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Role, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Concat;
pub static LAYER: Concat = Concat;

static SIG: Sig = Sig {
    name: "concat",
    about: "joins values end to end",
    args: &[
        ArgSpec::optional("values", Kind::Rest(&Kind::Name), Default::Absent, "labels or inputs"),
        ArgSpec::named(
            "axis",
            Kind::Word(&["unit", "height", "width", "time", "freq", "channel"]),
            Default::Absent,
            "role of the joined axis; the last unless given",
        ),
    ],
    block: Block::Branches,
};

impl Layer for Concat {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Concatenate", "concat")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let parts = cx.joined("values")?;
        cx.node(&parts)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let Some(joined) = axis(cx.args, cx.input()) else {
            let word = cx.args.word("axis");
            return Err(Diagnostic::error(
                "E0302",
                cx.args.span_of("axis"),
                format!("`axis={word}` on a value without one such axis"),
            )
            .label(format!("the value is {}", cx.input()))
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("name an axis that the value has once, or leave `axis` out for the last"));
        };
        let rest = |ty: &Ty| {
            let mut sizes = ty.sizes();
            // Another rank is another shape: it keeps all its axes and so differs.
            if sizes.len() == cx.input().axes.len() {
                sizes[joined] = 0;
            }
            sizes
        };
        cx.agreeing(|a, b| rest(a) == rest(b), "values of equal sizes but for the joined axis")?;
        let mut ty = cx.common(cx.input().clone());
        ty.axes[joined].size = cx.inputs.iter().map(|source| source.ty.axes[joined].size).sum();
        Ok(ty)
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.inputs().reduce(Reach::hull).unwrap_or(Reach::ANY)
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let parts = cx.inputs().to_vec();
        let joined = axis(cx.args, cx.input_ty()).unwrap_or(0);
        cx.b.concat(&parts, joined + 1)
    }
}

/// Index of the joined axis; `None` where the value has no such axis or several.
fn axis(args: &Args, ty: &Ty) -> Option<usize> {
    let Some(word) = args.opt_word("axis") else { return ty.axes.len().checked_sub(1) };
    let role = Role::named(word)?.first()?;
    let mut found = ty.axes.iter().enumerate().filter(|(_, axis)| axis.role == *role).map(|(i, _)| i);
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
