//! Cepstral coefficients: the shape of a spectrum in a few numbers.
//!
//! # What it does
//! Transforms the logarithms of the bands of each frame by cosines and keeps the first coefficients: the first is the loudness, the next ones are the
//! outline of the spectrum, and what is left out is its fine structure, the pitch of a voice for one.
//!
//! # Formula
//! `y[t, k] = s[k] sum over bands b of x[t, b] cos(pi k (2 b + 1) / (2 B))`, `s[0] = sqrt(1 / B)` and `s[k] = sqrt(2 / B)`: the orthonormal cosine transform of the second kind.
//!
//! # Shape
//! `frames x bands` becomes `frames x count`, time and freq.
//!
//! # Arguments
//! `count` is the number of coefficients, 13 unless given; there are at most as many as bands. What it reads is the logarithm of a mel spectrogram, so it stands behind
//! `mel_spectrogram -> log`. `librosa.feature.mfcc` takes decibels of at most 80 below the loudest: 4.34 times larger, and cut off.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=12, window=16ms, hop=8ms -> log -> mfcc 5
//!   gru 6, output=last -> dense 3
//!   output sound: class[3]
//! }
//! ```
//!
//! # Papers
//! Davis and Mermelstein 1980, Comparison of parametric representations for monosyllabic word recognition.

use super::{Infer, Layer, Lower, OverTime};
use crate::{
    diag::Diagnostic,
    graph::{Table, ValueId},
    model::{Axis, Node, NodeKind, Role, Ty},
    sound::Cosines,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Mfcc;
pub static LAYER: Mfcc = Mfcc;

static SIG: Sig = Sig {
    name: "mfcc",
    about: "cepstral coefficients of the logarithms of bands",
    args: &[ArgSpec::optional(
        "count",
        Kind::Count { min: 1 },
        Default::Number(13.0),
        "number of coefficients",
    )],
    block: Block::None,
};

impl Layer for Mfcc {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let [time, Axis { role: Role::Freq, size: bands, .. }] = cx.input().axes[..] else {
            return Err(cx
                .mismatch(format!("`mfcc` reads the logarithms of bands, found {}", cx.input()))
                .help("put a spectrogram before it: `mel_spectrogram -> log -> mfcc`"));
        };
        let count = cx.args.count("count");
        if count > bands {
            let message = format!("`mfcc` of {count} coefficients from {bands} bands");
            return Err(Diagnostic::error("E0206", cx.args.span_of("count"), message)
                .label(format!("there are {bands}"))
                .also(cx.inputs[0].span, format!("the bands come from {}", cx.inputs[0].name))
                .help("13 of 40 bands or more are usual"));
        }
        Ok(Ty::real(vec![time, Axis::new(Role::Freq, count)]))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let bands = cx.input_ty().axes[1].size;
        let cosines = cx.b.table(Table::Cosines(Cosines { bands, kept: cx.args.count("count") }));
        cx.b.contract(cx.input(), cosines, &[], &[(2, 0)])
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        inputs[0].len() * used.args.count("count")
    }
}
