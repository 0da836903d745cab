//! Penalises activations that change from step to step: the mean square of differences in time.
//!
//! # Formula
//! `amount * mean (h_{t+1} - h_t)^2`, over elements, rows and pairs of steps that are the row's own; `h` is the value of the chain that the label names, before the dropouts that it ends with.
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
//!   penalize tar, 1, of=h
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

pub struct Tar;
pub static WORD: Tar = Tar;

static SIG: Sig = Sig {
    name: "tar",
    about: "penalises activations of a chain that change from step to step",
    args: &[AMOUNT, OF],
    block: Block::None,
};

impl Activity for Tar {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn looks_back(&self) -> bool {
        true
    }

    fn size(&self, b: &mut Builder, of: &Penalised) -> ValueId {
        let steps = b.ty(of.value).dims[1].size().unwrap_or(1);
        let later = b.slice(of.value, 1, 1, steps - 1);
        let earlier = b.slice(of.value, 1, 0, steps - 1);
        let change = b.sub(later, earlier);
        let squares = b.square(change);
        mean(b, squares, of.within_later)
    }
}
