//! Normalises each row over its last axis, or over all of it.
//!
//! # What it does
//! Brings the numbers of the last axis (in maps the channels at each place) to mean 0 and variance 1, then scales and shifts each by a learned gain and bias. It looks at one row
//! at a time, so batches of any size give the same result.
//!
//! # Formula
//! `y = (x - mean) / sqrt(variance + eps) * gain + bias`, mean and (biased) variance over the last axis, or over the whole row.
//!
//! # Shape
//! Any; the result has the shape of the input. `gain` and `bias` are as long as the last axis, and have the shape of the row with `over=all`; they start at one and zero and do not decay.
//!
//! # Arguments
//! `over=channel` is the last axis, `over=all` the whole row; `channel` unless given. `eps` keeps the divisor away from zero, 1e-5 unless given.
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

use super::{Across, Facts, InFile, Infer, Layer, Library, Lower, OverTime, ParamDecl, Sought};
use crate::{
    diag::Diagnostic,
    graph::{Builder, ValueId},
    model::{Init, ParamRole, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct LayerNorm;
pub static LAYER: LayerNorm = LayerNorm;

pub(super) const EPS: ArgSpec =
    ArgSpec::named("eps", Kind::Number(Bounds::POSITIVE), Default::Number(1e-5), "added to the variance");
pub(super) const OVER: ArgSpec = ArgSpec::named(
    "over",
    Kind::Word(&["channel", "all"]),
    Default::Word("channel"),
    "the last axis, or the whole row",
);

static SIG: Sig = Sig {
    name: "layer_norm",
    about: "normalises each row over its last axis, or over all of it",
    args: &[OVER, EPS],
    block: Block::None,
};

impl Layer for LayerNorm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("LayerNorm", "layer_norm"), ("LayerNormalization", "layer_norm")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let dims = normalised(cx.args, cx.input());
        declare_gain_and_bias(cx, dims);
        Ok(cx.input().clone())
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        gain_or_bias_in_files(sought)
    }

    fn facts(&self) -> Facts {
        Facts { normalises: Some(Across::Row), ..Facts::NONE }
    }

    fn over_time(&self, args: &Args) -> OverTime {
        if args.word("over") == "all" { OverTime::Refuses } else { OverTime::PerStep }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let axes = normalised_axes(cx.args, cx.input_ty());
        let normal = standardised(cx.b, x, &axes, cx.args.number("eps") as f32);
        gain_and_bias(cx, normal)
    }
}

/// Sizes of the axes that `over` names: the last, or all.
pub(super) fn normalised(args: &Args, ty: &Ty) -> Vec<usize> {
    let sizes = ty.sizes();
    let first = if args.word("over") == "all" { 0 } else { sizes.len().saturating_sub(1) };
    sizes[first..].to_vec()
}

/// The same axes of the value with its batch.
pub(super) fn normalised_axes(args: &Args, ty: &Ty) -> Vec<usize> {
    let (all, last) = (ty.axes.len(), normalised(args, ty).len());
    (all - last + 1..=all).collect()
}

/// `(x - mean) / sqrt(variance + eps)`, mean and biased variance along these axes.
pub(super) fn standardised(b: &mut Builder, x: ValueId, axes: &[usize], eps: f32) -> ValueId {
    let kept: Vec<usize> = (0..b.dims(x).len()).filter(|axis| !axes.contains(axis)).collect();
    let mean = b.mean(x, axes);
    let mean = b.broadcast_like(mean, x, &kept);
    let centred = b.sub(x, mean);
    let squares = b.square(centred);
    let variance = b.mean(squares, axes);
    let deviation = deviation(b, variance, eps);
    let deviation = b.broadcast_like(deviation, x, &kept);
    b.div(centred, deviation)
}

/// Normalisations end in `gain` and `bias`, parameters 0 and 1.
pub(super) fn declare_gain_and_bias(cx: &mut Infer<'_>, dims: Vec<usize>) {
    cx.param(ParamDecl::new("gain", dims.clone(), ParamRole::Norm, Init::Ones));
    cx.param(ParamDecl::new("bias", dims, ParamRole::Norm, Init::Zeros));
}

/// `gain` and `bias` of a normalisation in files: PyTorch has channels first where they are of whole maps.
pub(super) fn gain_or_bias_in_files(sought: &Sought<'_>) -> Vec<InFile> {
    let names: &[&str] = match (sought.ending, sought.library) {
        ("gain", Library::Torch) => &["weight"],
        ("gain", Library::Keras) => &["gamma", "scale"],
        (_, Library::Torch) => &["bias"],
        (_, Library::Keras) => &["beta"],
    };
    let places = sought.dims.len() - 1;
    vec![match (sought.library, places) {
        (Library::Torch, 2..) => sought.turned(names, &(1..=places).chain([0]).collect::<Vec<_>>()),
        _ => sought.per_unit(names),
    }]
}

/// `normal * gain + bias`, along the last axes.
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
