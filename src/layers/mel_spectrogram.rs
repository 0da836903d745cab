//! How strong a sound is in bands that are heard as equally wide, from moment to moment.
//!
//! # What it does
//! Adds up the bins of a `spectrogram` by triangular filters whose corners are evenly spaced on a mel scale: narrow for low frequencies, wide for high ones, as the
//! ear has them. With `log` behind it, it is what most nets for sounds read. It is computed in the compiled net, so a trained net reads samples; where nothing
//! before it changes from epoch to epoch, once over the data.
//!
//! # Formula
//! `y[t, b] = sum over bins k of s[t, k] max(0, min((f - c[b]) / (c[b + 1] - c[b]), (c[b + 2] - f) / (c[b + 2] - c[b + 1])))`, `s` the spectrogram, `f = k rate / fft`,
//! `c` corners evenly spaced in mels over `range`. `scale=htk`: `2595 log10(1 + f / 700)` mels; `scale=slaney`: linear below 1 kHz, 200 / 3 Hz a mel, logarithmic above,
//! 27 mels to a factor of 6.4. `norm=slaney` multiplies each filter by `2 / (c[b + 2] - c[b])`, so that all have the same area.
//!
//! # Shape
//! `wave[seconds, rate=]` becomes `frames x bands`, time and freq. A clip of n samples has 1 + n / hop frames, rounded down, with `pad=center`, and
//! (n - window) / hop + 1, rounded down, with `pad=none`. Layers with two sizes (`conv 8, 3x3`, `max_pool 2x2`), `batch_norm` and `share=space` see a map of one channel; layers
//! over series (`lstm`, `attention`, `conv 8, 3`) see the bands as channels.
//!
//! # Arguments
//! `bands` is the number of filters, 64 unless given: one that holds no bin of the spectrum is an error, since it would be silent whatever is heard. `window` and `hop`
//! are times (`25ms`, the usual ones are 25 and 10 milliseconds) or numbers of samples. `range` is where filters begin and end, all up to half the rate unless given. `fft` is how many samples
//! are transformed: zeros fill a window up to them, none unless given. `power=1` adds up absolute values, 2 their squares. `pad` says whether frames are centred on every hop-th
//! sample, with zeros around the clip, or lie inside of it. `librosa.feature.melspectrogram` is `scale=slaney, norm=slaney`; torchaudio's has reflections of the clip where here
//! are zeros.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=12, window=16ms, hop=8ms, range=100Hz..2kHz, scale=slaney, norm=slaney
//!   log -> lstm 8, output=last
//!   dense 3
//!   output sound: class[3]
//! }
//! ```
//!
//! # Papers
//! Davis and Mermelstein 1980, Comparison of parametric representations for monosyllabic word recognition.

use super::{
    Infer, Layer, Lower, OverTime, Reach, Reached,
    short_time::{FFT, Frames, HOP, PAD, POWER, WINDOW},
    spectrogram::{POWERS, spectra, transforms},
};
use crate::{
    diag::Diagnostic,
    graph::{Table, ValueId},
    model::{Axis, Node, NodeKind, Role, Ty},
    sound::{MelBank, Scale},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit, Value, exactly},
};

pub struct MelSpectrogram;
pub static LAYER: MelSpectrogram = MelSpectrogram;

static SIG: Sig = Sig {
    name: "mel_spectrogram",
    about: "how strong a sound is in bands that are heard as equally wide",
    args: &[
        ArgSpec::named("bands", Kind::Count { min: 1 }, Default::Number(64.0), "number of filters"),
        WINDOW,
        HOP,
        ArgSpec::named(
            "range",
            Kind::Interval { unit: Some(Unit::Hertz), bounds: Bounds::NON_NEGATIVE, both_ways: false },
            Default::Absent,
            "where filters begin and end, all frequencies unless given",
        ),
        ArgSpec::named("scale", Kind::Word(&["htk", "slaney"]), Default::Word("htk"), "what a mel is"),
        ArgSpec::named(
            "norm",
            Kind::Word(&["none", "slaney"]),
            Default::Word("none"),
            "whether filters have one area instead of one height",
        ),
        FFT,
        POWER,
        PAD,
    ],
    block: Block::None,
};

