//! A wave cut into short frames.
//!
//! # What it does
//! Makes a series of a sound: each step is a stretch of its samples, as they are, and stretches overlap where `hop` is shorter than `window`. Layers over series
//! read it, a convolution that learns its own filters for one. `spectrogram` and `mel_spectrogram` cut waves in the same way.
//!
//! # Formula
//! `y[t, i] = x[t hop - window / 2 + i]` with `pad=center`, zeros outside of the clip; `y[t, i] = x[t hop + i]` with `pad=none`.
//!
//! # Shape
//! `wave[seconds, rate=]` becomes `frames x window`, time and channel. A clip of n samples has 1 + n / hop frames, rounded down, with `pad=center`, and
//! (n - window) / hop + 1, rounded down, with `pad=none`.
//!
//! # Arguments
//! `window` and `hop` are times (`25ms`, the usual ones are 25 and 10 milliseconds) or numbers of samples. `pad` says whether frames are centred on every hop-th sample,
//! with zeros around the clip, or lie inside of it.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[20ms, rate=1kHz]
//!   frames window=8ms, hop=4ms
//!   dense 4 -> tanh -> mean_pool over=time
//!   dense 3
//!   output sound: class[3]
//! }
//! ```

use super::{
    Infer, Layer, Lower, OverTime, Reach, Reached,
    short_time::{Frames as Cut, HOP, PAD, WINDOW},
};
use crate::{
    diag::Diagnostic,
    graph::{Dim, Geometry, Slide, ValueId},
    model::{Axis, Role, Ty},
    vocab::{Args, Block, Sig},
};

pub struct Frames;
pub static LAYER: Frames = Frames;

static SIG: Sig = Sig {
    name: "frames",
    about: "a wave cut into short frames",
    args: &[WINDOW, HOP, PAD],
    block: Block::None,
};

impl Layer for Frames {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("frame", "frames"), ("unfold", "frames")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let cut = Cut::of(cx)?;
        Ok(Ty::real(vec![cut.time(cx.input()), Axis::new(Role::Channel, cut.window)]))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().hull(Reach { low: 0.0, high: 0.0 })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let cut = Cut::read(cx.args, cx.input_ty());
        let (len, before) = (cx.input_ty().axes[0].size, cut.before());
        let end = (cut.count() - 1) * cut.hop + cut.window;
        let x = cx.b.reshape(cx.input(), &[Dim::Batch, Dim::Const(len)]);
        let x = cx.own_steps(x, 0.0);
        let slide = Slide {
            axis: 1,
            len,
            size: cut.window,
            stride: cut.hop,
            dilation: 1,
            before,
            after: end.saturating_sub(before + len),
        };
        cx.b.windows(x, &Geometry { axes: vec![slide] }, 0.0)
    }
}
