//! Drops units at random while training.
//!
//! # What it does
//! Each unit of a row is set to zero with probability `p`, independently; the others are divided by `1 - p`, so that the
//! expected value does not change. In evaluation the layer passes its input on: the whole net stands for the mean of its
//! sub-networks (weight scaling).
//!
//! # Formula
//! `y = x * m / (1 - p)`, `m ~ Bernoulli(1 - p)` in training; `y = x` in evaluation.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `p` is the probability of dropping, from 0 up to but not 1, in steps of 1/65536 (what would round to 0 or 1 is an error); `keep` is `1 - p`. Without either the rate is the one
//! usual for its place: 0.2 on an input; behind a layer with weights 0.5, and 0.1 where it is maps that are dropped from. `dropout 0` is nothing at all. Either may be a `ramp(...)`: a rate that grows or
//! falls while the net is trained; prediction goes by its last value.
//!
//! `kind=gaussian` multiplies by `N(1, p / (1 - p))` instead; `kind=alpha` drops to the negative saturation of `selu` and then restores mean 0 and
//! variance 1. `kind=concrete` learns the rate: `p` (0.1 without one) is where it begins, and the multiplier is a smooth stand-in for a coin,
//! `1 - sigmoid((logit p + logit u) / temperature)` over `1 - p`, `u` uniform; `penalize l2, bayes_decay(...)` holds it back by the entropy of
//! the coins, and without it the rate goes to zero. `scale=test` is the convention of 2014: no scaling in training, `(1 - p) x` in evaluation. With weights divided by `1 - p` the two give
//! the same net; with equal hyper-parameters they are two different runs.
//!
//! `kind=dropblock` drops squares of a map, `size` places a side (7 without it): each place at which a whole square fits begins one with the probability
//! `p h w / (size^2 (h - size + 1) (w - size + 1))`, in each channel, or through all of them with `share=channel`. Squares overlap and the border lies in few of them, so less than `p` is dropped: `summary`
//! shows the share; what is left is divided by the share that is kept on average. Over steps squares are runs of `size` steps.
//!
//! `share` names what shares one coin: axes (`unit`, `height`, `width`, `time`, `channel`, `space` for what convolutions slide over), `batch` for one mask a step, or `rows`:
//! then a sample of a Monte-Carlo prediction has one mask for all rows, one draw of the function, while in training each row has its own.
//! `always=true` drops in every mode.
//!
//! # Train and eval
//! Drops in training and in Monte-Carlo prediction; evaluation passes the input on (`scale=test` scales it), unless `always=true`. A mask depends
//! on seed, place, epoch, position of the row and unit alone, so it is the same for any minibatch size and number of threads.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   dense 16 -> relu -> dropout 0.5
//!   dense 3
//!   output y: class[3]
//! }
//! ```
//!
//! # Papers
//! Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting. Klambauer et al. 2017,
//! Self-normalizing neural networks (alpha). Ghiasi, Lin and Le 2018, DropBlock. Tompson et al. 2015, Efficient object localization using convolutional networks (`share=space`). Gal, Hron and Kendall 2017, Concrete dropout.

use super::{
    DropSite, Each, Facts, Infer, Law, Layer, Lower, ParamDecl, Place, Reach, Reached, Scope, Unitwise, When,
    initial,
    rate::{too_high, unusable},
};
use crate::graph::Mode;
use crate::{
    diag::Diagnostic,
    draws::{self, Squares},
    graph::{Address, DType, ScalarDef, ValueId},
    model::{Init, ParamRole, Role, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed, Value},
};

/// Where a learned rate begins, and how smooth its coins are (Gal, Hron and Kendall 2017).
const CONCRETE_START: f64 = 0.1;
const CONCRETE_TEMPERATURE: f64 = 0.1;

/// Places along a side of a square.
const SQUARE: f64 = 7.0;

pub struct Dropout;
pub static LAYER: Dropout = Dropout;

