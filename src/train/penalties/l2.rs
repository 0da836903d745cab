//! Penalises the squared size of weights: `amount * sum w^2`, so its gradient is `2 amount w`.
//!
//! # Arguments
//! `amount` is the coefficient; `bayes_decay(length_scale=, precision=)` finds it for each matrix (`dropnet explain bayes_decay`). Biases and norm parameters are left out unless `on=all`.
//!
//! # Example
//! ```net
//! penalize l2, 1e-4
//! ```

use super::Penalty;
use crate::{
    graph::{Builder, ValueId},
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct L2;
pub static WORD: L2 = L2;

/// As an argument of a layer, for its weights alone.
pub const OF_WEIGHTS: ArgSpec = ArgSpec::named(
    "l2",
    Kind::Number(Bounds::NON_NEGATIVE),
    Default::Number(0.0),
    "penalty on squared weights",
);

static SIG: Sig = Sig {
    name: "l2",
    about: "penalises the squared size of weights",
    args: &[
        ArgSpec::required(
            "amount",
            Kind::Decay(Bounds::NON_NEGATIVE),
            "coefficient of the penalty, or `bayes_decay(...)`",
        ),
        ArgSpec::named(
            "on",
            Kind::Word(&["weights", "all"]),
            Default::Word("weights"),
            "what is penalised: weights, or biases and norms too",
        ),
    ],
    block: Block::None,
};

impl Penalty for L2 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("ridge", "l2"), ("weight_decay", "l2")]
    }

    fn is_quadratic(&self) -> bool {
        true
    }

    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId {
        let size = b.mul(param, param);
        b.sum_all(size)
    }
}
