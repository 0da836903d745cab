//! Every place of a sequence looks at the places of another value, named by its label.
//!
//! # What it does
//! As `attention`, but keys and values are made of the value that is named: queries of what flows ask there, and the result has the shape of what flows.
//!
//! # Formula
//! `softmax(Q K^T / sqrt(d)) V` a head with `Q = x W_q`, `K = m W_k`, `V = m W_v` (and biases), then `W_o`; `x` flows, `m` is named.
//!
//! # Shape
//! Both are `[time, channel]`, of any lengths and widths; the result has the shape of what flows.
//!
//! # Arguments
//! The label (or input) that is looked at. `heads` divides the width of what flows; `dropout`, `kv_heads`, `bias` and `init` are those of `attention`.
//!
//! # Train and eval
//! As `attention`: weights are dropped in training and in Monte-Carlo prediction, at the site `PATH.weights`.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[12], seen: real[20]
//!   memory: from seen -> reshape 5x4, roles=[time, channel] -> dense 6
//!   from x -> reshape 3x4, roles=[time, channel]
//!   cross_attention memory, heads=2, dropout=0.1
//!   mean_pool over=time
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Vaswani et al. 2017, Attention is all you need. Bahdanau, Cho and Bengio 2015, Neural machine translation by jointly learning to align and translate.

use super::{
    Expand, InFile, Infer, InnerDrop, Layer, Lower, OverTime, Sought, Stop,
    attention::{self, BIAS, DROPOUT, HEADS, KV_HEADS},
    initial::INIT,
};
use crate::{
    diag::Diagnostic,
    graph::{Attention as Form, Builder, Dim, ValueId},
    model::{Node, NodeId, Ty},
    vocab::{ArgSpec, Args, Block, Kind, Sig},
};

pub struct CrossAttention;
pub static LAYER: CrossAttention = CrossAttention;

static SIG: Sig = Sig {
    name: "cross_attention",
    about: "mixes places of another value by how well queries fit its keys",
    args: &[
        ArgSpec::required("memory", Kind::Name, "label or input that is looked at"),
        HEADS_BY_NAME,
        DROPOUT,
        KV_HEADS,
        BIAS,
        INIT,
    ],
    block: Block::None,
};

/// The same as of `attention`, which takes it without its name too.
const HEADS_BY_NAME: ArgSpec = ArgSpec { positional: false, ..HEADS };

impl Layer for CrossAttention {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("CrossAttention", "cross_attention"), ("EncoderDecoderAttention", "cross_attention")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let memory = cx.one("memory");
        cx.node(&[cx.flow(), memory])
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let ((queries, width), (keys, seen)) = (attention::sequence(cx, 0)?, attention::sequence(cx, 1)?);
        let form = attention::form(cx.args, queries, keys, width);
        attention::check(cx, &form, width)?;
        attention::declare(cx, &form, (width, seen))?;
        Ok(cx.input().with_last(width))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (x, memory) = (cx.multiplied(0), cx.multiplied(1));
        let form = of(cx.args, &[&cx.input_types[0], &cx.input_types[1]]);
        let joined = cx.b.concat(&[cx.param(1), cx.param(2)], 1);
        let (mut queries, mut seen) = (cx.b.matmul(x, cx.param(0)), cx.b.matmul(memory, joined));
        if cx.args.flag("bias") {
            queries = cx.b.add_bias(queries, cx.param(4));
            let biases = cx.b.concat(&[cx.param(5), cx.param(6)], 0);
            seen = cx.b.add_bias(seen, biases);
        }
        let parts = [row(cx.b, queries), row(cx.b, seen)];
        let packed = cx.b.concat(&parts, 1);
        attention::attended(cx, form, packed, 1)
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        attention::in_files(sought)
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn inner_drops(&self, node: &Node, inputs: &[&Ty]) -> Vec<InnerDrop> {
        node.layer().map_or_else(Vec::new, |used| attention::dropped(&used.args, &of(&used.args, inputs)))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let Some(used) = node.layer() else { return 0 };
        let form = of(&used.args, inputs);
        let width = inputs[0].axes[1].size;
        let asked = form.queries * width * 2 * form.all();
        asked + inputs[1].len() * 2 * form.shared() + 2 * form.queries * form.keys * form.all()
    }
}

/// The form over these two values.
fn of(args: &Args, inputs: &[&Ty]) -> Form {
    let steps = |ty: &Ty| ty.axes[0].size;
    let form = attention::form(args, steps(inputs[0]), steps(inputs[1]), inputs[0].axes[1].size);
    Form { across: true, ..form }
}

/// A value as one line of numbers a row.
fn row(b: &mut Builder, x: ValueId) -> ValueId {
    let len = b.ty(x).row_len();
    b.reshape(x, &[Dim::Batch, Dim::Const(len)])
}