/// Words of `share=`: axis roles and the batch.
const SHARE: &[&str] =
    &["unit", "height", "width", "channel", "space", "batch", "time", "freq", "type", "rows"];

static SIG: Sig = Sig {
    name: "dropout",
    about: "drops units at random while training",
    args: &[
        ArgSpec::optional(
            "p",
            Kind::Timed(Bounds::BELOW_ONE),
            Default::Absent,
            "probability of dropping a unit",
        ),
        ArgSpec::named(
            "keep",
            Kind::Timed(Bounds { low: 0.0, high: 1.0, open_low: true, open_high: false }),
            Default::Absent,
            "probability of keeping a unit, instead of `p`",
        ),
        ArgSpec::named(
            "kind",
            Kind::Word(&["bernoulli", "gaussian", "alpha", "concrete", "dropblock"]),
            Default::Word("bernoulli"),
            "distribution of the multiplier",
        ),
        ArgSpec::named(
            "scale",
            Kind::Word(&["train", "test"]),
            Default::Word("train"),
            "where the scaling is done",
        ),
        ArgSpec::named("share", Kind::Words(SHARE), Default::Absent, "axes that share one coin"),
        ArgSpec::named(
            "temperature",
            Kind::Number(Bounds::POSITIVE),
            Default::Absent,
            "of `kind=concrete`: how smooth its coins are, 0.1 without it",
        ),
        ArgSpec::named(
            "size",
            Kind::Count { min: 1 },
            Default::Absent,
            "of `kind=dropblock`: places along a side of its squares, 7 without it",
        ),
        ArgSpec::named("always", Kind::Bool, Default::Bool(false), "drop in evaluation too"),
    ],
    block: Block::None,
};

impl Layer for Dropout {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Dropout1d", "dropout share=space"),
            ("Dropout2d", "dropout share=space"),
            ("SpatialDropout1D", "dropout share=space"),
            ("SpatialDropout2D", "dropout share=space"),
            ("AlphaDropout", "dropout kind=alpha"),
            ("GaussianDropout", "dropout kind=gaussian"),
            ("ConcreteDropout", "dropout kind=concrete"),
            ("DropBlock", "dropout kind=dropblock"),
            ("DropBlock2d", "dropout kind=dropblock"),
        ]
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::unitwise(Unitwise::Homogeneous) }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        settle_rate(cx)?;
        learn_rate(cx)?;
        if cx.args.word("scale") == "test" && law(cx.args) != Law::Coin {
            let why = match law(cx.args) {
                Law::Squares => "what squares leave is scaled in training".to_string(),
                _ => format!("{} multipliers need no scaling", cx.args.word("kind")),
            };
            return Err(Diagnostic::error(
                "E0211",
                cx.args.span_of("scale"),
                format!("`scale=test` belongs to bernoulli dropout; {why}"),
            )
            .label("has no effect here")
            .help("leave `scale` out"));
        }
        check_changing(cx)?;
        check_shared(cx)?;
        check_squares(cx)?;
        warn_rate(cx);
        warn_alpha(cx);
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let rate = cx.args.timed("p");
        if !rate.acts(cx.mode == Mode::Train) {
            return cx.input();
        }
        let live = cx.mode != Mode::Eval || cx.args.flag("always");
        let scaled = scaled(cx.args);
        match (live, law(cx.args)) {
            (false, _) if scaled == When::Test => {
                let keep = cx.scalar("keep", DType::F32, ScalarDef::KeepOf(rate));
                cx.b.mul(cx.input(), keep)
            }
            (false, _) => cx.input(),
            (true, Law::Gaussian) => gaussian(cx, rate),
            (true, Law::Alpha) => alpha(cx, rate),
            (true, Law::Relaxed) => concrete(cx),
            (true, Law::Squares) => squares(cx, rate),
            (true, Law::Coin | Law::Additive) => {
                let mask = mask(cx, rate);
                let kept = cx.b.mul(cx.input(), mask);
                if scaled == When::Test {
                    return kept;
                }
                let scale = cx.scalar("scale", DType::F32, ScalarDef::InverseKeepOf(rate));
                cx.b.mul(kept, scale)
            }
        }
    }

    fn drop_site(&self, args: &Args) -> Option<DropSite> {
        let rate = args.timed("p");
        (!rate.is_zero()).then(|| DropSite {
            rate,
            law: law(args),
            scope: scope(args),
            size: args.opt_number("size").map(|n| n as usize),
            scaled: scaled(args),
            sampled: true,
            always: args.flag("always"),
        })
    }
}

