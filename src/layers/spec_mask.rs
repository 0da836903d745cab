//! Hides stretches of time and bands of frequency of a spectrogram while training (SpecAugment).
//!
//! # What it does
//! In training each row loses a few stretches of its steps and a few runs of its bands, drawn anew in every epoch, so that no net can live by one of them. What is hidden
//! is filled with the clip's mean, which says nothing; zeros would be loud in a spectrogram of logarithms. It corrupts an input and is no dropout of weights or units:
//! it is off in evaluation and in Monte-Carlo prediction, and never among the coins that are counted.
//!
//! # Formula
//! Of each of `count` masks in time: a width `floor(u min(time, limit L))` of the L steps that are the row's own, from a first step that is uniform over those where it fits; `u` is uniform in
//! [0, 1), so widths go up to, not including, the given one. Masks of bands likewise, from all bands. Masked numbers become the mean of the row's own.
//!
//! # Shape
//! Steps of bands, `time x freq`, with channels behind them or not; the result has the shape of the input.
//!
//! # Arguments
//! `time` is a time (`200ms`) or a number of steps, `freq` a number of bands: one of them at least. `count` is how many masks there are of each, one unless given; they may overlap.
//! `limit` is the largest share of a row's own steps that one mask takes, all unless given: short clips lose less.
//!
//! # Train and eval
//! Training masks; evaluation and Monte-Carlo prediction pass the input on.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=8, window=8ms, hop=4ms -> log
//!   spec_mask time=16ms, freq=3, count=2, limit=50%
//!   gru 6, output=last -> dense 3
//!   output sound: class[3]
//! }
//! ```
//!
//! # Papers
//! Park et al. 2019, SpecAugment: A simple data augmentation method for automatic speech recognition.

use super::{Facts, Infer, Layer, Lower, OverTime, Reach, Reached, mean_pool, short_time};
use crate::{
    diag::Diagnostic,
    graph::{Address, Dim, Mode, Table, ValueId},
    model::{Axis, Clock, Role, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit, Value, exactly},
};

pub struct SpecMask;
pub static LAYER: SpecMask = SpecMask;

const SHARE: Bounds = Bounds { low: 0.0, high: 1.0, open_low: true, open_high: false };

static SIG: Sig = Sig {
    name: "spec_mask",
    about: "hides stretches of time and bands of frequency while training",
    args: &[
        ArgSpec::named(
            "time",
            Kind::OneOf(&[Kind::Quantity(&[Unit::Milliseconds, Unit::Seconds]), Kind::Count { min: 2 }]),
            Default::Absent,
            "stretches are shorter than this, a time or a number of steps",
        ),
        ArgSpec::named(
            "freq",
            Kind::Count { min: 2 },
            Default::Absent,
            "runs of bands are shorter than this",
        ),
        ArgSpec::named("count", Kind::Count { min: 1 }, Default::Number(1.0), "masks of each kind"),
        ArgSpec::named(
            "limit",
            Kind::Number(SHARE),
            Default::Number(1.0),
            "largest share of a row's own steps that a mask takes",
        ),
    ],
    block: Block::None,
};

impl Layer for SpecMask {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("FrequencyMasking", "spec_mask freq="),
            ("SpecAugment", "spec_mask"),
            ("SpecFrequencyMask", "spec_mask freq="),
            ("TimeMasking", "spec_mask time="),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let [Axis { role: Role::Time, size: steps, clock, .. }, _, ..] = cx.input().axes[..] else {
            return Err(cx
                .mismatch(format!("`spec_mask` hides stretches of time, found {}", cx.input()))
                .help(
                    "put it behind a spectrogram: `mel_spectrogram -> log -> spec_mask time=200ms, freq=8`",
                ));
        };
        if !cx.args.is_written("time") && !cx.args.is_written("freq") {
            return Err(Diagnostic::error("E0201", cx.args.span, "`spec_mask` needs `time` or `freq`")
                .label("would hide nothing")
                .help("such as `spec_mask time=200ms, freq=8, count=2`"));
        }
        check_time(cx, steps, clock)?;
        check_freq(cx)?;
        Ok(cx.input().clone())
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        if cx.mode != Mode::Train {
            return cx.input();
        }
        let x = cx.input();
        let hits = [along_time(cx), along_freq(cx)];
        let hit = hits.into_iter().flatten().reduce(|a, b| cx.b.max(a, b));
        let Some(hit) = hit else { return x };
        let axes: Vec<usize> = (1..=cx.input_ty().axes.len()).collect();
        let mean = match cx.within() {
            None => cx.b.mean(x, &axes),
            Some(_) => mean_pool::over_own_steps(cx, x, &axes),
        };
        let mean = cx.b.detach(mean);
        let mean = cx.b.broadcast_like(mean, x, &[0]);
        let zero = cx.b.splat(0.0, x);
        let hit = cx.b.less(zero, hit);
        cx.b.select(hit, mean, x)
    }
}

