//! Values that live in memory.

use std::cell::Cell;

use crate::graph::ValueId;

/// A set of values that only grows. Whatever fusion has found out so far looks at the same set while it grows: so it is shared, and
/// what was found out of a value that has joined since must be found anew ([`super::solo`]).
pub(super) struct Stored(Vec<Cell<bool>>);

impl Stored {
    /// No value of a graph of `nodes` nodes.
    pub fn none(nodes: usize) -> Self {
        Stored(vec![Cell::new(false); nodes])
    }

    pub fn contains(&self, v: ValueId) -> bool {
        self.0[v.index()].get()
    }

    pub fn extend(&self, values: impl IntoIterator<Item = ValueId>) {
        values.into_iter().for_each(|v| self.0[v.index()].set(true));
    }

    /// In topological order.
    pub fn iter(&self) -> impl Iterator<Item = ValueId> {
        let all = self.0.iter().enumerate();
        all.filter(|(_, stored)| stored.get()).map(|(i, _)| ValueId(i as u32))
    }
}
