//! Exponential linear unit: negative values saturate.
//!
//! # What it does
//! Passes positive values on; negative ones approach `-alpha` smoothly, which keeps the mean of the activations near zero.
//!
//! # Formula
//! `y = x` where `x > 0`, else `alpha (exp(x) - 1)`; the derivative at 0 is `alpha`.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `alpha` is the depth of the saturation, 1 unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 8 -> elu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Clevert et al. 2016, Fast and accurate deep network learning by exponential linear units.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::{Builder, ValueId},
    model::Ty,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct Elu;
pub static LAYER: Elu = Elu;

static SIG: Sig = Sig {
    name: "elu",
    about: "negative values saturate exponentially",
    args: &[ArgSpec::named(
        "alpha",
        Kind::Number(Bounds::POSITIVE),
        Default::Number(1.0),
        "depth of the saturation",
    )],
    block: Block::None,
};

impl Layer for Elu {
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
        let alpha = cx.args.number("alpha");
        cx.input().through(|x| if x > 0.0 { x } else { alpha * x.exp_m1() })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let alpha = cx.args.number("alpha") as f32;
        let x = cx.input();
        elu(cx.b, x, alpha)
    }
}

/// `x` where `x > 0`, else `alpha (exp(x) - 1)`.
///
/// `exp(x) - 1` is written `2 t / (1 - t)` with `t = tanh(x / 2)`: exact to the last bits near zero, where the difference cancels.
/// Positive values are kept out of that branch: it would overflow, and infinity times the zero of its gradient is no number.
pub(super) fn elu(b: &mut Builder, x: ValueId, alpha: f32) -> ValueId {
    let zero = b.splat(0.0, x);
    let positive = b.less(zero, x);
    let negative = b.select(positive, zero, x);
    let half = b.scale(negative, 0.5);
    let t = b.tanh(half);
    let one = b.splat(1.0, t);
    let below = b.sub(one, t);
    let above = b.scale(t, 2.0 * alpha);
    let low = b.div(above, below);
    b.select(positive, x, low)
}
