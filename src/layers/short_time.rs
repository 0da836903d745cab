//! Waves cut into short frames: the arguments, the checks and the type that layers of sounds share.

use super::Infer;
use crate::{
    diag::Diagnostic,
    model::{Axis, Clock, Role, Ty},
    sound::Spectrum,
    vocab::{ArgSpec, Args, Default, Kind, Unit, Value, exactly},
};

/// `25ms`, `0.5s`, or a number of samples.
const SPAN: Kind =
    Kind::OneOf(&[Kind::Quantity(&[Unit::Milliseconds, Unit::Seconds]), Kind::Count { min: 0 }]);

pub const WINDOW: ArgSpec =
    ArgSpec::named("window", SPAN, Default::Absent, "length of a frame, 25ms unless given");
pub const HOP: ArgSpec =
    ArgSpec::named("hop", SPAN, Default::Absent, "from frame to frame, 10ms unless given");
pub const FFT: ArgSpec = ArgSpec::named(
    "fft",
    Kind::Count { min: 2 },
    Default::Absent,
    "samples that are transformed, those of the window unless given",
);
pub const POWER: ArgSpec =
    ArgSpec::named("power", Kind::Count { min: 1 }, Default::Number(2.0), "of absolute values: 1 or 2");
pub const PAD: ArgSpec = ArgSpec::named(
    "pad",
    Kind::Word(&["center", "none"]),
    Default::Word("center"),
    "whether frames are centred, zeros around the clip",
);

const WINDOW_MS: f64 = 25.0;
const HOP_MS: f64 = 10.0;

/// A window may be longer, but zeros fill it up to no more: its bins would be alike, and too many to hold.
const LONGEST_FFT: usize = 1 << 16;

/// The frames of one use of a layer over waves.
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    pub rate: u32,
    samples: usize,
    pub window: usize,
    pub hop: usize,
    pub fft: usize,
    centred: bool,
}

impl Frames {
    /// Reads the arguments and holds them against the input; what was left out is filled in.
    ///
    /// # Errors
    /// E0301 where the input is no wave, E0206 for lengths of nothing, for a window that is longer than the clip or than what is transformed, for zeros without
    /// end behind it, and for a power that is neither 1 nor 2.
    pub fn of(cx: &mut Infer<'_>) -> Result<Self, Diagnostic> {
        is_wave(cx)?;
        let milliseconds = |x: f64| Value::Quantity(x, Unit::Milliseconds);
        for (name, usual) in [("window", WINDOW_MS), ("hop", HOP_MS)] {
            cx.settle(name, milliseconds(usual));
        }
        let frames = Self::read(cx.args, cx.input());
        for (name, samples, least) in [("window", frames.window, 2), ("hop", frames.hop, 1)] {
            if samples < least {
                return Err(frames.too_short(cx, name, samples));
            }
        }
        if frames.window > frames.samples {
            return Err(frames.too_long(cx));
        }
        if frames.fft < frames.window {
            return Err(frames.cut_off(cx));
        }
        if frames.fft > frames.window.max(LONGEST_FFT) {
            return Err(frames.too_fine(cx));
        }
        match cx.args.sig.arg("power").map_or(1, |_| cx.args.count("power")) {
            1 | 2 => Ok(frames),
            other => {
                let message = format!("`power={other}` of `{}`", cx.name());
                Err(Diagnostic::error("E0206", cx.args.span_of("power"), message)
                    .label("1 for absolute values, 2 for their squares"))
            }
        }
    }

    /// Those of a use that has been checked.
    pub fn read(args: &Args, input: &Ty) -> Self {
        let steps = input.axes[0];
        let rate = steps.clock.map_or(1, |clock| clock.rate);
        let window = samples(args, "window", rate);
        let fft = args.sig.arg("fft").and_then(|_| args.opt_count("fft")).unwrap_or(window);
        let centred = args.word("pad") == "center";
        Self { rate, samples: steps.size, window, hop: samples(args, "hop", rate), fft, centred }
    }

    /// How many there are of the longest clip.
    pub fn count(&self) -> usize {
        if self.centred { 1 + self.samples / self.hop } else { (self.samples - self.window) / self.hop + 1 }
    }

