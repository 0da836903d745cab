//! A convolution: the same small dense layer at every place of a map.
//!
//! # What it does
//! Slides windows over height and width (or over the steps of a series) and multiplies what each sees by one matrix of weights.
//!
//! # Formula
//! `y[i, j, f] = b[f] + sum over window places u, v and channels c of x[i stride + u dilation - border, j stride + v dilation - border, c] W[u, v, c, f]`.
//! Outside of the map x is 0: that is after normalisation and whatever layers came before, not a black pixel.
//!
//! # Shape
//! `h x w x c` becomes `h' x w' x width`; `steps x c` becomes `steps' x width`, with one number for `size`. A spectrogram is a map of one channel where `size` has two
//! sides, `time x freq` becomes `time' x freq' x width`; with one number its bands are the channels. With `pad=same`
//! h' is h / stride, rounded up; with `pad=valid` windows stay inside. `W` is `[height, width, c / groups, width]`, `b` is `[width]`.
//!
//! # Arguments
//! `width` is the number of filters, the channels of the result; `size` that of a window (`3x3`). `stride` and `dilation` take one number for all axes, or
//! one an axis. `pad=same` surrounds the map by as many zeros as keep its size, one more behind than in front where they are odd; `pad=valid` by none;
//! `pad=1` by that many. Over steps, `pad=causal` puts all of the border in front: a result sees its own step and those before it, and zeros before the first, so that
//! a net that foretells what comes next does not see it (with `dilation=2`, `4`, ... a temporal convolutional network). Where rows have lengths, `pad=same` with a
//! `stride` has a result for every `stride`-th step, rounded up, and windows lie as in rows whose steps divide by it. `groups=g` divides channels and filters into g runs: filters see the channels of their own run alone. `bias=false`
//! leaves `b` out. `init` is the start of `W`, `glorot_uniform` unless given, whose inputs are `height width c / groups`; `bias_init` that of `b`, which is
//! zeros unless given. `max_norm=c` projects each filter onto a ball of radius c after every update; `l1`, `l2` penalise these weights alone.
//!
//! # Train and eval
//! The same; inside `drop_connect` the weights are masked in training. Bare `dropout` behind it drops 10 %: neighbours tell of one another, so that
//! single numbers are no loss; `share=space` drops whole channels.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[8, 8, 3]
//!   conv 6, 3x3, init=he_normal -> relu
//!   conv 4, 3x3, stride=2, pad=1, groups=2, bias=false
//!   flatten -> dense 10
//!   output kind: class[10]
//! }
//! ```
//!
//! # Papers
//! LeCun et al. 1998, Gradient-based learning applied to document recognition.