/// Where masks in time are 1, in the dimensions of the input.
fn along_time(cx: &mut Lower<'_>) -> Option<ValueId> {
    let steps = cx.input_ty().axes[0];
    let widest = widest(cx.args, steps.clock)?;
    let own = match cx.within() {
        Some(within) => cx.b.sum(within, &[1]),
        None => {
            let all = cx.b.constant(steps.size as f32);
            cx.b.broadcast(all, &[Dim::Batch], &[])
        }
    };
    let most = cx.b.scale(own, cx.args.number("limit") as f32);
    let given = cx.b.splat(widest as f32, own);
    let bound = cx.b.min(given, most);
    let form = Along { axis: 1, places: steps.size, own, bound, widest: widest.ceil() as usize };
    Some(form.hits(cx, "time"))
}

/// The same of masks of bands.
fn along_freq(cx: &mut Lower<'_>) -> Option<ValueId> {
    let widest = cx.args.opt_count("freq")?;
    let bands = cx.input_ty().axes[1].size;
    let [own, bound] = [bands, widest].map(|n| {
        let n = cx.b.constant(n as f32);
        cx.b.broadcast(n, &[Dim::Batch], &[])
    });
    Some(Along { axis: 2, places: bands, own, bound, widest }.hits(cx, "freq"))
}

/// Masks along one axis of the value with its batch.
struct Along {
    axis: usize,
    places: usize,
    /// How many places are a row's own, `[Batch]`, and what widths stay below.
    own: ValueId,
    bound: ValueId,
    /// No bound is larger.
    widest: usize,
}

impl Along {
    /// 1 where one of the masks lies, 0 elsewhere, in the dimensions of the input.
    fn hits(&self, cx: &mut Lower<'_>, name: &str) -> ValueId {
        let count = cx.args.count("count");
        let uniform = uniform(cx, name, 2 * count);
        let masks: Vec<ValueId> = (0..count)
            .map(|i| {
                let [width, place] = [2 * i, 2 * i + 1].map(|i| {
                    let u = cx.b.slice(uniform, 1, i, 1);
                    cx.b.reshape(u, &[Dim::Batch])
                });
                self.mask(cx, width, place)
            })
            .collect();
        let hits = masks[1..].iter().fold(masks[0], |hits, mask| cx.b.max(hits, *mask));
        let x = cx.input();
        cx.b.broadcast_like(hits, x, &[0, self.axis])
    }

    /// One mask, `[Batch, places]`, by two numbers of each row that are uniform in [0, 1].
    fn mask(&self, cx: &mut Lower<'_>, width: ValueId, place: ValueId) -> ValueId {
        let width = self.width(cx, width);
        let free = cx.b.sub(self.own, width);
        // The first place is this number rounded down, which is at most `free`.
        let (beyond, most) = (cx.b.offset(free, 1.0), cx.b.offset(free, 0.5));
        let first = cx.b.mul(place, beyond);
        let first = cx.b.min(first, most);
        let dims = [Dim::Batch, Dim::Const(self.places)];
        let [first, width] = [first, width].map(|v| cx.b.broadcast(v, &dims, &[0]));
        let next = numbers(cx, self.places, &dims);
        let ended = cx.b.sub(next, width);
        let (has_begun, has_ended) = (cx.b.less(first, next), cx.b.less(first, ended));
        let (zero, one) = (cx.b.splat(0.0, next), cx.b.splat(1.0, next));
        let not_ended = cx.b.select(has_ended, zero, one);
        cx.b.select(has_begun, not_ended, zero)
    }