/// The law that `kind=` names.
fn law(args: &Args) -> Law {
    Law::named(args.word("kind")).unwrap_or(Law::Coin)
}

/// Where the factor goes; Gaussian multipliers have mean 1, and `alpha` restores the mean by itself.
fn scaled(args: &Args) -> When {
    match law(args) {
        Law::Gaussian | Law::Alpha | Law::Additive => When::Never,
        Law::Coin | Law::Relaxed if args.word("scale") == "test" => When::Test,
        Law::Coin | Law::Relaxed | Law::Squares => When::Train,
    }
}

/// What `share=` says.
fn scope(args: &Args) -> Scope {
    let words = args.words("share");
    let axes = words.iter().filter_map(|word| Role::named(word)).flatten().copied().collect();
    let rows = match () {
        () if words.contains(&"batch") => Each::Step,
        () if words.contains(&"rows") => Each::Sample,
        () => Each::Row,
    };
    Scope { axes, rows }
}

/// `p`, `1 - keep`, or the usual rate for the place. A use that is checked again by `reuse` has its rate already.
fn settle_rate(cx: &mut Infer<'_>) -> Result<(), Diagnostic> {
    if cx.args.is_written("p") && cx.args.is_written("keep") {
        return Err(Diagnostic::error("E0211", cx.args.span_of("keep"), "both `p` and `keep` are given")
            .label("says the same thing again")
            .help("keep one of them: `dropout 0.5` or `dropout keep=0.5`"));
    }
    let rate = match (cx.args.opt_timed("p"), cx.args.opt_timed("keep"), cx.place) {
        (Some(p), _, _) => p,
        // Ten digits are enough for steps of 1/65536, and 1 - 0.8 reads 0.2; what has none of them is still not 0.
        (None, Some(keep), _) => keep.map(|keep| {
            let rate = ((1.0 - keep) * 1e10).round() / 1e10;
            if rate == 0.0 { 1.0 - keep } else { rate }
        }),
        (None, None, _) if law(cx.args) == Law::Relaxed => Timed::Constant(CONCRETE_START),
        (None, None, Place::Input) => Timed::Constant(0.2),
        // Neighbours in a map tell of one another.
        (None, None, Place::Hidden) if cx.input().channels().is_some() => Timed::Constant(0.1),
        (None, None, Place::Hidden) => Timed::Constant(0.5),
        (None, None, Place::Unclear) => {
            return Err(Diagnostic::error("E0209", cx.args.span, "`dropout` needs a rate here")
                .label("several values meet before it, so there is no usual rate")
                .help("write one, such as `dropout 0.1`"));
        }
    };
    let span = cx.args.span_of(if cx.args.is_written("keep") { "keep" } else { "p" });
    let coins = matches!(law(cx.args), Law::Coin | Law::Alpha | Law::Squares);
    if let Some(fault) = if coins { unusable(rate, "unit", span) } else { too_high(rate, "unit", span) } {
        return Err(fault);
    }
    cx.settle("p", rate.into());
    Ok(())
}

