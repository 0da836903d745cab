//! Finds the node that equals a given one, so that equal nodes are made once.
//!
//! Every operation is a pure function of operands and attributes, hence equality of both is enough. The node that came first stays, with its
//! origin. The map is only ever looked up, never walked: its order shows nowhere.

use rustc_hash::FxHashMap;
use std::mem::{Discriminant, discriminant};

use super::{Graph, Op, ValueId};

#[derive(Clone, Debug, Default)]
pub struct Interner {
    /// Nodes of one kind over the same operands; they may differ in attributes.
    buckets: FxHashMap<(Discriminant<Op>, Vec<ValueId>), Vec<ValueId>>,
}

impl Interner {
    /// An interner that knows the nodes `graph` already has.
    pub fn of(graph: &Graph) -> Self {
        let mut interner = Self::default();
        for (index, node) in graph.nodes.iter().enumerate() {
            if interner.find(graph, &node.op, &node.inputs).is_none() {
                interner.note(&node.op, &node.inputs, ValueId(index as u32));
            }
        }
        interner
    }

    pub fn find(&self, graph: &Graph, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
        let bucket = self.buckets.get(&(discriminant(op), inputs.to_vec()))?;
        bucket.iter().copied().find(|v| graph.node(*v).op.identical(op))
    }

    pub fn note(&mut self, op: &Op, inputs: &[ValueId], value: ValueId) {
        self.buckets.entry((discriminant(op), inputs.to_vec())).or_default().push(value);
    }
}
