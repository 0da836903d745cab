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

/// So many masks of each kind hide all there is.
const MOST: usize = 100;

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
            ("FrequencyMasking", "spec_mask"),
            ("SpecAugment", "spec_mask"),
            ("SpecFrequencyMask", "spec_mask"),
            ("TimeMasking", "spec_mask"),
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
        check_count(cx)?;
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

    fn hides(&self, args: &Args, input: &Ty) -> Option<String> {
        let count = match args.count("count") {
            1 => String::new(),
            count => format!("{count} x "),
        };
        let below = |bound: f64| (bound.ceil() - 1.0).max(1.0);
        let limit = args.number("limit");
        let share = if limit < 1.0 {
            format!(" (at most {}% of a row's)", exactly((limit * 1e4).round() / 1e2))
        } else {
            String::new()
        };
        let time = widest(args, input.axes[0].clock).map(|widest| {
            format!("{count}{} steps{share}", below(widest.min(input.axes[0].size as f64 * limit)))
        });
        let freq = args.opt_number("freq").map(|widest| format!("{count}{} bands", below(widest)));
        let all: Vec<String> = [time, freq].into_iter().flatten().collect();
        Some(format!("hides up to {} in training", all.join(" and ")))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        if cx.mode != Mode::Train {
            return cx.input();
        }
        let x = cx.input();
        let drawn = uniform(cx, 4 * cx.args.count("count"));
        let hits = [along_time(cx, drawn), along_freq(cx, drawn)];
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
fn along_time(cx: &mut Lower<'_>, drawn: ValueId) -> Option<ValueId> {
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
    let form =
        Along { axis: 1, places: steps.size, own, bound, widest: (widest.ceil() as usize).min(steps.size) };
    Some(form.hits(cx, drawn, 0))
}

/// The same of masks of bands.
fn along_freq(cx: &mut Lower<'_>, drawn: ValueId) -> Option<ValueId> {
    let widest = cx.args.opt_count("freq")?;
    let (bands, count) = (cx.input_ty().axes[1].size, cx.args.count("count"));
    let [own, bound] = [bands, widest].map(|n| {
        let n = cx.b.constant(n as f32);
        cx.b.broadcast(n, &[Dim::Batch], &[])
    });
    Some(Along { axis: 2, places: bands, own, bound, widest }.hits(cx, drawn, 2 * count))
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
    /// 1 where one of the masks lies, 0 elsewhere, in the dimensions of the input; `first` is the first of the drawn numbers that are its own.
    fn hits(&self, cx: &mut Lower<'_>, drawn: ValueId, first: usize) -> ValueId {
        let count = cx.args.count("count");
        let [widths, places] = [first, first + count].map(|start| cx.b.slice(drawn, 1, start, count));
        let of_masks = [Dim::Batch, Dim::Const(count)];
        let [own, bound] = [self.own, self.bound].map(|v| cx.b.broadcast(v, &of_masks, &[0]));
        let widths = self.widths(cx, widths, bound);
        let masks = self.masks(cx, own, widths, places);
        let hits = cx.b.max_over(masks, &[1]);
        let x = cx.input();
        cx.b.broadcast_like(hits, x, &[0, self.axis])
    }

    /// Whole numbers below the bounds, `[Batch, count]`: as many as there are numbers from 1 on that are not above `uniform bound`.
    fn widths(&self, cx: &mut Lower<'_>, uniform: ValueId, bound: ValueId) -> ValueId {
        let product = cx.b.mul(uniform, bound);
        let (product, numbers) = against_numbers(cx, product, self.widest - 1);
        let below = cx.b.less(product, numbers);
        let (zero, one) = (cx.b.splat(0.0, numbers), cx.b.splat(1.0, numbers));
        let reached = cx.b.select(below, zero, one);
        cx.b.sum(reached, &[2])
    }

    /// 1 at the places of each mask, `[Batch, count, places]`, by numbers that are uniform in [0, 1].
    fn masks(&self, cx: &mut Lower<'_>, own: ValueId, widths: ValueId, uniform: ValueId) -> ValueId {
        let free = cx.b.sub(own, widths);
        // The first place is this number rounded down, which is at most `free`.
        let (beyond, most) = (cx.b.offset(free, 1.0), cx.b.offset(free, 0.5));
        let first = cx.b.mul(uniform, beyond);
        let first = cx.b.min(first, most);
        let (first, next) = against_numbers(cx, first, self.places);
        let (widths, _) = against_numbers(cx, widths, self.places);
        let ended = cx.b.sub(next, widths);
        let (has_begun, has_ended) = (cx.b.less(first, next), cx.b.less(first, ended));
        let (zero, one) = (cx.b.splat(0.0, next), cx.b.splat(1.0, next));
        let not_ended = cx.b.select(has_ended, zero, one);
        cx.b.select(has_begun, not_ended, zero)
    }
}

/// `v`, `[Batch, count]`, `n` times along a new last axis, and the numbers 1 to n along it.
fn against_numbers(cx: &mut Lower<'_>, v: ValueId, n: usize) -> (ValueId, ValueId) {
    let mut dims = cx.b.dims(v);
    dims.push(Dim::Const(n));
    let numbers = cx.b.table(Table::Numbers(n));
    let numbers = cx.b.reshape(numbers, &[Dim::Const(n)]);
    (cx.b.broadcast(v, &dims, &[0, 1]), cx.b.broadcast(numbers, &dims, &[2]))
}

/// Numbers of each row that are uniform in [0, 1], from normal deviates: widths and places of masks in time, then of those of bands, as many whichever there are.
fn uniform(cx: &mut Lower<'_>, n: usize) -> ValueId {
    let key = cx.site_key(Address::Row);
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

/// Each mask is computed by itself.
fn check_count(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    let count = cx.args.count("count");
    if count <= MOST {
        return Ok(());
    }
    Err(Diagnostic::error("E0206", cx.args.span_of("count"), format!("`count` of `spec_mask` is {count}"))
        .label(format!("at most {MOST}"))
        .help("one or two of each are usual; a larger `time` or `freq` hides more"))
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
        Some(_) if steps as f64 * cx.args.number("limit") <= 1.0 => {
            let limit = cx.args.number("limit");
            let message = match steps {
                1 => "stretches of time of rows that have 1 step".to_owned(),
                _ => {
                    format!("stretches of at most {}% of {steps} steps", exactly((limit * 1e4).round() / 1e2))
                }
            };
            let place = if steps > 1 && cx.args.is_written("limit") { "limit" } else { "time" };
            Err(Diagnostic::error("E0206", cx.args.span_of(place), message)
                .label("stretches are shorter than this: there would be none")
                .also(cx.inputs[0].span, format!("the steps come from {}", cx.inputs[0].name))
                .help("shorter windows or a shorter hop make more steps; or leave `time` out"))
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
