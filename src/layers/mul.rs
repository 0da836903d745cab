//! Multiplies values elementwise.
//!
//! # What it does
//! `mul a` multiplies what flows by the value of the label or input `a`; `mul a, b, ...` multiplies the named values alone; the block form
//! multiplies the results of its `branch { ... }` blocks, each fed by what flows. With a `sigmoid` branch it is a gate.
//!
//! # Formula
//! `y = x_1 * x_2 * ...`
//!
//! # Shape
//! All factors must have one shape.
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
//!   mul {
//!     branch { dense 4 -> tanh }
//!     branch { dense 4 -> sigmoid }
//!   }
//!   output y: real[4]
//! }
//! ```
//!
//! # Papers
//! Dauphin et al. 2017, Language modeling with gated convolutional networks (gated linear units).

use super::{Expand, Infer, Layer, Lower, OverTime, Reach, Reached, Stop};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Mul;
pub static LAYER: Mul = Mul;

static SIG: Sig = Sig {
    name: "mul",
    about: "multiplies values elementwise",
    args: &[ArgSpec::optional("values", Kind::Rest(&Kind::Name), Default::Absent, "labels or inputs")],
    block: Block::Branches,
};

impl Layer for Mul {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Multiply", "mul")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let factors = cx.joined("values")?;
        cx.node(&factors)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        cx.same_types()
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        let product = cx.inputs().fold(Reach { low: 1.0, high: 1.0 }, |product, factor| product * factor);
        if cx.is_square() { Reach { low: product.low.max(0.0), ..product } } else { product }
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let factors = cx.inputs().to_vec();
        factors[1..].iter().fold(factors[0], |product, factor| cx.b.mul(product, *factor))
    }
}
