//! Constant folding and local identities: looks at a node and its operands' operations, no further.
//!
//! Invariant: every rule makes a graph with fewer operations, or the same on fewer elements, so rewriting a rule's own result again ends.
//! Rules of numbers are in `arithmetic`, those that only move elements in `layout`.

use std::sync::Arc;

use super::super::builder::Builder;
use super::super::{Class, Graph, Op, Scan, ValueId};
use super::{arithmetic, layout, rebuild};

pub fn fold(graph: &Graph) -> Graph {
    rebuild(
        graph,
        |_| true,
        |b, op, inputs| match op {
            Op::Scan(scan) => {
                let scan = Scan { body: fold(&scan.body), ..(**scan).clone() };
                b.push(Op::Scan(Arc::new(scan)), inputs)
            }
            _ => apply(b, op, inputs),
        },
    )
}

/// The value of `op` over `inputs` in its simplest form.
pub(super) fn apply(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> ValueId {
    let simpler = match op.class() {
        Class::Elementwise => arithmetic::simplify(b, op, inputs),
        Class::Shape | Class::Product => layout::simplify(b, op, inputs),
        Class::Source | Class::Random => None,
    };
    simpler.unwrap_or_else(|| b.push(op.clone(), inputs))
}

/// The operation of a value and its operands.
pub(super) fn parts(b: &Builder, v: ValueId) -> (Op, Vec<ValueId>) {
    let node = b.graph().node(v);
    (node.op.clone(), node.inputs.clone())
}

/// The number that every element of `v` is, if it is known.
pub(super) fn constant_of(b: &Builder, v: ValueId) -> Option<f32> {
    let node = b.graph().node(v);
    match &node.op {
        Op::Const(value) => Some(*value),
        Op::Broadcast { .. } => constant_of(b, *node.inputs.first()?),
        _ => None,
    }
}
