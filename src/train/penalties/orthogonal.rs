//! Penalises how far the columns of a weight matrix are from being of length 1 and at right angles, so that units look for different things.
//!
//! # Formula
//! `amount * sum (W^T W - I)^2`, of a matrix that is wider than high `amount * sum (W W^T - I)^2`: columns, or rows where more columns than rows cannot all be at right angles.
//! Filters of convolutions are the columns of `[height * width * channels, filters]`.
//!
//! # Arguments
//! `amount` is the coefficient. Biases and norm parameters are no matrices, and are left out.
//!
//! # Example
//! ```net
//! penalize orthogonal, 1e-3
//! ```
//!
//! # Papers
//! Brock et al. 2017, Neural photo editing with introspective adversarial networks; Bansal, Chen and Wang 2018, Can we gain more from orthogonality
//! regularizations in training deep networks?

use super::{AMOUNT, Penalty, matrix};
use crate::{
    graph::{Builder, Dim, Table, ValueId},
    vocab::{Block, Sig},
};

pub struct Orthogonal;
pub static WORD: Orthogonal = Orthogonal;

static SIG: Sig = Sig {
    name: "orthogonal",
    about: "penalises weights whose columns are not at right angles",
    args: &[AMOUNT],
    block: Block::None,
};

impl Penalty for Orthogonal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("orthogonal_regularizer", "orthogonal"), ("soft_orthogonality", "orthogonal")]
    }

    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId {
        let (matrix, [rows, columns]) = matrix(b, param);
        let over = if columns <= rows { 0 } else { 1 };
        let products = b.contract(matrix, matrix, &[], &[(over, over)]);
        let identity = identity(b, rows.min(columns));
        let far = b.sub(products, identity);
        let squares = b.square(far);
        b.sum_all(squares)
    }
}

/// `1 - min((i - j)^2, 1)`
fn identity(b: &mut Builder, n: usize) -> ValueId {
    let dims = [Dim::Const(n); 2];
    let numbers = b.table(Table::Numbers(n));
    let numbers = b.reshape(numbers, &dims[..1]);
    let (i, j) = (b.broadcast(numbers, &dims, &[0]), b.broadcast(numbers, &dims, &[1]));
    let apart = b.sub(i, j);
    let apart = b.square(apart);
    let one = b.constant(1.0);
    let apart = b.min(apart, one);
    b.sub(one, apart)
}
