//! Normalises each unit, or each channel of a map, over the minibatch.
//!
//! # What it does
//! In training every unit is brought to mean 0 and variance 1 over the rows of the minibatch, then scaled and shifted by a learned gain and bias; in maps every
//! channel, over rows and places. Running figures of mean and variance are kept beside and stand in for those of the minibatch in evaluation.
//!
//! # Formula
//! `y = (x - mean) / sqrt(variance + eps) * gain + bias`, of maps `y = (x - mean) * (gain / sqrt(variance + eps)) + bias`; in training mean and biased
//! variance of the minibatch, the variance from the differences to the mean: of units in a second pass, of maps a few rows at a time, whose means and
//! squares are brought together (Chan, Golub and LeVeque). `running = (1 - momentum) running + momentum new`, `new` being the mean, and the unbiased
//! variance (divided by the numbers that it is of less one).
//!
//! # Shape
//! A vector or maps, `h x w x c` and the like, a spectrogram being a map of one channel; where rows have lengths the figures are those of their own places. The result has the shape of the input. `gain`, `bias`, `running_mean` and `running_var` are as long as the vector, or have a
//! number a channel; they start at 1, 0, 0, 1. Gain and bias do not decay.
//!
//! # Arguments
//! `eps` keeps the divisor away from zero, 1e-5 unless given; `momentum` is the share of the new figure in the running one, 0.1 unless given.
//!
//! # Train and eval
//! Training uses the figures of the minibatch, which must have two rows or more (of maps with several places, one), and updates the running ones; evaluation and
//! Monte-Carlo prediction use the running ones and leave them alone. Behind `dropout` the running variance is that of dropped values:
//! prediction without masks then sees another one. While `freeze` holds the layer still, training uses the running figures too and leaves them alone.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[4, 3, 2]
//!   conv 4, 3x3, bias=false -> batch_norm -> relu
//!   flatten
//!   dense 16, bias=false -> batch_norm -> relu
//!   dense 2
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Ioffe and Szegedy 2015, Batch normalization. Li et al. 2019, Understanding the disharmony between dropout and batch normalization.

use super::{
    Across, Facts, InFile, Infer, Layer, Library, Lower, OverTime, Sought, Still,
    layer_norm::{EPS, declare_gain_and_bias, deviation, gain_and_bias, gain_or_bias_in_files},
};
use crate::graph::Mode;
use crate::{
    diag::Diagnostic,
    graph::{DType, Dim, ScalarDef, StepInfo, ValueId},
    model::Ty,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, exactly},
};

pub struct BatchNorm;
pub static LAYER: BatchNorm = BatchNorm;

static SIG: Sig = Sig {
    name: "batch_norm",
    about: "normalises each unit, or channel of a map, over the minibatch",
    args: &[
        EPS,
        ArgSpec::named(
            "momentum",
            Kind::Number(Bounds { low: 0.0, high: 1.0, open_low: true, open_high: false }),
            Default::Number(0.1),
            "share of the minibatch in the running figures",
        ),
    ],
    block: Block::None,
};

