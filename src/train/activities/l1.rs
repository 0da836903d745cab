//! Penalises the absolute size of what a chain computes, so that few units are active for a row.
//!
//! # Formula
//! `amount * mean |h|`, over elements, rows and the steps that are the row's own; `h` is the value of the chain that the label names, behind its dropouts as training has them.
//! Keras's `activity_regularizer=l1(a)` sums over the elements of a row: its `a` is `amount` divided by their number.
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
//!   penalize l1, 1e-3, of=h
//!   epochs 2
//! }
//! ```
//!
//! # Papers
//! Glorot, Bordes and Bengio 2011, Deep sparse rectifier neural networks.

use super::{AMOUNT, Activity, OF, Penalised, mean};
use crate::{
    graph::{Builder, ValueId},
    vocab::{Block, Sig},
};

pub struct L1;
pub static WORD: L1 = L1;

static SIG: Sig = Sig {
    name: "l1",
    about: "penalises the absolute size of what a chain computes",
    args: &[AMOUNT, OF],
    block: Block::None,
};

impl Activity for L1 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("activity_l1", "l1"), ("activity_regularizer", "l1")]
    }

    fn size(&self, b: &mut Builder, of: &Penalised) -> ValueId {
        let sizes = b.abs(of.value);
        mean(b, sizes, of.within)
    }
}