/// `kind=concrete` declares the logit of its rate; `temperature` belongs to it alone.
fn learn_rate(cx: &mut Infer<'_>) -> Result<(), Diagnostic> {
    if law(cx.args) != Law::Relaxed {
        return match cx.args.is_written("temperature") {
            true => Err(Diagnostic::error(
                "E0211",
                cx.args.span_of("temperature"),
                "`temperature` belongs to `kind=concrete`",
            )
            .label("has no effect here")
            .help("leave it out, or write `kind=concrete`")),
            false => Ok(()),
        };
    }
    let p = cx.args.number("p");
    if p == 0.0 {
        let written = if cx.args.is_written("keep") { "keep" } else { "p" };
        return Err(Diagnostic::error(
            "E0206",
            cx.args.span_of(written),
            "a rate that is learned cannot begin at 0",
        )
        .label("its logit is not finite")
        .help("leave it out to begin at 0.1"));
    }
    let along = scope(cx.args).along(cx.input());
    if cx.input().places() > 1 && along[..along.len() - 1].contains(&false) {
        return Err(Diagnostic::error(
            "E0211",
            cx.args.span_of("kind"),
            "`kind=concrete` drops whole maps, or units of a vector",
        )
        .label(format!("the value is {}", cx.input()))
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help("write `share=space`: the rate of single places would say nothing of the kernel behind them"));
    }
    cx.settle("temperature", Value::Number(CONCRETE_TEMPERATURE));
    let start = Init::Constant((p / (1.0 - p)).ln());
    cx.param(ParamDecl::new("logit", vec![1], ParamRole::Rate, start));
    Ok(())
}

/// What goes by one rate alone: a rate that is learned, and the factor of `scale=test`.
fn check_changing(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    if !cx.args.timed("p").changes() {
        return Ok(());
    }
    let (arg, why) = match (law(cx.args), cx.args.word("scale")) {
        (Law::Relaxed, _) => ("kind", "the rate of `kind=concrete` is learned"),
        (_, "test") => {
            ("scale", "`scale=test` multiplies by `1 - p` in evaluation, and `p` differs from epoch to epoch")
        }
        _ => return Ok(()),
    };
    let written = if cx.args.is_written("keep") { "keep" } else { "p" };
    Err(Diagnostic::error("E0211", cx.args.span_of(arg), format!("{why}: no `ramp` beside it"))
        .label("does not go with a ramp")
        .also(cx.args.span_of(written), "the rate changes over time")
        .help(format!("write one rate, or leave `{arg}` out")))
}

/// Every shared axis must exist in the value.
fn check_shared(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    for word in cx.args.words("share") {
        if word == "rows" && cx.args.flag("always") {
            let span = cx.args.span_of("share");
            return Err(Diagnostic::error(
                "E0204",
                span,
                "`share=rows` beside `always=true` is not in this version",
            )
            .label("one draw for all rows of a sample")
            .help("leave one of them out"));
        }
        if word == "space" && cx.input().has_role(Role::Time) && !cx.slid {
            let span = cx.args.span_of("share");
            let error =
                Diagnostic::error("E0302", span, "`share=space` of steps that no convolution slid over")
                    .label(format!("the value is {}", cx.input()))
                    .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name));
            return Err(match cx.args.words("share").len() {
                1 => error.fix("steps are time", span, "time"),
                _ => error.help("steps are time: write `time` for `space`"),
            });
        }
        if !cx.input().has(word) && !matches!(word, "batch" | "rows") {
            return Err(Diagnostic::error(
                "E0302",
                cx.args.span_of("share"),
                format!("`share={word}` on a value without that axis"),
            )
            .label(format!("the value is {}", cx.input()))
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("share an axis that the value has, or leave `share` out"));
        }
    }
    Ok(())
}

