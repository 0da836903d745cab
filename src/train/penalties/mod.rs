//! Penalties: `penalize WORD, amount`. A penalty adds a term of the parameters to the objective.

use crate::{
    graph::{Builder, ValueId},
    vocab::Sig,
};

pub trait Penalty: Sync {
    fn sig(&self) -> &'static Sig;

    /// The penalised size of a parameter, a scalar: the sum of squares, of absolute values. The amount multiplies it.
    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId;
}

crate::train::family! { Penalty: l1, l2 }

pub mod bayes_decay;
pub use bayes_decay::BayesDecay;
