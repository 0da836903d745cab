//! Penalises the most by which a weight matrix can stretch its input, so that small changes of a row make small changes of what the net says.
//!
//! # Formula
//! `amount * s^2` a matrix, with its largest singular value s; filters of convolutions are the columns of `[height * width * channels, filters]`. s is found by ten steps of the
//! power iteration from the same start in every update, so a matrix whose largest singular values lie close is penalised a little below its s. The gradient is that of what is
//! computed.
//!
//! # Arguments
//! `amount` is the coefficient; the paper's lambda is twice that. Biases and norm parameters are no matrices, and are left out.
//!
//! # Example
//! ```net
//! penalize spectral, 1e-2
//! ```
//!
//! # Papers
//! Yoshida and Miyato 2017, Spectral norm regularization for improving the generalizability of deep learning.

use super::{AMOUNT, Penalty, matrix};
use crate::{
    graph::{Builder, Dim, ValueId},
    vocab::{Block, Sig},
};

pub struct Spectral;
pub static WORD: Spectral = Spectral;

static SIG: Sig = Sig {
    name: "spectral",
    about: "penalises the largest singular value of weights",
    args: &[AMOUNT],
    block: Block::None,
};

/// Of the power iteration.
const STEPS: usize = 10;

/// What keeps a matrix of zeros from a division by zero.
const TINY: f32 = 1e-30;

impl Penalty for Spectral {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("spectral_norm", "spectral"), ("spectral_normalization", "spectral")]
    }

    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId {
        let (matrix, [_, columns]) = matrix(b, param);
        let mut direction = start(b, columns);
        for _ in 0..STEPS {
            let stretched = through(b, matrix, direction);
            let back = back(b, matrix, stretched);
            direction = unit(b, back);
        }
        let stretched = through(b, matrix, direction);
        let squares = b.square(stretched);
        b.sum_all(squares)
    }
}

/// `sin j + cos j`: no sign pattern that columns of a net would have.
fn start(b: &mut Builder, columns: usize) -> ValueId {
    let waves = b.waves(columns, 2, false);
    let both = b.sum(waves, &[1]);
    unit(b, both)
}

/// `W v`
fn through(b: &mut Builder, matrix: ValueId, v: ValueId) -> ValueId {
    let v = b.along_last(v, matrix);
    let terms = b.mul(matrix, v);
    b.sum(terms, &[1])
}

/// `W^T u`
fn back(b: &mut Builder, matrix: ValueId, u: ValueId) -> ValueId {
    let dims: Vec<Dim> = b.dims(matrix);
    let u = b.broadcast(u, &dims, &[0]);
    let terms = b.mul(matrix, u);
    b.sum(terms, &[0])
}

/// `v / |v|`
fn unit(b: &mut Builder, v: ValueId) -> ValueId {
    let squares = b.square(v);
    let sum = b.sum_all(squares);
    let sum = b.offset(sum, TINY);
    let length = b.sqrt(sum);
    b.div(v, length)
}
