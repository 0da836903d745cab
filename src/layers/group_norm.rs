//! Normalises the channels of each row in groups.
//!
//! # What it does
//! Brings each run of channels, over all places of a row's map, to mean 0 and variance 1, then scales and shifts every channel by a learned gain and bias. It looks
//! at one row at a time: what `batch_norm` does for maps without a need for large batches or running figures.
//!
//! # Formula
//! `y = (x - mean) / sqrt(variance + eps) * gain + bias`, mean and (biased) variance over the channels of a group and all places; gain and bias by channel.
//!
//! # Shape
//! A vector or maps, whose last axis is the channels; the result has the shape of the input. `gain` and `bias` have a number a channel; they start at one and zero and do not decay.
//!
//! # Arguments
//! `groups` is the number of groups, which must divide the channels: 1 normalises the whole row, as many as channels each channel by itself (instance
//! norm). `eps` keeps the divisor away from zero, 1e-5 unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[3, 4, 2]
//!   conv 6, 3x3 -> group_norm groups=2 -> relu
//!   flatten
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Wu and He 2018, Group normalization. Ulyanov et al. 2016, Instance normalization.

use super::{
    Across, Facts, InFile, Infer, Layer, Lower, Sought,
    conv::undivided,
    layer_norm::{EPS, declare_gain_and_bias, gain_and_bias, gain_or_bias_in_files, standardised},
};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::Ty,
    vocab::{ArgSpec, Block, Default, Kind, Sig},
};

pub struct GroupNorm;
pub static LAYER: GroupNorm = GroupNorm;

static SIG: Sig = Sig {
    name: "group_norm",
    about: "normalises the channels of each row in groups",
    args: &[
        ArgSpec::named(
            "groups",
            Kind::Count { min: 1 },
            Default::Required,
            "runs of channels that are normalised together",
        ),
        EPS,
    ],
    block: Block::None,
};

impl Layer for GroupNorm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("GroupNorm", "group_norm"), ("GroupNormalization", "group_norm")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let channels = cx.input().axes.last().map_or(1, |axis| axis.size);
        let groups = cx.args.count("groups");
        if !channels.is_multiple_of(groups) {
            let divisors: Vec<String> = (1..=channels.min(64))
                .filter(|n| channels.is_multiple_of(*n))
                .map(|n| n.to_string())
                .collect();
            let span = cx.args.span_of("groups");
            return Err(Diagnostic::error("E0301", span, undivided(channels, "channel", groups))
                .label(format!("sees {}", cx.input()))
                .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
                .help(format!("groups that divide them: {}", divisors.join(", "))));
        }
        declare_gain_and_bias(cx, vec![channels]);
        Ok(cx.input().clone())
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        gain_or_bias_in_files(sought)
    }

    fn facts(&self) -> Facts {
        Facts { normalises: Some(Across::Row), ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (x, groups) = (cx.input(), cx.args.count("groups"));
        let dims = cx.b.dims(x);
        let channels = dims[dims.len() - 1].size().unwrap_or(1);
        let places = cx.input_ty().len() / channels;
        let grouped = [Dim::Batch, Dim::Const(places), Dim::Const(groups), Dim::Const(channels / groups)];
        let grouped = cx.b.reshape(x, &grouped);
        let normal = standardised(cx.b, grouped, &[1, 3], cx.args.number("eps") as f32);
        let normal = cx.b.reshape(normal, &dims);
        gain_and_bias(cx, normal)
    }
}