/// `kind=dropblock` has maps to drop squares from, `size` belongs to it alone, and its squares share whole channels or nothing.
fn check_squares(cx: &mut Infer<'_>) -> Result<(), Diagnostic> {
    let size_span = cx.args.span_of("size");
    if law(cx.args) != Law::Squares {
        return match cx.args.is_written("size") {
            true => Err(Diagnostic::error("E0211", size_span, "`size` belongs to `kind=dropblock`")
                .label("has no effect here")
                .help("leave it out, or write `kind=dropblock`")),
            false => Ok(()),
        };
    }
    cx.settle("size", Value::Number(SQUARE));
    if cx.input().channels().is_none() || cx.input().axes.len() > 3 {
        return Err(cx
            .mismatch(format!("`kind=dropblock` drops squares of maps, found {}", cx.input()))
            .help("put it behind a `conv`, or drop units one by one: leave `kind` out"));
    }
    let along = ["unit", "height", "width", "space", "time"];
    if let Some(word) = cx.args.words("share").iter().find(|word| along.contains(word)) {
        let span = cx.args.span_of("share");
        return Err(Diagnostic::error("E0211", span, format!("`share={word}` of squares"))
            .label("a square is what neighbours share")
            .help("leave it out; `share=channel` drops squares through all channels, and `share=space` without `kind` whole maps"));
    }
    let size = cx.args.count("size");
    let least = cx.input().axes[..cx.input().axes.len() - 1].iter().map(|axis| axis.size).min().unwrap_or(0);
    if size > least {
        return Err(Diagnostic::error(
            "E0301",
            size_span,
            format!("squares of {size}x{size} on a map of {}", cx.input()),
        )
        .label("larger than the map")
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help(format!("take `size={}`, or drop whole maps: `share=space`", usual_square(least))));
    }
    Ok(())
}

/// The largest odd number that is less than half of a map, or 1.
fn usual_square(side: usize) -> usize {
    (side / 2).saturating_sub(1) / 2 * 2 + 1
}

fn warn_rate(cx: &mut Infer<'_>) {
    let rate = cx.args.timed("p").largest();
    if rate <= 0.8 || !cx.args.is_written("p") {
        return;
    }
    let percent = |x: f64| format!("{}", (x * 1e4).round() / 1e2);
    let message = format!("`dropout {rate}` drops {} of 100 units", percent(rate));
    let warning = Diagnostic::warning("W0101", cx.args.span_of("p"), message)
        .label("the probability of dropping")
        .help(format!("to keep that many instead write `dropout keep={rate}`"));
    cx.warn(warning);
}

/// Alpha dropout keeps mean 0 and variance 1 of what has them: the output of `selu` behind `init=lecun_normal`.
fn warn_alpha(cx: &mut Infer<'_>) {
    if law(cx.args) != Law::Alpha {
        return;
    }
    let steady = cx.behind(0).is_some_and(|used| used.word.facts().self_normalising);
    let suited = || cx.behind(1).is_some_and(|used| initial::suits_self_normalising(&used.args));
    if steady && suited() {
        return;
    }
    let warning = Diagnostic::warning("W0105", cx.args.span, "`kind=alpha` away from `selu`")
        .label("its input has not mean 0 and variance 1")
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help("write `dense ..., init=lecun_normal -> selu -> dropout ..., kind=alpha`");
    cx.warn(warning);
}

/// The key and the shared axes of this node's draws.
fn address(cx: &mut Lower<'_>) -> (ValueId, Vec<usize>, Vec<bool>) {
    let scope = scope(cx.args);
    let whole_batch = match scope.rows {
        Each::Row => false,
        Each::Step => true,
        Each::Sample => cx.mode == Mode::Mc,
    };
    let (dims, shared) = (cx.input_ty().sizes(), scope.along(cx.input_ty()));
    (cx.site_key(if whole_batch { Address::Update } else { Address::Row }), dims, shared)
}

/// 1 where kept, 0 where dropped, in the shape of the input.
fn mask(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let q = cx.scalar("q", DType::I32, ScalarDef::Threshold(rate));
    let mask = cx.b.keep_mask(key, q, &dims, &shared);
    cx.b.along_last(mask, cx.input())
}

