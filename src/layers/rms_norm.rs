//! Divides each row by its root mean square.
//!
//! # What it does
//! Brings the numbers of the last axis (in maps the channels at each place) to a mean square of 1, then scales each by a learned gain. It is `layer_norm` without the mean and the bias,
//! at half its price.
//!
//! # Formula
//! `y = x / sqrt(mean of x^2 + eps) * gain`, the mean over the last axis, or over the whole row.
//!
//! # Shape
//! Any; the result has the shape of the input. `gain` is as long as the last axis, and has the shape of the row with `over=all`; it starts at one and does not decay.
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
//!   input image: real[3, 4, 2]
//!   conv 4, 3x3 -> rms_norm -> relu
//!   flatten -> dense 8 -> rms_norm over=all
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Zhang and Sennrich 2019, Root mean square layer normalization.

use super::{
    Across, Facts, InFile, Infer, Layer, Lower, OverTime, ParamDecl, Sought,
    layer_norm::{EPS, OVER, deviation, gain_or_bias_in_files, normalised, normalised_axes},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Init, ParamRole, Ty},
    vocab::{Args, Block, Sig},
};

pub struct RmsNorm;
pub static LAYER: RmsNorm = RmsNorm;

static SIG: Sig = Sig {
    name: "rms_norm",
    about: "divides each row by its root mean square",
    args: &[OVER, EPS],
    block: Block::None,
};

impl Layer for RmsNorm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("RMSNorm", "rms_norm"), ("RMSNormalization", "rms_norm")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let dims = normalised(cx.args, cx.input());
        cx.param(ParamDecl::new("gain", dims, ParamRole::Norm, Init::Ones));
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
        let kept: Vec<usize> = (0..cx.b.dims(x).len()).filter(|axis| !axes.contains(axis)).collect();
        let squares = cx.b.square(x);
        let mean = cx.b.mean(squares, &axes);
        let root = deviation(cx.b, mean, cx.args.number("eps") as f32);
        let root = cx.b.broadcast_like(root, x, &kept);
        let normal = cx.b.div(x, root);
        let gain = cx.b.along_last(cx.param(0), normal);
        cx.b.mul(normal, gain)
    }
}
