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
//! usual for its place: 0.2 on an input; behind a layer with weights 0.5, and 0.1 where it is maps or sequences that are dropped from. `dropout 0` is nothing at all. Either may be a `ramp(...)`: a rate that grows or
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
//! `share=type` stands right behind an `embedding` and drops word types: a token is zeros wherever it stands in the row; `share=[type, batch]` draws one mask over the vocabulary a
//! step (AWD). `share` names what else shares one coin: axes (`unit`, `height`, `width`, `time`, `channel`, `space` for what convolutions slide over), `batch` for one mask a step, or `rows`:
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

mod checks;
mod multipliers;

use super::{
    DropSite, Each, Expand, Facts, Flow, Infer, Law, Layer, Library, Lower, OverTime, ParamDecl, Place,
    Reach, Reached, Scope, Stop, Unitwise, When,
    rate::{too_high, unusable},
};
use crate::graph::Mode;
use crate::{
    diag::Diagnostic,
    graph::{DType, ScalarDef, ValueId},
    model::{Init, NodeId, ParamRole, Role, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed, Value},
};

use checks::{check_changing, check_shared, check_squares, check_tokens, warn_alpha, warn_rate};
use multipliers::{alpha, concrete, gaussian, mask, squares};

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

    /// A learned rate, which other libraries do not keep.
    fn starts(&self, args: &Args, library: Option<Library>) -> Vec<&'static str> {
        let is_learned = args.word("kind") == "concrete" && library.is_none();
        if is_learned { vec!["p", "keep"] } else { Vec::new() }
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Dropout1d", "dropout share=space"),
            ("Dropout2d", "dropout share=space"),
            ("SpatialDropout", "dropout share=space"),
            ("SpatialDropout1D", "dropout share=space"),
            ("SpatialDropout2D", "dropout share=space"),
            ("AlphaDropout", "dropout kind=alpha"),
            ("GaussianDropout", "dropout kind=gaussian"),
            ("ConcreteDropout", "dropout kind=concrete"),
            ("DropBlock", "dropout kind=dropblock"),
            ("DropBlock2d", "dropout kind=dropblock"),
        ]
    }

    /// Word types are told by the tokens that were looked up, which are one more input.
    fn reads_tokens(&self) -> bool {
        true
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let by_type = cx.args.words("share").contains(&"type");
        let tokens = cx.looked_up().filter(|_| by_type);
        let inputs: Vec<Flow> = std::iter::once(cx.flow()).chain(tokens).collect();
        cx.node(&inputs)
    }

    fn over_time(&self, args: &Args) -> OverTime {
        match law(args) {
            // Squares are numbered by the places of a whole map.
            Law::Squares => OverTime::Refuses,
            _ => OverTime::PerStep,
        }
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::unitwise(Unitwise::Homogeneous) }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        check_tokens(cx)?;
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

    fn thin(&self, args: &mut Args, rate: f64) -> bool {
        let by_coins = law(args) == Law::Coin;
        if by_coins {
            args.put("p", Value::Number(rate));
        }
        by_coins
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
    let of_types = words.contains(&"type").then_some(Role::Channel);
    let axes = words.iter().filter_map(|word| Role::named(word)).flatten().copied().chain(of_types).collect();
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
        (None, None, Place::Hidden) if is_between_steps(cx) => {
            return Err(Diagnostic::error("E0209", cx.args.span, "`dropout` needs a rate here")
                .label("behind a recurrent layer there is no usual rate")
                .help("write one, such as `dropout 0.3, share=time`, one mask for all steps"));
        }
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

/// Whether the value is over time and comes from a recurrent layer.
fn is_between_steps(cx: &Infer<'_>) -> bool {
    cx.input().has_role(Role::Time) && cx.behind(0).is_some_and(|used| used.word.facts().recurrent)
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
