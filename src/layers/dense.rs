//! A fully connected layer: every output sees every input.
//!
//! # What it does
//! Multiplies by a matrix of weights and adds a bias.
//!
//! # Formula
//! `y = x W + b`, `W` of shape `[in, out]`, `b` of shape `[out]`.
//!
//! # Shape
//! A vector of `in` numbers becomes a vector of `width`; of a value over time, each step does. Put `flatten` before it for anything else.
//!
//! # Arguments
//! `width` is the number of units; `bias=false` leaves `b` out. `init` is the start of `W`, `glorot_uniform` unless given: a word, with its sizes
//! in brackets where it has any (`init=normal(sd=0.01)`); `bias_init` that of `b`, which is zeros unless given. `max_norm=c`
//! projects each unit's incoming weights onto a ball of radius c after every update; `l1`, `l2` penalise this layer's weights alone.
//!
//! # Train and eval
//! The same; inside `drop_connect` the weights are masked in training.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 8, init=he_normal, max_norm=3
//!   relu
//!   dense 2, bias=false
//!   output y: real[2]
//! }
//! ```
//!
//! # Papers
//! Srivastava et al. 2014 (max-norm).

use super::{
    Facts, InFile, Infer, Layer, Library, Lower, OverTime, Sought,
    infer::ParamDecl,
    initial::{BIAS_INIT, INIT, Shape},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Node, ParamRole, Ty},
    train::penalties,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Dense;
pub static LAYER: Dense = Dense;

static SIG: Sig = Sig {
    name: "dense",
    about: "fully connected layer",
    args: &[
        ArgSpec::required("width", Kind::Count { min: 1 }, "number of units"),
        ArgSpec::named("bias", Kind::Bool, Default::Bool(true), "add a bias"),
        INIT,
        BIAS_INIT,
        ArgSpec::named(
            "max_norm",
            Kind::Number(Bounds::POSITIVE),
            Default::Absent,
            "largest norm of a unit's incoming weights",
        ),
        penalties::l1::OF_WEIGHTS,
        penalties::l2::OF_WEIGHTS,
    ],
    block: Block::None,
};

impl Layer for Dense {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Linear", "dense"), ("fc", "dense"), ("fully_connected", "dense")]
    }

    fn facts(&self) -> Facts {
        Facts { multiplies: true, ..Facts::NONE }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let fan_in = cx.last()?;
        let width = cx.args.count("width");
        let start = cx.start("init", Shape::Weights { inputs: fan_in, outputs: width })?;
        let mut weight = ParamDecl::new("weight", vec![fan_in, width], ParamRole::Weight, start);
        weight.max_norm = cx.args.opt_number("max_norm");
        weight.penalties = penalties::own(cx.args);
        cx.param(weight);
        if cx.args.flag("bias") {
            let start = cx.start("bias_init", Shape::Biases)?;
            cx.param(ParamDecl::new("bias", vec![width], ParamRole::Bias, start));
        } else if cx.args.is_written("bias_init") {
            let span = cx.args.span_of("bias_init");
            return Err(
                Diagnostic::error("E0211", span, "`bias_init` without a bias").label("has no effect here")
            );
        }
        Ok(cx.input().with_last(width))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![match (sought.ending, sought.library) {
            ("weight", Library::Torch) => sought.matrix(&["weight"]),
            ("weight", Library::Keras) => sought.same(&["kernel"]),
            _ => sought.same(&["bias"]),
        }]
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.multiplied(0);
        let product = cx.b.matmul(x, cx.param(0));
        if cx.param_count() == 1 {
            return product;
        }
        cx.b.add_bias(product, cx.param(1))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        inputs[0].len() * node.ty.axes.last().map_or(1, |axis| axis.size)
    }
}
