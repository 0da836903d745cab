//! How strong each frequency of a sound is, from moment to moment.
//!
//! # What it does
//! Cuts a wave into short frames, multiplies each by Hann's window and transforms it by Fourier: a picture of the sound, time in one direction and frequency in
//! the other. It is computed in the compiled net, so a trained net reads samples; where nothing before it changes from epoch to epoch, once over the data.
//!
//! # Formula
//! `y[t, k] = |sum over i of x[t hop - window / 2 + i] w[i] exp(-2 pi sqrt(-1) k i / fft)|^power`, `w[i] = (1 - cos(2 pi i / window)) / 2`; with `pad=none` frames begin at
//! `t hop`. Bin k is the frequency `k rate / fft`.
//!
//! # Shape
//! `wave[seconds, rate=]` becomes `frames x bins`, time and freq, with `fft / 2 + 1` bins. A clip of n samples has 1 + n / hop frames, rounded down, with
//! `pad=center`, and (n - window) / hop + 1, rounded down, with `pad=none`. Layers with two sizes (`conv 8, 3x3`, `max_pool 2x2`), `batch_norm` and `share=space` see a map of
//! one channel; layers over series (`lstm`, `attention`, `conv 8, 3`) see the bins as channels.
//!
//! # Arguments
//! `window` and `hop` are times (`25ms`, the usual ones are 25 and 10 milliseconds) or numbers of samples. `fft` is how many samples are transformed: zeros fill a
//! window up to them, none unless given. `power=1` gives absolute values, 2 their squares. `pad` says whether frames are centred on every hop-th sample, with zeros
//! around the clip, or lie inside of it.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=1kHz]
//!   spectrogram window=16ms, hop=8ms, power=1
//!   conv 4, 3x3 -> relu -> mean_pool over=[time, freq]
//!   dense 3
//!   output sound: class[3]
//! }
//! ```

use super::{
    Infer, Layer, Lower, OverTime, Reach, Reached,
    short_time::{FFT, Frames, HOP, PAD, POWER, WINDOW},
};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Axis, Node, NodeKind, Role, Ty},
    vocab::{Args, Block, Sig},
};

pub struct Spectrogram;
pub static LAYER: Spectrogram = Spectrogram;

static SIG: Sig = Sig {
    name: "spectrogram",
    about: "how strong each frequency of a sound is, from moment to moment",
    args: &[WINDOW, HOP, FFT, POWER, PAD],
    block: Block::None,
};

/// The spectra of the frames, `[Batch, frames, bins]`.
pub(super) fn spectra(cx: &mut Lower<'_>) -> ValueId {
    let form = Frames::read(cx.args, cx.input_ty()).spectrum(cx.args);
    let wave = cx.b.reshape(cx.input(), &[Dim::Batch, Dim::Const(form.samples)]);
    let wave = cx.own_steps(wave, 0.0);
    cx.b.spectra(wave, form)
}

/// Multiply-adds of the transforms of a clip.
pub(super) fn transforms(args: &Args, input: &Ty) -> usize {
    let form = Frames::read(args, input).spectrum(args);
    form.frames.saturating_mul(form.frame_cost())
}

/// What powers can be.
pub(super) const POWERS: Reach = Reach { low: 0.0, high: f64::INFINITY };

impl Layer for Spectrogram {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("stft", "spectrogram"), ("ShortTimeFourierTransform", "spectrogram")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let frames = Frames::of(cx)?;
        Ok(Ty::real(vec![frames.time(cx.input()), Axis::new(Role::Freq, frames.fft / 2 + 1)]))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn reach(&self, _cx: &Reached<'_>) -> Reach {
        POWERS
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        spectra(cx)
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        transforms(&used.args, inputs[0])
    }
}
