//! How fast each number changes from step to step.
//!
//! # What it does
//! Replaces a value over time by its slope: that of the line which fits the steps of a window best. Beside the value itself
//! (`concat { branch { identity } branch { delta } }`) it tells a steady sound from one that rises; twice in a row it is the acceleration.
//!
//! # Formula
//! `y[t] = sum over n of n (x[t + n] - x[t - n]) / (2 sum over n of n^2)`, n from 1 to (width - 1) / 2. In front of the first step stands the first one again,
//! behind a row's last step that one.
//!
//! # Shape
//! Steps of numbers, `time x freq` or `time x channel`; the result has the shape of the input, and the lengths of its rows.
//!
//! # Arguments
//! `width` is the number of steps that a line is fitted to, an odd one of 3 or more, 9 unless given (`librosa.feature.delta` with `mode="nearest"`; torchaudio's `compute_deltas` has 5).
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=8, window=16ms, hop=8ms -> log
//!   concat {
//!     branch { identity }
//!     branch { delta width=5 }
//!   }
//!   mean_pool over=time -> dense 3
//!   output sound: class[3]
//! }
//! ```
//!
//! # Papers
//! Furui 1986, Speaker-independent isolated word recognition using dynamic features of speech spectrum.

use super::{Infer, Layer, Lower, OverTime};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Axis, Role, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Delta;
pub static LAYER: Delta = Delta;

static SIG: Sig = Sig {
    name: "delta",
    about: "how fast each number changes from step to step",
    args: &[ArgSpec::named(
        "width",
        Kind::Count { min: 3 },
        Default::Number(9.0),
        "steps that a line is fitted to, an odd number",
    )],
    block: Block::None,
};

impl Layer for Delta {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("ComputeDeltas", "delta"), ("compute_deltas", "delta")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let [Axis { role: Role::Time, size: steps, .. }, _] = cx.input().axes[..] else {
            return Err(cx
                .mismatch(format!("`delta` reads steps of numbers, found {}", cx.input()))
                .help("put it behind a spectrogram or a series"));
        };
        let width = cx.args.count("width");
        if width.is_multiple_of(2) {
            let span = cx.args.span_of("width");
            return Err(Diagnostic::error(
                "E0206",
                span,
                format!("`delta` over {width} steps has no middle"),
            )
            .label("an odd number")
            .fix("take one more", span, (width + 1).to_string()));
        }
        // A line that reaches over all of a row from each of its steps; short rows have the usual one nevertheless.
        let most = (2 * steps + 1).max(9);
        if width > most {
            let message = format!("`delta` over {width} steps of rows of up to {steps}");
            return Err(Diagnostic::error("E0206", cx.args.span_of("width"), message)
                .label("reaches beyond both ends from everywhere")
                .help(format!("5 or 9 are usual; at most `width={most}` here")));
        }
        Ok(cx.input().clone())
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (reach, steps) = (cx.args.count("width") / 2, cx.input_ty().axes[0].size);
        let longer = held_at_ends(cx, reach);
        let squares: usize = (1..=reach).map(|n| n * n).sum();
        let mut slope = None;
        for n in 1..=reach {
            let (ahead, behind) =
                (cx.b.slice(longer, 1, reach + n, steps), cx.b.slice(longer, 1, reach - n, steps));
            let rise = cx.b.sub(ahead, behind);
            let share = cx.b.scale(rise, (n as f64 / (2 * squares) as f64) as f32);
            slope = Some(slope.map_or(share, |slope| cx.b.add(slope, share)));
        }
        slope.unwrap_or(longer)
    }
}

/// The value with the first step `reach` times more in front, and the last of each row everywhere behind its end.
fn held_at_ends(cx: &mut Lower<'_>, reach: usize) -> ValueId {
    let x = cx.input();
    let (steps, width) = (cx.input_ty().axes[0].size, cx.input_ty().axes[1].size);
    let repeated = [Dim::Batch, Dim::Const(reach), Dim::Const(width)];
    let first = cx.b.slice(x, 1, 0, 1);
    let first = cx.b.reshape(first, &[Dim::Batch, Dim::Const(width)]);
    let first = cx.b.broadcast(first, &repeated, &[0, 2]);
    let last = last_own(cx, steps, width);
    let x = match cx.within() {
        None => x,
        Some(within) => {
            let within = cx.b.broadcast_like(within, x, &[0, 1]);
            let (zero, last) = (cx.b.splat(0.0, x), cx.b.broadcast_like(last, x, &[0, 2]));
            let own = cx.b.less(zero, within);
            cx.b.select(own, x, last)
        }
    };
    let last = cx.b.broadcast(last, &repeated, &[0, 2]);
    cx.b.concat(&[first, x, last], 1)
}

/// The last step of each row, `[Batch, width]`.
fn last_own(cx: &mut Lower<'_>, steps: usize, width: usize) -> ValueId {
    let x = cx.input();
    let Some(within) = cx.within() else {
        let last = cx.b.slice(x, 1, steps - 1, 1);
        return cx.b.reshape(last, &[Dim::Batch, Dim::Const(width)]);
    };
    // 1 where a step is a row's own and the next one is not.
    let is_last = match steps {
        1 => within,
        _ => {
            let next = cx.b.slice(within, 1, 1, steps - 1);
            let next = cx.b.zeros_around(next, 1, 0, 1);
            cx.b.sub(within, next)
        }
    };
    let is_last = cx.b.broadcast_like(is_last, x, &[0, 1]);
    let (zero, nothing) = (cx.b.splat(0.0, x), cx.b.splat(0.0, x));
    let is_last = cx.b.less(zero, is_last);
    let last = cx.b.select(is_last, x, nothing);
    cx.b.sum(last, &[1])
}
