//! Penalises the squared size of what a chain computes: what `ar` does, by the name that penalties of weights have.
//!
//! # Formula
//! `amount * mean h^2`, over elements, rows and the steps that are the row's own; `h` is the value of the chain that the label names, behind its dropouts as training has them.
//! Keras's `activity_regularizer=l2(a)` sums over the elements of a row: its `a` is `amount` divided by their number.
//!
//! # Arguments
//! `amount` is the coefficient, `of` the label of the chain; without `of` it is the weights that are penalised.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[3]
//!   h: dense 16 -> relu
//!   dense 1
//!   output y: real[1]
//! }
//! train {
//!   loss squared_error
//!   optimizer adam, lr=1e-3
//!   penalize l2, 1e-3, of=h
//!   epochs 2
//! }
//! ```

use super::{AMOUNT, Activity, OF, Penalised, ar};
use crate::{
    graph::{Builder, ValueId},
    vocab::{Block, Sig},
};

pub struct L2;
pub static WORD: L2 = L2;

static SIG: Sig = Sig {
    name: "l2",
    about: "penalises the squared size of what a chain computes",
    args: &[AMOUNT, OF],
    block: Block::None,
};

impl Activity for L2 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("activity_l2", "l2")]
    }

    fn size(&self, b: &mut Builder, of: &Penalised) -> ValueId {
        ar::WORD.size(b, of)
    }
}
