//! Penalises the absolute size of weights: `amount * sum |w|`.
//!
//! # Arguments
//! `amount` is the coefficient. Biases and norm parameters are left out unless `on=all`.
//!
//! # Example
//! ```net
//! penalize l1, 1e-5
//! ```

use super::Penalty;
use crate::{
    graph::{Builder, ValueId},
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct L1;
pub static WORD: L1 = L1;

/// As an argument of a layer, for its weights alone.
pub const OF_WEIGHTS: ArgSpec = ArgSpec::named(
    "l1",
    Kind::Number(Bounds::NON_NEGATIVE),
    Default::Number(0.0),
    "penalty on absolute weights",
);

static SIG: Sig = Sig {
    name: "l1",
    about: "penalises the absolute size of weights",
    args: &[
        ArgSpec::required("amount", Kind::RunTime(Bounds::NON_NEGATIVE), "coefficient of the penalty"),
        ArgSpec::named(
            "on",
            Kind::Word(&["weights", "all"]),
            Default::Word("weights"),
            "what is penalised: weights, or biases and norms too",
        ),
    ],
    block: Block::None,
};

impl Penalty for L1 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("lasso", "l1")]
    }

    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId {
        let size = b.abs(param);
        b.sum_all(size)
    }
}