impl Layer for BatchNorm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("BatchNorm1d", "batch_norm"), ("BatchNorm2d", "batch_norm"), ("BatchNormalization", "batch_norm")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let seen = cx.input().as_map();
        if seen.axes.len() > 1 && seen.channels().is_none() {
            return Err(Diagnostic::error(
                "E0204",
                cx.args.span,
                format!(
                    "`batch_norm` of a value with several axes ({}), none of them channels, is not in this version",
                    cx.input()
                ),
            )
            .label("takes a vector or maps with channels")
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("put `flatten` before it to normalise every number by itself"));
        }
        let momentum = cx.args.number("momentum");
        if (1.0 - momentum) as f32 == 1.0 {
            let message = format!("`momentum` of `batch_norm`: 1 - {} is 1 in 32 bits", exactly(momentum));
            return Err(Diagnostic::error("E0206", cx.args.span_of("momentum"), message)
                .label("the running figures would only grow")
                .help("0.1 is usual, 0.01 slow"));
        }
        let width = seen.channels().map_or_else(|| cx.vector(), Ok)?;
        warn_behind_dropout(cx);
        declare_gain_and_bias(cx, vec![width]);
        cx.state("running_mean", vec![width], 0.0);
        cx.state("running_var", vec![width], 1.0);
        Ok(cx.input().clone())
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        match (sought.ending, sought.library) {
            (figure @ ("running_mean" | "running_var"), Library::Torch) => vec![sought.per_unit(&[figure])],
            ("running_mean", Library::Keras) => vec![sought.same(&["moving_mean"])],
            ("running_var", Library::Keras) => vec![sought.same(&["moving_variance"])],
            _ => gain_or_bias_in_files(sought),
        }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let seen = cx.input_ty().as_map();
        let dims: Vec<Dim> =
            std::iter::once(Dim::Batch).chain(seen.sizes().into_iter().map(Dim::Const)).collect();
        let x = cx.b.reshape(cx.input(), &dims);
        let places = seen.places();
        let eps = cx.args.number("eps") as f32;
        let stored = (cx.state(0), cx.state(1));
        let (mean, variance) = match (cx.mode, cx.still()) {
            (Mode::Train, Still::Never) => minibatch(cx, x, places, None),
            (Mode::Train, Still::Until(live)) => {
                let (mean, variance) = minibatch(cx, x, places, Some(live));
                (cx.once_live(live, mean, stored.0), cx.once_live(live, variance, stored.1))
            }
            (Mode::Train, Still::Always) | (Mode::Eval | Mode::Mc, _) => stored,
        };
        let deviation = deviation(cx.b, variance, eps);
        if places > 1 {
            let y = scaled_maps(cx, x, mean, deviation);
            let dims = cx.b.dims(cx.input());
            return cx.b.reshape(y, &dims);
        }
        let mean = cx.b.along_last(mean, x);
        let centred = cx.b.sub(x, mean);
        let deviation = cx.b.along_last(deviation, x);
        let normal = cx.b.div(centred, deviation);
        gain_and_bias(cx, normal)
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    /// Prediction knows each place by itself.
    fn looks_ahead(&self, _args: &Args, _input: &Ty) -> bool {
        false
    }

    fn facts(&self) -> Facts {
        Facts { normalises: Some(Across::Batch), ..Facts::NONE }
    }
}

/// `(x - mean) a + bias` with `a = gain / deviation`: what is of a channel alone is computed once a channel, and the derivative takes two sums over the maps,
/// those of `g` and of `g (x - mean)`. A mean of the minibatch is held constant where it is subtracted, and what flows into it goes through the shift, which
/// it does not change.
fn scaled_maps(cx: &mut Lower<'_>, x: ValueId, mean: ValueId, deviation: ValueId) -> ValueId {
    let (gain, bias) = (cx.param(0), cx.param(1));
    let factor = cx.b.div(gain, deviation);
    let (mut held, mut shift) = (mean, bias);
    if cx.mode == Mode::Train && cx.still() != Still::Always {
        held = cx.b.detach(mean);
        let moved = cx.b.sub(mean, held);
        let moved = cx.b.mul(moved, factor);
        shift = cx.b.sub(bias, moved);
    }
    let held = cx.b.along_last(held, x);
    let centred = cx.b.sub(x, held);
    let factor = cx.b.along_last(factor, x);
    let scaled = cx.b.mul(centred, factor);
    cx.b.add_bias(scaled, shift)
}

/// Mean and biased variance of the minibatch along all axes but the last; the running figures take their share of them.
fn minibatch(cx: &mut Lower<'_>, x: ValueId, places: usize, live: Option<ValueId>) -> (ValueId, ValueId) {
    if let Some(within) = cx.within() {
        return of_own_places(cx, x, within, live);
    }
    let (mean, total) = if places == 1 { of_units(cx, x) } else { cx.b.moments_of_channels(x) };
    let inv_rows = cx.b.inv_rows();
    let of_rows = if places == 1 { total } else { cx.b.scale(total, (1.0 / places as f64) as f32) };
    let biased = cx.b.mul(of_rows, inv_rows);
    let def = ScalarDef::Of { f: inverse_less_one, a: places as f64, b: 0.0 };
    let name = if places == 1 { "inverse_rows_less_one" } else { "inverse_places_less_one" };
    let inverse = cx.scalar(name, DType::F32, def);
    let unbiased = cx.b.mul(total, inverse);
    blend(cx, 0, mean, live);
    blend(cx, 1, unbiased, live);
    (mean, biased)
}

