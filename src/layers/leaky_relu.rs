//! Leaky rectifier: negative values are scaled down instead of cut off.
//!
//! # What it does
//! Passes positive values on and multiplies negative ones by a small slope, so that a unit that is negative for every row still learns.
//!
//! # Formula
//! `y = x` where `x > 0`, else `slope * x`; the derivative at 0 is `slope`.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `slope` is the factor of negative values, 0.01 unless given; a negative slope turns them positive, `leaky_relu -1` is the absolute value.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 8 -> leaky_relu 0.1
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct LeakyRelu;
pub static LAYER: LeakyRelu = LeakyRelu;

static SIG: Sig = Sig {
    name: "leaky_relu",
    about: "negative values are scaled down",
    args: &[ArgSpec::optional(
        "slope",
        Kind::Number(Bounds::ANY),
        Default::Number(0.01),
        "factor of negative values",
    )],
    block: Block::None,
};

impl Layer for LeakyRelu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("LeakyReLU", "leaky_relu")]
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Homogeneous)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    /// A falling left half turns at 0.
    fn reach(&self, cx: &Reached<'_>) -> Reach {
        let (slope, input) = (cx.args.number("slope"), cx.input());
        let bent = input.through(|x| if x > 0.0 || slope == 0.0 { x.max(0.0) } else { slope * x });
        if slope >= 0.0 { bent } else { Reach { low: 0.0, high: bent.low.max(bent.high) } }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let slope = cx.args.number("slope") as f32;
        let zero = cx.b.splat(0.0, x);
        let positive = cx.b.less(zero, x);
        let low = cx.b.scale(x, slope);
        cx.b.select(positive, x, low)
    }
}
