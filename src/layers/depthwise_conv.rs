//! A convolution of each channel by itself.
//!
//! # What it does
//! Slides windows over height and width (or over the steps of a series) and sums what each sees of a channel, weighted; no channel sees another. With a
//! `conv` of 1x1 behind it, which mixes channels, it does much of what a `conv` does for a small part of the multiplications.
//!
//! # Formula
//! `y[i, j, c] = b[c] + sum over window places u, v of x[i stride + u dilation - border, j stride + v dilation - border, c] W[u, v, 0, c]`. Outside of the map x is 0.
//!
//! # Shape
//! `h x w x c` becomes `h' x w' x c`; `steps x c` becomes `steps' x c`, with one number for `size`. With `pad=same`
//! h' is h / stride, rounded up; with `pad=valid` windows stay inside. `W` is `[height, width, 1, c]`, `b` is `[c]`.
//!
//! # Arguments
//! `size` is that of a window (`3x3`). `stride` and `dilation` take one number for all axes, or
//! one an axis. `pad=same` surrounds the map by as many zeros as keep its size, one more behind than in front where they are odd; `pad=valid` by none;
//! `pad=1` by that many; over steps, `pad=causal` puts all of the border in front, so that a result sees nothing that comes later. `bias=false` leaves `b` out. `init` is the start of `W`, `glorot_uniform` unless given, whose inputs and outputs are `height width`; `bias_init` that of `b`, which is
//! zeros unless given. `max_norm=c` projects the window of each channel onto a ball of radius c after every update; `l1`, `l2` penalise these weights alone.
//!
//! # Train and eval
//! The same; inside `drop_connect` the weights are masked in training.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[6, 5, 3]
//!   depthwise_conv 3x3, bias=false -> conv 4, 1x1 -> relu
//!   depthwise_conv 3x2, stride=2
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```
//!
//! # Papers
//! Chollet 2017, Xception: deep learning with depthwise separable convolutions. Howard et al. 2017, MobileNets.

use super::{
    Facts, InFile, Infer, Layer, Library, Lower, OverTime, Sought,
    conv::{MAX_NORM, declare_bias},
    infer::ParamDecl,
    initial::{BIAS_INIT, INIT, Shape},
    slide::{DILATION, SAME_OR_CAUSAL, SIZE, STRIDE, Windows, is_causal},
};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Node, NodeKind, ParamRole, Ty},
    train::penalties,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct DepthwiseConv;
pub static LAYER: DepthwiseConv = DepthwiseConv;

static SIG: Sig = Sig {
    name: "depthwise_conv",
    about: "convolution of each channel by itself",
    args: &[
        SIZE,
        STRIDE,
        SAME_OR_CAUSAL,
        DILATION,
        ArgSpec::named("bias", Kind::Bool, Default::Bool(true), "add a bias"),
        INIT,
        BIAS_INIT,
        MAX_NORM,
        penalties::l1::OF_WEIGHTS,
        penalties::l2::OF_WEIGHTS,
    ],
    block: Block::None,
};

impl Layer for DepthwiseConv {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("DepthwiseConv1D", "depthwise_conv"), ("DepthwiseConv2D", "depthwise_conv")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let windows = Windows::of(cx)?;
        let start = cx.start("init", Shape::Weights { inputs: windows.taps(), outputs: windows.taps() })?;
        let dims = [windows.sizes(), vec![1, windows.channels]].concat();
        let mut weight = ParamDecl::new("weight", dims, ParamRole::Weight, start);
        weight.max_norm = cx.args.opt_number("max_norm");
        weight.penalties = penalties::own(cx.args);
        cx.param(weight);
        declare_bias(cx, windows.channels)?;
        Ok(windows.result(cx.input(), windows.channels))
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
            ("weight", Library::Keras) => {
                let channels = sought.places();
                sought.filters(&["kernel", "depthwise_kernel"], channels + 1, channels)
            }
            _ => sought.same(&["bias"]),
        }]
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let windows = Windows::read(cx.args, cx.input_ty());
        let geometry = windows.geometry();
        let x = cx.own_steps(cx.input(), 0.0);
        let x = windows.over(cx.b, x);
        let seen = cx.b.windows(x, &geometry, 0.0);
        let dims: Vec<Dim> = windows.sizes().into_iter().chain([windows.channels]).map(Dim::Const).collect();
        let w = cx.b.reshape(cx.param(0), &dims);
        let w = cx.b.along_last(w, seen);
        let products = cx.b.mul(seen, w);
        let maps = cx.b.sum(products, &geometry.tap_axes());
        if cx.param_count() == 1 {
            return maps;
        }
        cx.b.add_bias(maps, cx.param(1))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        node.ty.len() * Windows::read(&used.args, inputs[0]).taps()
    }
}