impl Layer for MelSpectrogram {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("MelSpectrogram", "mel_spectrogram"), ("melspectrogram", "mel_spectrogram")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let frames = Frames::of(cx)?;
        let half = f64::from(frames.rate) / 2.0;
        cx.settle("range", Value::UnitSpan(0.0, half, Unit::Hertz));
        in_range(cx, half)?;
        let bank = bank(cx.args, &frames);
        if bank.empty().next().is_some() {
            return Err(crowded(cx, &bank));
        }
        Ok(Ty::real(vec![frames.time(cx.input()), Axis::new(Role::Freq, bank.bands)]))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn reach(&self, _cx: &Reached<'_>) -> Reach {
        POWERS
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let bank = bank(cx.args, &Frames::read(cx.args, cx.input_ty()));
        let spectra = spectra(cx);
        let bank = cx.b.table(Table::Mel(bank));
        cx.b.contract(spectra, bank, &[], &[(2, 0)])
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        let bins = Frames::read(&used.args, inputs[0]).fft / 2 + 1;
        transforms(&used.args, inputs[0]) + node.ty.len() * bins
    }
}

/// The filters of a use.
fn bank(args: &Args, frames: &Frames) -> MelBank {
    let (low, high) = args.range("range");
    let scale = if args.word("scale") == "htk" { Scale::Htk } else { Scale::Slaney };
    let area = args.word("norm") == "slaney";
    MelBank { rate: frames.rate, fft: frames.fft, bands: args.count("bands"), low, high, scale, area }
}

/// Filters lie below half the rate, on more than one frequency.
fn in_range(cx: &Infer<'_>, half: f64) -> Result<(), Diagnostic> {
    let (low, high) = cx.args.range("range");
    let span = cx.args.span_of("range");
    let shown = |hz: f64| format!("{}Hz", exactly(hz));
    if high > half {
        let message = format!("`range` of `{}` ends at {}", cx.name(), shown(high));
        let error = Diagnostic::error("E0206", span, message)
            .label(format!(
                "a sound of {} samples a second has no frequency above {}",
                exactly(2.0 * half),
                shown(half)
            ))
            .also(cx.inputs[0].span, format!("the rate is that of {}", cx.inputs[0].name));
        return Err(match low < half {
            true => error.fix("end at half the rate", span, format!("{}..{}", shown(low), shown(half))),
            false => error.help("take a lower range, or sounds of a higher rate"),
        });
    }
    if low >= high {
        return Err(Diagnostic::error("E0206", span, format!("`range` of `{}` is one frequency", cx.name()))
            .label("filters need room")
            .help(format!("such as `range=50Hz..{}`", shown(half))));
    }
    Ok(())
}

/// Filters that hold no bin would be silent whatever is heard.
fn crowded(cx: &Infer<'_>, bank: &MelBank) -> Diagnostic {
    let most = bank.most();
    // Of absurdly many bands, those that hold a bin are the fewest.
    let silent = match bank.bands <= 4 * bank.bins() {
        true => bank.empty().count(),
        false => bank.bands - 2 * bank.bins(),
    };
    let least = if bank.bands <= 4 * bank.bins() { "" } else { "at least " };
    let holds = if silent == 1 { "filter holds no bin" } else { "filters hold no bin" };
    let message =
        format!("{least}{silent} {holds} of the spectrum: {} bands over {} bins", bank.bands, bank.bins());
    let wider = "a longer `window` (or `fft`) has finer bins";
    let error = Diagnostic::error("E0206", cx.args.span_of("bands"), message)
        .label("would be silent whatever is heard");
    match most {
        Some(most) => error.help(format!("at most `bands={most}` here; {wider}")),
        None => error.help(wider),
    }
}
