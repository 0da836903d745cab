//! Brings each row to mean 0 and deviation 1 along axes that are named.
//!
//! # What it does
//! Takes away what all steps of a clip share: `over=time` makes each band of a spectrogram one of mean 0 and deviation 1, so that neither the loudness of a recording
//! nor the colour of its microphone is left. It learns nothing and knows no other row.
//!
//! # Formula
//! `y = (x - mean) / sqrt(variance + eps)`, mean and biased variance along `over`, of each row by itself.
//!
//! # Shape
//! Any with the named axes; the result has the shape of the input. Where rows have lengths, mean and variance over time are those of a row's own steps.
//!
//! # Arguments
//! `over` names the axes, one or a list: `time`, `freq`, `space` (time and freq, height and width), `height`, `width`, `channel`, `unit`. `eps` keeps the divisor away from
//! zero, 1e-5 unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=8, window=16ms, hop=8ms -> log
//!   standardize over=time
//!   gru 6, output=last -> dense 3
//!   output sound: class[3]
//! }
//! ```

use super::{Across, Facts, Infer, Layer, Lower, OverTime, layer_norm::EPS, layer_norm::deviation, over};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Sig},
};

pub struct Standardize;
pub static LAYER: Standardize = Standardize;

static SIG: Sig = Sig {
    name: "standardize",
    about: "brings each row to mean 0 and deviation 1 along named axes",
    args: &[ArgSpec::named("over", over::AXES, Default::Required, "axes of the mean and the deviation"), EPS],
    block: Block::None,
};

impl Layer for Standardize {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("SlidingWindowCmn", "standardize over=time"), ("cmvn", "standardize over=time")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        over::present(cx)?;
        Ok(cx.input().clone())
    }

    fn over_time(&self, args: &Args) -> OverTime {
        over::time(args)
    }

    fn facts(&self) -> Facts {
        Facts { normalises: Some(Across::Row), ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let axes: Vec<usize> = over::axes(cx.args, cx.input_ty()).into_iter().map(|axis| axis + 1).collect();
        let kept: Vec<usize> = (0..=cx.input_ty().axes.len()).filter(|axis| !axes.contains(axis)).collect();
        let eps = cx.args.number("eps") as f32;
        let x = cx.input();
        let mean = own_mean(cx, x, &axes);
        let mean = cx.b.broadcast_like(mean, x, &kept);
        let centred = cx.b.sub(x, mean);
        let squares = cx.b.square(centred);
        let variance = own_mean(cx, squares, &axes);
        let deviation = deviation(cx.b, variance, eps);
        let deviation = cx.b.broadcast_like(deviation, x, &kept);
        cx.b.div(centred, deviation)
    }
}

/// The mean of `x`, of the input's axes, along some of them: along time over a row's own steps.
fn own_mean(cx: &mut Lower<'_>, x: ValueId, axes: &[usize]) -> ValueId {
    if axes.first() != Some(&1) || cx.within().is_none() {
        return cx.b.mean(x, axes);
    }
    super::mean_pool::over_own_steps(cx, x, axes)
}
