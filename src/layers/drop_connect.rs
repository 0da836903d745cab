//! Drops weights at random while training.
//!
//! # What it does
//! Masks every weight matrix of the layers in its block: each weight is set to zero with probability `p`, the others are divided by `1 - p`.
//! Biases and the gains of normalisations stay as they are. One mask a step serves all rows of the minibatch, so a product stays a
//! product. In evaluation the mean weights act.
//!
//! # Formula
//! `W' = W * M / (1 - p)`, `M_ij ~ Bernoulli(1 - p)`, in training; `W' = W` in evaluation.
//!
//! # Shape
//! That of the block.
//!
//! # Arguments
//! `p` is the probability of dropping a weight. `share=batch` is one mask a step. `always=true` masks in evaluation too.
//! `on=recurrent` masks in `rnn`, `gru` and `lstm` the matrices alone that multiply what the step before left, `drop_connect 0.5, on=recurrent { lstm 400 }`: the same
//! mask at all steps of the window, as in the AWD-LSTM. `on=all`, the default, masks every matrix.
//!
//! # Train and eval
//! Masked in training and in Monte-Carlo prediction, unmasked in evaluation unless `always=true`.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   drop_connect 0.5 {
//!     dense 16 -> relu
//!   }
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Wan et al. 2013, Regularization of neural networks using DropConnect. Merity, Keskar and Socher 2017, Regularizing and optimizing LSTM language models (`on=recurrent`).

use super::{Expand, Infer, Layer, Lower, Stop, rate::unusable};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Ty, WeightDrop},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed},
};

pub struct DropConnect;
pub static LAYER: DropConnect = DropConnect;

static SIG: Sig = Sig {
    name: "drop_connect",
    about: "drops weights of its block at random while training",
    args: &[
        ArgSpec::required("p", Kind::Timed(Bounds::BELOW_ONE), "probability of dropping a weight"),
        ArgSpec::named(
            "share",
            Kind::Word(&["batch", "none"]),
            Default::Word("batch"),
            "rows that share one mask",
        ),
        ArgSpec::named(
            "on",
            Kind::Word(&["all", "recurrent"]),
            Default::Word("all"),
            "which matrices: all, or those that multiply what the step before left",
        ),
        ArgSpec::named("always", Kind::Bool, Default::Bool(false), "drop in evaluation too"),
    ],
    block: Block::Body,
};

impl Layer for DropConnect {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("WeightDrop", "drop_connect")]
    }

    /// Makes no node: its block's nodes bear the masking.
    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        if let Some(error) = refused(cx) {
            return Err(cx.stop(error));
        }
        let drop = WeightDrop {
            p: cx.args.opt_timed("p").unwrap_or(Timed::ZERO),
            always: cx.args.flag("always"),
            recurrent: cx.args.word("on") == "recurrent",
        };
        let before = cx.masked_by(drop);
        let flow = cx.body_with_weight_drop(drop);
        let result = cx.pass(flow)?;
        if cx.masked_by(drop) == before {
            return Err(cx.stop(nothing(&cx.args, drop.recurrent)));
        }
        Ok(result)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        cx.input()
    }
}

/// A block without what is to be masked.
fn nothing(args: &Args, recurrent: bool) -> Diagnostic {
    match recurrent {
        true => Diagnostic::error(
            "E0211",
            args.span_of("on"),
            "`on=recurrent` around layers without recurrent weights",
        )
        .label("nothing to drop")
        .help("put it around `rnn`, `gru` or `lstm`, or leave `on` out"),
        false => Diagnostic::error("E0211", args.span, "`drop_connect` around layers without weights")
            .label("nothing to drop")
            .help("put it around `dense` layers; to drop activations write `dropout`"),
    }
}

/// What is wrong with this use, apart from its block.
fn refused(cx: &Expand<'_, '_>) -> Option<Diagnostic> {
    let args = &cx.args;
    if args.word("share") == "none" {
        let error = Diagnostic::error("E0204", args.span_of("share"), "a mask a row is not in this version")
            .label("not built yet")
            .help("leave `share` out: one mask a step");
        return Some(error);
    }
    if cx.in_weight_drop() {
        let error = Diagnostic::error("E0211", args.span, "`drop_connect` inside `drop_connect`")
            .label("these weights are masked already")
            .help("write one `drop_connect` around all of them");
        return Some(error);
    }
    unusable(args.opt_timed("p")?, "weight", args.span_of("p"))
}
