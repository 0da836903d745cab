//! Scaled exponential linear unit: activations normalise themselves.
//!
//! # What it does
//! An `elu` whose two constants are chosen so that layers with `init=lecun_normal` keep mean 0 and variance 1 from layer to layer.
//! The dropout that keeps both is `dropout p, kind=alpha`.
//!
//! # Formula
//! `y = lambda x` where `x > 0`, else `lambda alpha (exp(x) - 1)`, with `lambda = 1.0507009873554805` and `alpha = 1.6732632423543772`.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 16, init=lecun_normal -> selu -> dropout 0.05, kind=alpha
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Klambauer et al. 2017, Self-normalizing neural networks.

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise, elu::elu};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Block, Sig},
};

/// Fixed point of mean 0 and variance 1, equation 14 of the paper.
const ALPHA: f32 = 1.673_263_2;
const LAMBDA: f32 = 1.050_701;

pub struct Selu;
pub static LAYER: Selu = Selu;

static SIG: Sig = Sig { name: "selu", about: "self-normalising unit", args: &[], block: Block::None };

impl Layer for Selu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn facts(&self) -> Facts {
        Facts { self_normalising: true, ..Facts::unitwise(Unitwise::Other) }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        let (alpha, lambda) = (f64::from(ALPHA), f64::from(LAMBDA));
        cx.input().through(|x| lambda * if x > 0.0 { x } else { alpha * x.exp_m1() })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let y = elu(cx.b, x, ALPHA);
        cx.b.scale(y, LAMBDA)
    }
}
