//! Penalties of what layers compute: `penalize WORD, amount, of=LABEL`. They add a term of a value, in training, to the objective.

use crate::{
    graph::{Builder, ValueId},
    vocab::{ArgSpec, Bounds, Default, Kind, Sig},
};

pub trait Activity: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether it looks from step to step, at the value before the dropouts that end the chain.
    fn looks_back(&self) -> bool {
        false
    }

    /// What the amount multiplies, a scalar.
    fn size(&self, b: &mut Builder, of: &Penalised) -> ValueId;
}

crate::train::family! { Activity: ar, l1, l2, tar }

pub(crate) const AMOUNT: ArgSpec =
    ArgSpec::required("amount", Kind::Number(Bounds::NON_NEGATIVE), "coefficient of the penalty");
pub(crate) const OF: ArgSpec =
    ArgSpec::named("of", Kind::Name, Default::Required, "the label of the chain whose value is penalised");

/// A value that is penalised, `[Batch, ..]`; over time `[Batch, T, ..]`.
#[derive(Clone, Copy)]
pub struct Penalised {
    pub value: ValueId,
    /// 1 at steps that are the row's own, `[Batch, T]`; none where rows have no lengths.
    pub within: Option<ValueId>,
    /// The same of all steps but the first.
    pub within_later: Option<ValueId>,
}

/// The mean of `x` over its elements; over those of steps that are the row's own where `within` says which are.
fn mean(b: &mut Builder, x: ValueId, within: Option<ValueId>) -> ValueId {
    let rest: Vec<usize> = (1..b.ty(x).dims.len()).collect();
    let Some(within) = within else {
        let of_rows = b.mean(x, &rest);
        return b.mean(of_rows, &[0]);
    };
    let a_step: usize = b.ty(x).dims[2..].iter().filter_map(|dim| dim.size()).product();
    let mask = b.broadcast_like(within, x, &[0, 1]);
    let own = b.mul(x, mask);
    let (sums, steps) = (b.sum(own, &rest), b.sum(within, &[1]));
    let (total, count) = (b.sum(sums, &[0]), b.sum(steps, &[0]));
    // Where no row has such a step the total is zero.
    let one = b.constant(1.0);
    let count = b.max(count, one);
    let mean = b.div(total, count);
    b.scale(mean, 1.0 / a_step as f32)
}

#[cfg(test)]
mod tests;
