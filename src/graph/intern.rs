//! Finds the node that equals a given one, so that equal nodes are made once.
//!
//! Every operation is a pure function of operands and attributes, hence equality of both is enough. The node that came first stays, with its
//! origin. The map is only ever looked up, never walked: its order shows nowhere.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::{Graph, Op, ValueId};

#[derive(Clone, Debug, Default)]
pub struct Interner {
    /// The last node of each chain, by the hash of operation and operands.
    last: FxHashMap<u64, ValueId>,
    /// By node: the one before it in its chain. Nodes of a chain may differ in attributes, or by a collision in anything.
    before: Vec<Option<ValueId>>,
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
        let mut next = self.last.get(&hash(op, inputs)).copied();
        while let Some(v) = next {
            let node = graph.node(v);
            if node.inputs == inputs && node.op.identical(op) {
                return Some(v);
            }
            next = self.before[v.index()];
        }
        None
    }

    pub fn note(&mut self, op: &Op, inputs: &[ValueId], value: ValueId) {
        let before = self.last.insert(hash(op, inputs), value);
        self.before.resize(value.index() + 1, None);
        self.before[value.index()] = before;
    }
}

fn hash(op: &Op, inputs: &[ValueId]) -> u64 {
    let mut hasher = FxHasher::default();
    discriminant(op).hash(&mut hasher);
    inputs.hash(&mut hasher);
    // What tells sources, which have no operands, and parts of one operand from one another: a net has as many as layers.
    match op {
        Op::Param(id) => id.hash(&mut hasher),
        Op::Slot(id) => id.hash(&mut hasher),
        Op::State(id) => id.hash(&mut hasher),
        Op::Scalar(id) => id.hash(&mut hasher),
        Op::RowKey(id) => id.hash(&mut hasher),
        Op::Enter(slot) => slot.hash(&mut hasher),
        Op::Const(x) => x.to_bits().hash(&mut hasher),
        Op::Slice { start, .. } => start.hash(&mut hasher),
        _ => {}
    }
    hasher.finish()
}