use super::{
    Facts, InFile, Infer, Layer, Library, Lower, OverTime, Sought,
    infer::ParamDecl,
    initial::{BIAS_INIT, INIT, Shape},
    slide::{DILATION, SAME_OR_CAUSAL, SIZE, STRIDE, Windows, is_causal},
};
use crate::{
    diag::Diagnostic,
    graph::{Geometry, ValueId},
    model::{Node, NodeKind, ParamRole, Ty},
    train::penalties,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Conv;
pub static LAYER: Conv = Conv;

pub const WIDTH: ArgSpec = ArgSpec::required("width", Kind::Count { min: 1 }, "number of filters");
pub const MAX_NORM: ArgSpec =
    ArgSpec::named("max_norm", Kind::Number(Bounds::POSITIVE), Default::Absent, "largest norm of a filter");

static SIG: Sig = Sig {
    name: "conv",
    about: "convolution over height and width, or over steps",
    args: &[
        WIDTH,
        SIZE,
        STRIDE,
        SAME_OR_CAUSAL,
        DILATION,
        ArgSpec::named(
            "groups",
            Kind::Count { min: 1 },
            Default::Number(1.0),
            "runs of channels that see nothing of each other",
        ),
        ArgSpec::named("bias", Kind::Bool, Default::Bool(true), "add a bias"),
        INIT,
        BIAS_INIT,
        MAX_NORM,
        penalties::l1::OF_WEIGHTS,
        penalties::l2::OF_WEIGHTS,
    ],
    block: Block::None,
};

impl Layer for Conv {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Conv1d", "conv"), ("Conv2d", "conv"), ("Convolution1D", "conv"), ("Convolution2D", "conv")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let windows = Windows::of(cx)?;
        let width = cx.args.count("width");
        let groups = groups(cx, windows.channels, width)?;
        let seen = windows.channels / groups;
        let inputs = windows.taps().saturating_mul(seen);
        let outputs = windows.taps().saturating_mul(width / groups);
        let start = cx.start("init", Shape::Weights { inputs, outputs })?;
        let dims = [windows.sizes(), vec![seen, width]].concat();
        let mut weight = ParamDecl::new("weight", dims, ParamRole::Weight, start);
        weight.max_norm = cx.args.opt_number("max_norm");
        weight.penalties = penalties::own(cx.args);
        cx.param(weight);
        declare_bias(cx, width)?;
        Ok(windows.result(cx.input(), width))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn looks_ahead(&self, args: &Args, input: &Ty) -> bool {
        !is_causal(args) && Windows::read(args, input).taps() > 1
    }

    fn facts(&self) -> Facts {
        Facts { slides: true, ..Facts::NONE }
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![match (sought.ending, sought.library) {
            ("weight", Library::Torch) => sought.filters(&["weight"], 1, 0),
            ("weight", Library::Keras) => sought.same(&["kernel"]),
            _ => sought.same(&["bias"]),
        }]
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let windows = Windows::read(cx.args, cx.input_ty());
        let (groups, width) = (cx.args.count("groups"), cx.args.count("width"));
        let x = cx.own_steps(cx.input(), 0.0);
        let x = windows.over(cx.b, x);
        let (w, geometry) = (cx.param(0), windows.geometry());
        let (seen, filters) = (windows.channels / groups, width / groups);
        let maps = if groups == 1 {
            convolved(cx, x, w, &geometry)
        } else {
            let (of_x, of_w) = (windows.spatial() + 1, windows.spatial() + 1);
            let parts: Vec<ValueId> = (0..groups)
                .map(|group| {
                    let x = cx.b.slice(x, of_x, group * seen, seen);
                    let w = cx.b.slice(w, of_w, group * filters, filters);
                    convolved(cx, x, w, &geometry)
                })
                .collect();
            cx.b.concat(&parts, of_x)
        };
        if cx.param_count() == 1 {
            return maps;
        }
        cx.b.add_bias(maps, cx.param(1))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        let windows = Windows::read(&used.args, inputs[0]);
        node.ty.len() * windows.taps() * windows.channels / used.args.count("groups")
    }
}

/// Windows of `x` times `w`, `[.., channels, filters]`.
fn convolved(cx: &mut Lower<'_>, x: ValueId, w: ValueId, geometry: &Geometry) -> ValueId {
    let windows = cx.b.windows(x, geometry, 0.0);
    let over: Vec<(usize, usize)> = (geometry.taps()..).zip(0..=geometry.axes.len()).collect();
    cx.b.contract(windows, w, &[], &over)
}

/// `groups` must divide both channels and filters.
fn groups(cx: &Infer<'_>, channels: usize, width: usize) -> Result<usize, Diagnostic> {
    let groups = cx.args.count("groups");
    if channels.is_multiple_of(groups) && width.is_multiple_of(groups) {
        return Ok(groups);
    }
    let (what, n) = if channels.is_multiple_of(groups) { ("filter", width) } else { ("channel", channels) };
    let mut common: Vec<String> = (1..=channels.min(width).min(64))
        .filter(|n| channels.is_multiple_of(*n) && width.is_multiple_of(*n))
        .map(|n| n.to_string())
        .collect();
    common.truncate(8);
    Err(Diagnostic::error("E0301", cx.args.span_of("groups"), undivided(n, what, groups))
        .label(format!("sees {}, makes {width} filter{}", cx.input(), if width == 1 { "" } else { "s" }))
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help(format!("groups that divide both: {}", common.join(", "))))
}

/// `3 channels do not divide into 2 groups`
pub fn undivided(n: usize, what: &str, groups: usize) -> String {
    match n {
        1 => format!("1 {what} does not divide into {groups} groups"),
        _ => format!("{n} {what}s do not divide into {groups} groups"),
    }
}

/// Declares `bias [width]` unless `bias=false`.
pub fn declare_bias(cx: &mut Infer<'_>, width: usize) -> Result<(), Diagnostic> {
    if cx.args.flag("bias") {
        let start = cx.start("bias_init", Shape::Biases)?;
        cx.param(ParamDecl::new("bias", vec![width], ParamRole::Bias, start));
        return Ok(());
    }
    match cx.args.is_written("bias_init") {
        false => Ok(()),
        true => {
            let span = cx.args.span_of("bias_init");
            Err(Diagnostic::error("E0211", span, "`bias_init` without a bias").label("has no effect here"))
        }
    }
}
