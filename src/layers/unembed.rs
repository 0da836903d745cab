//! Logits of tokens by the table that looks tokens up: one matrix at both ends of a net.
//!
//! # What it does
//! Multiplies each step by the vectors of an `embedding`, which it names by a label: a token is as likely as its vector is near to what the net has made of the
//! row so far. The table is one parameter: both ends add to its gradient, and it decays once.
//!
//! # Formula
//! `z[t] = W h[t]` (`+ b`), `W` of shape `[V, width]`, the table of the embedding.
//!
//! # Shape
//! Steps of `width` numbers, the width of the embedding, become steps of V logits.
//!
//! # Arguments
//! `table` is the label of a chain with one `embedding`. `bias=true` adds a number for each token, which starts at 0 or as `bias_init` says. What the chain drops is dropped in the look-up alone: `unembed` sees the whole table.
//!
//! # Train and eval
//! The same; inside `drop_connect` the table is masked here.
//!
//! # Example
//! ```net
//! net {
//!   input text: token[6, vocab=20]
//!   words: embedding 4
//!   lstm 4
//!   unembed words
//!   output next: token[6, vocab=20]
//! }
//! ```
//!
//! # Papers
//! Press and Wolf 2017, Using the output embedding to improve language models. Inan, Khosravi and Socher 2017, Tying word vectors and word classifiers.

use super::{
    Expand, Facts, InFile, Infer, Layer, Lower, OverTime, Sought, Stop,
    infer::ParamDecl,
    initial::{BIAS_INIT, Shape},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Node, NodeId, ParamRole, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Unembed;
pub static LAYER: Unembed = Unembed;

static SIG: Sig = Sig {
    name: "unembed",
    about: "logits of tokens by the table of an embedding",
    args: &[
        ArgSpec::required("table", Kind::Name, "label of the embedding"),
        ArgSpec::named("bias", Kind::Bool, Default::Bool(false), "add a number for each token"),
        BIAS_INIT,
    ],
    block: Block::None,
};

impl Layer for Unembed {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("ReversibleEmbedding", "unembed"), ("lm_head", "unembed")]
    }

    fn facts(&self) -> Facts {
        Facts { multiplies: true, ..Facts::NONE }
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let table = cx.table("table")?;
        cx.node_lent(&[cx.flow()], &[table])
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let [vocab, width] = cx.lent[0][..] else {
            return Err(cx.mismatch("`unembed` takes a table of vectors"));
        };
        if cx.last()? != width {
            let help = format!("write `dense {width}` before it, or an embedding as wide as what comes here");
            return Err(cx
                .mismatch(format!("the vectors of the embedding have {width} numbers, found {}", cx.input()))
                .help(help));
        }
        if cx.args.flag("bias") {
            let start = cx.start("bias_init", Shape::Biases)?;
            cx.param(ParamDecl::new("bias", vec![vocab], ParamRole::Bias, start));
        } else if cx.args.is_written("bias_init") {
            let span = cx.args.span_of("bias_init");
            return Err(
                Diagnostic::error("E0211", span, "`bias_init` without a bias").label("has no effect here")
            );
        }
        Ok(cx.input().with_last(vocab))
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![sought.same(&["bias"])]
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        // What is lent comes last.
        let table = cx.param(cx.param_count() - 1);
        let x = cx.multiplied(0);
        let rank = cx.b.ty(x).dims.len();
        let logits = cx.b.contract(x, table, &[], &[(rank - 1, 1)]);
        if cx.param_count() == 1 {
            return logits;
        }
        cx.b.add_bias(logits, cx.param(0))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        inputs[0].len() * node.ty.axes.last().map_or(1, |axis| axis.size)
    }
}
