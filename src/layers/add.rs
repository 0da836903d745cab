//! Adds values elementwise.
//!
//! # What it does
//! `add a` adds the value of the label or input `a` to what flows; `add a, b, ...` adds the named values alone; the block form adds the
//! results of its `branch { ... }` blocks, each fed by what flows.
//!
//! # Formula
//! `y = x_1 + x_2 + ...`
//!
//! # Shape
//! All terms must have one shape.
//!
//! # Arguments
//! `values` are labels or inputs; none with a block.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   add {
//!     branch { dense 4 -> relu }
//!     branch { dense 4 }
//!   }
//!   output y: real[4]
//! }
//! ```

use super::{Expand, Facts, Infer, Layer, Lower, OverTime, Reach, Reached, Stop};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Add;
pub static LAYER: Add = Add;

static SIG: Sig = Sig {
    name: "add",
    about: "adds values elementwise",
    args: &[ArgSpec::optional("values", Kind::Rest(&Kind::Name), Default::Absent, "labels or inputs")],
    block: Block::Branches,
};

impl Layer for Add {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Add", "add")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let terms = cx.joined("values")?;
        cx.node(&terms)
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
        let terms = cx.inputs().to_vec();
        terms[1..].iter().fold(terms[0], |sum, term| cx.b.add(sum, *term))
    }
}
