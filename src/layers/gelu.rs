//! Gaussian error linear unit: each value is weighed by its rank in a normal distribution.
//!
//! # What it does
//! A smooth rectifier: large values pass, large negative ones vanish, and a shallow dip lies between.
//!
//! # Formula
//! `y = x/2 (1 + erf(x / sqrt(2)))`; with `kind=tanh` `y = x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `kind=exact` (default) or `kind=tanh`, the approximation that many published weights were trained with.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 8 -> gelu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Hendrycks and Gimpel 2016, Gaussian error linear units.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::{Builder, ValueId},
    model::Ty,
    vocab::{ArgSpec, Block, Default, Kind, Sig},
};

pub struct Gelu;
pub static LAYER: Gelu = Gelu;

static SIG: Sig = Sig {
    name: "gelu",
    about: "weighs each value by the normal distribution",
    args: &[ArgSpec::named(
        "kind",
        Kind::Word(&["exact", "tanh"]),
        Default::Word("exact"),
        "exact, or the approximation by tanh",
    )],
    block: Block::None,
};

impl Layer for Gelu {
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
        cx.input().dips_to(-0.169_971_2)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        match cx.args.word("kind") {
            "tanh" => {
                let shape = tanh_form(cx.b, x);
                weighed(cx.b, x, shape)
            }
            _ => gelu(cx.b, x),
        }
    }
}

/// `x / 2 (1 + erf(x / sqrt(2)))`
pub(super) fn gelu(b: &mut Builder, x: ValueId) -> ValueId {
    let scaled = b.scale(x, std::f32::consts::FRAC_1_SQRT_2);
    let shape = b.erf(scaled);
    weighed(b, x, shape)
}

/// `x / 2 (1 + shape)`
fn weighed(b: &mut Builder, x: ValueId, shape: ValueId) -> ValueId {
    let weight = b.offset(shape, 1.0);
    let half = b.scale(x, 0.5);
    b.mul(half, weight)
}

/// `tanh(sqrt(2 / pi) (x + 0.044715 x^3))`
fn tanh_form(b: &mut Builder, x: ValueId) -> ValueId {
    const SQRT_2_OVER_PI: f32 = 0.797_884_6;
    let square = b.square(x);
    let bend = b.scale(square, 0.044_715);
    let bend = b.offset(bend, 1.0);
    let cubic = b.mul(x, bend);
    let argument = b.scale(cubic, SQRT_2_OVER_PI);
    b.tanh(argument)
}
