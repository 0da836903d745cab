//! Normalises each row over its last axis.
//!
//! # What it does
//! Brings the numbers of the last axis to mean 0 and variance 1, then scales and shifts each by a learned gain and bias. It looks at one row
//! at a time, so batches of any size give the same result.
//!
//! # Formula
//! `y = (x - mean) / sqrt(variance + eps) * gain + bias`, mean and (biased) variance over the last axis.
//!
//! # Shape
//! Any; the result has the shape of the input. `gain` and `bias` are as long as the last axis; they start at one and zero and do not decay.
//!
//! # Arguments
//! `eps` keeps the divisor away from zero, 1e-5 unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   dense 16 -> layer_norm -> relu
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Ba et al. 2016, Layer normalization.

use super::{Across, Facts, Infer, Layer, Lower, ParamDecl};
use crate::{
    diag::Diagnostic,
    graph::{Builder, ValueId},
    model::{Init, ParamRole, Ty},
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct LayerNorm;
pub static LAYER: LayerNorm = LayerNorm;

pub(super) const EPS: ArgSpec =
    ArgSpec::named("eps", Kind::Number(Bounds::POSITIVE), Default::Number(1e-5), "added to the variance");

static SIG: Sig = Sig {
    name: "layer_norm",
    about: "normalises each row over its last axis",
    args: &[EPS],
    block: Block::None,
};

impl Layer for LayerNorm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let width = cx.input().axes.last().map_or(1, |axis| axis.size);
        declare_gain_and_bias(cx, width);
        Ok(cx.input().clone())
    }

    fn facts(&self) -> Facts {
        Facts { normalises: Some(Across::Row), ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let last = cx.input_ty().axes.len();
        let eps = cx.args.number("eps") as f32;
        let mean = cx.b.mean(x, &[last]);
        let mean = cx.b.along_first(mean, x);
        let centred = cx.b.sub(x, mean);
        let squares = cx.b.square(centred);
        let variance = cx.b.mean(squares, &[last]);
        let deviation = deviation(cx.b, variance, eps);
        let deviation = cx.b.along_first(deviation, x);
        let normal = cx.b.div(centred, deviation);
        gain_and_bias(cx, normal)
    }
}

/// Both normalisations end in `gain` and `bias`, parameters 0 and 1.
pub(super) fn declare_gain_and_bias(cx: &mut Infer<'_>, width: usize) {
    cx.param(ParamDecl::new("gain", vec![width], ParamRole::Norm, Init::Ones));
    cx.param(ParamDecl::new("bias", vec![width], ParamRole::Norm, Init::Zeros));
}

/// `normal * gain + bias`, along the last axis.
pub(super) fn gain_and_bias(cx: &mut Lower<'_>, normal: ValueId) -> ValueId {
    let (gain, bias) = (cx.param(0), cx.param(1));
    let gain = cx.b.along_last(gain, normal);
    let scaled = cx.b.mul(normal, gain);
    cx.b.add_bias(scaled, bias)
}

/// `sqrt(variance + eps)`
pub(super) fn deviation(b: &mut Builder, variance: ValueId, eps: f32) -> ValueId {
    let padded = b.offset(variance, eps);
    b.sqrt(padded)
}
