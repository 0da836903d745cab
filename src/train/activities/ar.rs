//! Penalises large activations: the mean square of what a chain computes.
//!
//! # Formula
//! `amount * mean h^2`, over elements, rows and the steps that are the row's own; `h` is the value of the chain that the label names, behind its dropouts as training has them.
//!
//! # Arguments
//! `amount` is the coefficient, `of` the label of the chain.
//!
//! # Example
//! ```net
//! net {
//!   input x: series[6, 3]
//!   h: lstm 8 -> dropout 0.4
//!   last -> dense 1
//!   output y: real[1]
//! }
//! train {
//!   loss squared_error
//!   optimizer adam, lr=1e-3
//!   penalize ar, 2, of=h
//!   epochs 2
//! }
//! ```
//!
//! # Papers
//! Merity, McCann and Socher 2017, Revisiting activation regularization for language RNNs.

use super::{AMOUNT, Activity, OF, Penalised, mean};
use crate::{
    graph::{Builder, ValueId},
    vocab::{Block, Sig},
};

pub struct Ar;
pub static WORD: Ar = Ar;

static SIG: Sig = Sig {
    name: "ar",
    about: "penalises large activations of a chain",
    args: &[AMOUNT, OF],
    block: Block::None,
};

impl Activity for Ar {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn size(&self, b: &mut Builder, of: &Penalised) -> ValueId {
        let squares = b.square(of.value);
        mean(b, squares, of.within)
    }
}