/// The same where rows have lengths: of the places that are the rows' own.
fn of_own_places(
    cx: &mut Lower<'_>,
    x: ValueId,
    within: ValueId,
    live: Option<ValueId>,
) -> (ValueId, ValueId) {
    let dims = cx.b.dims(x);
    let all: Vec<usize> = (0..dims.len() - 1).collect();
    let others: usize = dims[2..dims.len() - 1].iter().filter_map(|dim| dim.size()).product();
    let steps = cx.b.sum_all(within);
    let count = cx.b.scale(steps, others as f32);
    let own = cx.own_steps(x, 0.0);
    let mean = cx.b.sum(own, &all);
    let mean = cx.b.div(mean, count);
    // What moves the mean moves no sum of squares around it.
    let held = cx.b.detach(mean);
    let held = cx.b.along_last(held, x);
    let centred = cx.b.sub(x, held);
    let squares = cx.b.square(centred);
    let squares = cx.own_steps(squares, 0.0);
    let total = cx.b.sum(squares, &all);
    let biased = cx.b.div(total, count);
    let one = cx.b.constant(1.0);
    let less_one = cx.b.offset(count, -1.0);
    let less_one = cx.b.max(less_one, one);
    let unbiased = cx.b.div(total, less_one);
    blend(cx, 0, mean, live);
    blend(cx, 1, unbiased, live);
    (mean, biased)
}

/// The means of units, and the sums of squares around them in a second pass.
fn of_units(cx: &mut Lower<'_>, x: ValueId) -> (ValueId, ValueId) {
    let mean = cx.b.mean(x, &[0]);
    let spread = cx.b.along_last(mean, x);
    let centred = cx.b.sub(x, spread);
    let squares = cx.b.square(centred);
    (mean, cx.b.sum(squares, &[0]))
}

/// Of rows of so many places. The driver refuses a minibatch of one number, so that the divisor is never zero.
fn inverse_less_one(step: &StepInfo, places: f64, _: f64) -> f64 {
    1.0 / ((step.rows as f64 * places).max(2.0) - 1.0)
}

/// `running = (1 - momentum) running + momentum new` for state `i`, once the layer is trained; their mean where they are measured.
fn blend(cx: &mut Lower<'_>, i: usize, new: ValueId, live: Option<ValueId>) {
    let momentum = cx.args.number("momentum");
    let old = cx.state(i);
    let (kept, share) = match cx.measured_share() {
        None => (cx.b.scale(old, (1.0 - momentum) as f32), cx.b.scale(new, momentum as f32)),
        Some(share) => {
            let one = cx.b.constant(1.0);
            let rest = cx.b.sub(one, share);
            (cx.b.mul(old, rest), cx.b.mul(new, share))
        }
    };
    let running = cx.b.add(kept, share);
    let running = live.map_or(running, |live| cx.once_live(live, running, old));
    cx.update_state(i, running);
}

/// The shift of variance between masked training and unmasked prediction.
fn warn_behind_dropout(cx: &mut Infer<'_>) {
    let Some(site) = cx.behind(0).and_then(|used| used.word.drop_site(&used.args)) else { return };
    // A rate that has gone to 0 leaves nothing in the stored variance.
    if !site.shifts_variance() || site.scope.is_branch() {
        return;
    }
    let factor = site.variance_factor(cx.input());
    let warning = Diagnostic::warning("W0103", cx.args.span, "`batch_norm` directly behind dropout")
        .label("learns the variance of dropped values")
        .also(cx.inputs[0].span, format!("its masks make the mean square {factor:.3} times as large"))
        .note(
            "prediction without masks sees the undropped variance; `mc_dropout` sees the one that was learnt",
        )
        .help("put the dropout behind the next layer");
    cx.warn(warning);
}
