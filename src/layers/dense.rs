//! A fully connected layer: every output sees every input.
//!
//! # What it does
//! Multiplies by a matrix of weights and adds a bias.
//!
//! # Formula
//! `y = x W + b`, `W` of shape `[in, out]`, `b` of shape `[out]`.
//!
//! # Shape
//! A vector of `in` numbers becomes a vector of `width`. Put `flatten` before it for anything else.
//!
//! # Arguments
//! `width` is the number of units; `bias=false` leaves `b` out. `init` is the start of `W`: `glorot_uniform` (default), `glorot_normal`, `he_uniform`, `he_normal`, `lecun_uniform`, `lecun_normal`, `zeros`; `b` starts
//! at zero. `max_norm=c` projects each unit's incoming weights onto a ball of radius c after every update; `l1`, `l2` penalise this
//! layer's weights alone.
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
//! Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998 (initialisation); Srivastava et al. 2014 (max-norm).

use super::{Infer, Layer, Lower, infer::ParamDecl};
use crate::{train::penalties, 
    diag::Diagnostic,
    graph::ValueId,
    model::{Init, Node, ParamRole, Ty},
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct Dense;
pub static LAYER: Dense = Dense;

const INITS: &[&str] =
    &["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "zeros"];

static SIG: Sig = Sig {
    name: "dense",
    about: "fully connected layer",
    args: &[
        ArgSpec::required("width", Kind::Count { min: 1 }, "number of units"),
        ArgSpec::named("bias", Kind::Bool, Default::Bool(true), "add a bias"),
        ArgSpec::named("init", Kind::Word(INITS), Default::Word("glorot_uniform"), "start of the weights"),
        ArgSpec::named("max_norm", Kind::Number(Bounds::POSITIVE), Default::Absent, "largest norm of a unit's incoming weights"),
        penalties::l1::OF_WEIGHTS,
        penalties::l2::OF_WEIGHTS,
    ],
    block: Block::None,
};

impl Layer for Dense {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let fan_in = cx.vector()?;
        let width = cx.args.count("width");
        let mut weight = ParamDecl::new("weight", vec![fan_in, width], ParamRole::Weight, init(cx.args.word("init"), fan_in, width));
        weight.max_norm = cx.args.opt_number("max_norm");
        weight.penalties = penalties::own(cx.args);
        cx.param(weight);
        if cx.args.flag("bias") {
            cx.param(ParamDecl::new("bias", vec![width], ParamRole::Bias, Init::Zeros));
        }
        Ok(Ty::units(width))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let product = cx.b.matmul(cx.input(), cx.param(0));
        if cx.param_count() == 1 {
            return product;
        }
        cx.b.add_bias(product, cx.param(1))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        inputs[0].len() * node.ty.len()
    }
}

/// Variances of the named initialisers: 2/(in+out), 2/in, 1/in; a uniform limit is sqrt(3) standard deviations.
fn init(word: &str, fan_in: usize, fan_out: usize) -> Init {
    let (family, shape) = word.split_once('_').unwrap_or((word, ""));
    let variance = match family {
        "glorot" => 2.0 / (fan_in + fan_out) as f64,
        "he" => 2.0 / fan_in as f64,
        "lecun" => 1.0 / fan_in as f64,
        _ => return Init::Zeros,
    };
    match shape {
        "uniform" => Init::Uniform { limit: (3.0 * variance).sqrt() },
        _ => Init::Normal { sd: variance.sqrt() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialisers_have_their_papers_variance() {
        assert_eq!(init("glorot_uniform", 4, 2), Init::Uniform { limit: 1.0 });
        assert_eq!(init("he_normal", 8, 2), Init::Normal { sd: 0.5 });
        assert_eq!(init("lecun_uniform", 3, 9), Init::Uniform { limit: 1.0 });
        assert_eq!(init("zeros", 3, 9), Init::Zeros);
    }
}