/// Squares of zeros, and what is left over the share that is kept on average (Ghiasi, Lin and Le 2018).
fn squares(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let size = cx.args.count("size");
    let shared = shared.last() == Some(&true);
    let squares = Squares::of(&dims, size, shared);
    let q = cx.scalar("q", DType::I32, ScalarDef::Seeds(squares, rate));
    let kept = cx.b.drop_squares(key, q, cx.input(), size, shared);
    let scale = cx.scalar("scale", DType::F32, ScalarDef::InverseKeepOfSquares(squares, rate));
    cx.b.mul(kept, scale)
}

/// `x (1 + z sqrt(p / (1 - p)))`.
fn gaussian(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let noise = cx.b.noise(key, &dims, &shared);
    let noise = cx.b.along_last(noise, cx.input());
    let sd = cx.scalar("sd", DType::F32, ScalarDef::OfRate(|p| (p / (1.0 - p)).sqrt(), rate));
    let spread = cx.b.mul(noise, sd);
    let factor = cx.b.offset(spread, 1.0);
    cx.b.mul(cx.input(), factor)
}

/// The multiplier of Gal, Hron and Kendall (2017): a relaxed coin with probability `sigmoid(logit)` of dropping, over the probability of keeping.
fn concrete(cx: &mut Lower<'_>) -> ValueId {
    let (key, dims, shared) = address(cx);
    let logit = cx.b.reshape(cx.param(0), &[]);
    let noise = cx.b.noise(key, &dims, &shared);
    // erf(z / sqrt 2) = 2 u - 1 of a normal deviate z, u uniform.
    let scaled = cx.b.scale(noise, std::f32::consts::FRAC_1_SQRT_2);
    let centred = cx.b.erf(scaled);
    let uniform = logit_of_centred(cx, centred);
    let own = cx.b.spread(logit, uniform);
    let both = cx.b.add(own, uniform);
    let sharp = cx.b.scale(both, (-1.0 / cx.args.number("temperature")) as f32);
    let kept = cx.b.sigmoid(sharp);
    let minus = cx.b.neg(logit);
    let keep = cx.b.sigmoid(minus);
    let keep = cx.b.spread(keep, kept);
    let factor = cx.b.div(kept, keep);
    let factor = cx.b.along_last(factor, cx.input());
    cx.b.mul(cx.input(), factor)
}

/// `ln((1 + x) / (1 - x))`, kept finite as in the authors' code.
fn logit_of_centred(cx: &mut Lower<'_>, x: ValueId) -> ValueId {
    const TINY: f32 = 2e-7;
    let above = cx.b.offset(x, 1.0 + TINY);
    let minus = cx.b.neg(x);
    let below = cx.b.offset(minus, 1.0 + TINY);
    let (above, below) = (cx.b.log(above), cx.b.log(below));
    cx.b.sub(above, below)
}

/// What `selu` goes to far below zero.
const SATURATION: f64 = -1.758_099_340_847_376_6;

fn alpha_gain(p: f64) -> f64 {
    let keep = draws::keep(p);
    (keep + SATURATION * SATURATION * keep * (1.0 - keep)).powf(-0.5)
}

fn alpha_shift(p: f64) -> f64 {
    -alpha_gain(p) * (1.0 - draws::keep(p)) * SATURATION
}

/// Klambauer's: dropped units go to `-lambda alpha`, then an affine map restores mean 0 and variance 1.
fn alpha(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let mask = mask(cx, rate);
    let x = cx.input();
    let low = cx.b.splat(SATURATION as f32, x);
    let zero = cx.b.splat(0.0, x);
    let kept = cx.b.less(zero, mask);
    let mixed = cx.b.select(kept, x, low);
    let gain = cx.scalar("gain", DType::F32, ScalarDef::OfRate(alpha_gain, rate));
    let shift = cx.scalar("shift", DType::F32, ScalarDef::OfRate(alpha_shift, rate));
    let scaled = cx.b.mul(mixed, gain);
    cx.b.add(scaled, shift)
}