    /// A whole number below the bound: as many as there are numbers from 1 on that are not above the product.
    fn width(&self, cx: &mut Lower<'_>, uniform: ValueId) -> ValueId {
        let product = cx.b.mul(uniform, self.bound);
        let dims = [Dim::Batch, Dim::Const(self.widest - 1)];
        let product = cx.b.broadcast(product, &dims, &[0]);
        let numbers = numbers(cx, self.widest - 1, &dims);
        let below = cx.b.less(product, numbers);
        let (zero, one) = (cx.b.splat(0.0, numbers), cx.b.splat(1.0, numbers));
        let reached = cx.b.select(below, zero, one);
        cx.b.sum(reached, &[1])
    }
}

/// 1, 2, .. n in each row.
fn numbers(cx: &mut Lower<'_>, n: usize, dims: &[Dim]) -> ValueId {
    let numbers = cx.b.table(Table::Numbers(n));
    let numbers = cx.b.reshape(numbers, &[Dim::Const(n)]);
    cx.b.broadcast(numbers, dims, &[1])
}

/// Numbers of each row that are uniform in [0, 1], from normal deviates.
fn uniform(cx: &mut Lower<'_>, name: &str, n: usize) -> ValueId {
    let key = cx.key_of(name, Address::Row);
    let deviates = cx.b.noise(key, &[n], &[false]);
    let scaled = cx.b.scale(deviates, std::f32::consts::FRAC_1_SQRT_2);
    let erf = cx.b.erf(scaled);
    let half = cx.b.scale(erf, 0.5);
    cx.b.offset(half, 0.5)
}

/// What widths in time stay below, in steps; none where there are no masks in time.
fn widest(args: &Args, clock: Option<Clock>) -> Option<f64> {
    short_time::steps(args, "time", clock.unwrap_or(Clock { rate: 1, hop: 1 }))
}

/// A time can be counted in steps, and is more than one of them.
fn check_time(cx: &Infer<'_>, steps: usize, clock: Option<Clock>) -> Result<(), Diagnostic> {
    let span = cx.args.span_of("time");
    if let (Some(value @ Value::Quantity(..)), None) = (cx.args.value("time"), clock) {
        return Err(Diagnostic::error(
            "E0207",
            span,
            format!("`time={value}` of steps that have no length in time"),
        )
        .label(format!("the value is {}", cx.input()))
        .help("write a number of steps, such as `time=20`"));
    }
    match widest(cx.args, clock) {
        Some(widest) if widest <= 1.0 => {
            let message = format!("`time` of `spec_mask` is {} steps", exactly((widest * 1e3).round() / 1e3));
            Err(Diagnostic::error("E0206", span, message)
                .label("stretches are shorter than this: there would be none")
                .help(format!("take a longer time; a row has up to {steps} steps")))
        }
        _ => Ok(()),
    }
}

/// There are as many bands as are to be hidden.
fn check_freq(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    let Some(freq) = cx.args.opt_count("freq") else { return Ok(()) };
    let span = cx.args.span_of("freq");
    let value = format!("the value is {}", cx.input());
    match cx.input().axes[1] {
        Axis { role: Role::Freq, size, .. } if freq <= size => Ok(()),
        Axis { role: Role::Freq, size, .. } => {
            Err(Diagnostic::error("E0206", span, format!("runs of up to {freq} of {size} bands"))
                .label("more than there are")
                .also(cx.inputs[0].span, format!("the bands come from {}", cx.inputs[0].name))
                .help(format!("an eighth of them is usual: `freq={}`", (size / 8).max(2))))
        }
        _ => Err(Diagnostic::error("E0302", span, "`freq` on a value without that axis")
            .label(value)
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("put it behind `mel_spectrogram -> log`, or leave `freq` out")),
    }
}
