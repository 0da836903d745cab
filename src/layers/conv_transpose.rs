//! A transposed convolution: a convolution backwards, which makes maps larger.
//!
//! # What it does
//! Each place of the map writes a window of the result, its channels times one matrix of weights; where windows overlap their numbers are
//! added. Its forward step is what a `conv` of the same size and stride does to gradients.
//!
//! # Formula
//! `y[i stride + u dilation - border, j stride + v dilation - border, f] = b[f] + sum over c of x[i, j, c] W[u, v, c, f]`, summed over all `i, u` and `j, v` that meet
//! there.
//!
//! # Shape
//! `h x w x c` becomes `h' x w' x width`; `steps x c` becomes `steps' x width`, with one number for `size`. With `pad=same` h' is `h stride`; with
//! `pad=valid` it is `(h - 1) stride + size`. `W` is `[height, width, c, width]`, `b` is `[width]`.
//!
//! # Arguments
//! `width` is the number of filters, the channels of the result; `size` that of a window (`2x2`). `stride` and `dilation` take one number for all axes, or
//! one an axis. `pad=same` cuts off what windows overlap beyond `h stride`, one more behind than in front where that is odd; `pad=valid` nothing; `pad=1` that many places on each side.
//! A size that is no multiple of the stride leaves a chessboard of places that more windows reach than others. `bias=false`
//! leaves `b` out. `init` is the start of `W`, `glorot_uniform` unless given, whose inputs are `height width c`; `bias_init` that of `b`, which is
//! zeros unless given. `max_norm=c` projects each filter onto a ball of radius c after every update; `l1`, `l2` penalise these weights alone.
//!
//! # Train and eval
//! The same; inside `drop_connect` the weights are masked in training.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[3, 4, 2]
//!   conv_transpose 4, 2x2, stride=2 -> relu
//!   conv_transpose 3, 3x3, stride=2x1, bias=false
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```
//!
//! # Papers
//! Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning. Odena et al. 2016, Deconvolution and checkerboard artifacts.

use super::{
    Facts, InFile, Infer, Layer, Library, Lower, Sought,
    conv::{MAX_NORM, WIDTH, declare_bias},
    infer::ParamDecl,
    initial::{BIAS_INIT, INIT, Shape},
    slide::{DILATION, SAME, SIZE, STRIDE, Windows},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Node, NodeKind, ParamRole, Ty},
    train::penalties,
    vocab::{ArgSpec, Block, Default, Kind, Sig},
};

pub struct ConvTranspose;
pub static LAYER: ConvTranspose = ConvTranspose;

static SIG: Sig = Sig {
    name: "conv_transpose",
    about: "transposed convolution: makes maps larger",
    args: &[
        WIDTH,
        SIZE,
        STRIDE,
        SAME,
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

impl Layer for ConvTranspose {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ConvTranspose1d", "conv_transpose"),
            ("ConvTranspose2d", "conv_transpose"),
            ("Conv1DTranspose", "conv_transpose"),
            ("Conv2DTranspose", "conv_transpose"),
            ("Deconvolution2D", "conv_transpose"),
            ("deconv", "conv_transpose"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let windows = Windows::enlarging(cx)?;
        let width = cx.args.count("width");
        let inputs = windows.taps().saturating_mul(windows.channels);
        let outputs = windows.taps().saturating_mul(width);
        let start = cx.start("init", Shape::Weights { inputs, outputs })?;
        let dims = [windows.sizes(), vec![windows.channels, width]].concat();
        let mut weight = ParamDecl::new("weight", dims, ParamRole::Weight, start);
        weight.max_norm = cx.args.opt_number("max_norm");
        weight.penalties = penalties::own(cx.args);
        cx.param(weight);
        declare_bias(cx, width)?;
        Ok(windows.enlarged(cx.input(), width))
    }

    fn facts(&self) -> Facts {
        Facts { slides: true, ..Facts::NONE }
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![match (sought.ending, sought.library) {
            ("weight", Library::Torch) => sought.filters(&["weight"], 0, 1),
            ("weight", Library::Keras) => {
                let outputs = sought.places();
                sought.filters(&["kernel"], outputs + 1, outputs)
            }
            _ => sought.same(&["bias"]),
        }]
    }

    /// What a convolution does to gradients: products over channels, and sums of the windows that they are.
    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let windows = Windows::read_enlarging(cx.args, cx.input_ty());
        let (w, axes) = (cx.param(0), windows.spatial());
        let x = windows.over(cx.b, cx.input());
        let mut filters_first: Vec<usize> = (0..axes + 2).collect();
        filters_first.swap(axes, axes + 1);
        let w = cx.b.transpose(w, &filters_first);
        let written = cx.b.contract(x, w, &[], &[(axes + 1, axes + 1)]);
        let maps = cx.b.overlap(written, &windows.geometry());
        if cx.param_count() == 1 {
            return maps;
        }
        cx.b.add_bias(maps, cx.param(1))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let NodeKind::Layer(used) = &node.kind else { return 0 };
        let windows = Windows::read_enlarging(&used.args, inputs[0]);
        inputs[0].len() * windows.taps() * used.args.count("width")
    }
}
