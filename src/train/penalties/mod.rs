//! Penalties: `penalize WORD, amount`. A penalty adds a term of the parameters to the objective.

use std::fmt;

use crate::{
    graph::{Builder, Dim, ValueId},
    vocab::{ArgSpec, Args, Bounds, Kind, Sig},
};

pub trait Penalty: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether its gradient is in proportion to the weight, as decay's is.
    fn is_quadratic(&self) -> bool {
        false
    }

    /// The penalised size of a parameter, a scalar: the sum of squares, of absolute values. The amount multiplies it.
    fn size(&self, b: &mut Builder, param: ValueId) -> ValueId;
}

crate::train::family! { Penalty: l1, l2, orthogonal, spectral }

/// The amount of a penalty of matrices.
const AMOUNT: ArgSpec =
    ArgSpec::required("amount", Kind::RunTime(Bounds::NON_NEGATIVE), "coefficient of the penalty");

/// A weight as a matrix, a column a unit, and its rows and columns.
fn matrix(b: &mut Builder, param: ValueId) -> (ValueId, [usize; 2]) {
    let sizes: Vec<usize> = b.dims(param).iter().filter_map(|dim| dim.size()).collect();
    let columns = sizes.last().copied().filter(|_| sizes.len() > 1).unwrap_or(1);
    let rows = sizes.iter().product::<usize>() / columns.max(1);
    (b.reshape(param, &[Dim::Const(rows), Dim::Const(columns)]), [rows, columns])
}

/// A penalty of one parameter alone.
#[derive(Clone, Copy)]
pub struct Own {
    pub word: &'static dyn Penalty,
    /// The coefficient of its size; above 0.
    pub amount: f64,
}

impl Own {
    pub fn name(&self) -> &'static str {
        self.word.sig().name
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.amount)
    }
}

/// The penalties that a layer's own arguments name, without those that are 0.
pub fn own(args: &Args) -> Vec<Own> {
    let named = WORDS.iter().map(|(word, _)| *word).filter(|word| args.sig.arg(word.sig().name).is_some());
    let own = named.map(|word| Own { word, amount: args.number(word.sig().name) });
    own.filter(|own| own.amount > 0.0).collect()
}