    /// Samples of the first frame that lie in front of the clip.
    pub fn before(&self) -> usize {
        // The window lies in the middle of what is transformed, and the middle of that on the first sample.
        if self.centred { self.fft / 2 - (self.fft - self.window) / 2 } else { 0 }
    }

    /// The axis of frames: a frame is a clip's own where its middle lies in the clip or at its end; without a border, where all of it does.
    pub fn time(&self, input: &Ty) -> Axis {
        let steps = input.axes[0];
        let reach = if self.centred { -1 } else { self.window as isize - 1 };
        Axis {
            size: self.count(),
            ragged: steps.ragged.map(|ragged| ragged.windowed(self.hop, reach)),
            clock: steps.clock.map(|clock| clock.windowed(self.hop)),
            ..steps
        }
    }

    /// Their spectra.
    pub fn spectrum(&self, args: &Args) -> Spectrum {
        Spectrum {
            samples: self.samples,
            window: self.window,
            hop: self.hop,
            fft: self.fft,
            before: self.before(),
            frames: self.count(),
            squared: args.count("power") == 2,
        }
    }

    fn too_short(&self, cx: &Infer<'_>, name: &'static str, samples: usize) -> Diagnostic {
        let (least, usual) = if name == "hop" { (1, HOP_MS) } else { (2, WINDOW_MS) };
        let many = if samples == 1 { "1 sample".into() } else { format!("{samples} samples") };
        let message = format!("`{name}` of `{}` is {many} at {} Hz", cx.name(), self.rate);
        let least = if least == 1 { "at least one sample" } else { "at least two samples" };
        Diagnostic::error("E0206", cx.args.span_of(name), message)
            .label(least)
            .help(format!("{usual} milliseconds are usual: `{name}={usual}ms`"))
    }

    fn too_long(&self, cx: &Infer<'_>) -> Diagnostic {
        let (window, samples) = (self.window, self.samples);
        let message = format!("a window of {window} samples on clips of {samples}");
        let all = (samples as f64 * 1e3 / f64::from(self.rate)).floor();
        let shorter = match all >= 1.0 && samples >= 2 {
            true => format!("declare longer clips, or take a shorter window: at most `{}ms`", exactly(all)),
            false => "declare longer clips".to_owned(),
        };
        Diagnostic::error("E0206", cx.args.span_of("window"), message)
            .label("is longer than the clip")
            .also(
                cx.inputs[0].span,
                format!("{} has {samples} samples, {} a second", cx.inputs[0].name, self.rate),
            )
            .help(shorter)
    }

    fn too_fine(&self, cx: &Infer<'_>) -> Diagnostic {
        let message = format!("`fft={}` for a window of {} samples", self.fft, self.window);
        Diagnostic::error("E0206", cx.args.span_of("fft"), message)
            .label(format!("at most {LONGEST_FFT}"))
            .help("zeros show nothing that the window does not hold; a longer `window` does")
    }

    fn cut_off(&self, cx: &Infer<'_>) -> Diagnostic {
        let message = format!("`fft={}` for a window of {} samples", self.fft, self.window);
        Diagnostic::error("E0206", cx.args.span_of("fft"), message).label("would cut the window off").help(
            format!("zeros fill a window up, never the other way round: at least `fft={}`", self.window),
        )
    }
}

/// How many samples an argument says.
fn samples(args: &Args, name: &str, rate: u32) -> usize {
    steps(args, name, Clock { rate, hop: 1 }).unwrap_or(0.0).round() as usize
}

/// How many steps an argument says, of a time or of a number of them; none where it is left out.
pub fn steps(args: &Args, name: &str, clock: Clock) -> Option<f64> {
    match args.value(name)? {
        Value::Quantity(x, unit) => {
            let milliseconds = unit.convert(*x, Unit::Milliseconds).unwrap_or(0.0);
            Some(milliseconds * f64::from(clock.rate) / (1e3 * clock.hop as f64))
        }
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

/// The input is a sound as a net takes it: samples of one channel.
fn is_wave(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    match cx.input().axes[..] {
        [Axis { role: Role::Time, clock: Some(Clock { hop: 1, .. }), .. }, Axis { size: 1, .. }] => Ok(()),
        _ => Err(cx
            .mismatch(format!("`{}` reads the samples of a sound, found {}", cx.name(), cx.input()))
            .help("declare the input as one: `input clip: wave[5s, rate=16kHz]`")),
    }
}
