//! Look-ups of tokens in a table, and the sums that are their adjoint.

use super::windows::{size, strip};
use crate::graph::{Graph, Node, Op, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::{Call, Gather, ScatterAdd};

/// What is looked up, or summed.
#[derive(Clone, Debug)]
pub(super) struct GatherView {
    from: ValueId,
    tokens: ValueId,
    /// Of the table.
    rows: usize,
    width: usize,
    steps: usize,
    adjoint: bool,
}

impl GatherView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        vec![self.from, self.tokens]
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Call {
        let Self { from, tokens, rows, width, steps, adjoint } = *self;
        let (from, tokens, to) = (buffer(from), buffer(tokens), own);
        match adjoint {
            false => Gather { table: from, tokens, to, rows, width, steps }.into(),
            true => ScatterAdd { from, tokens, to, rows, width, steps }.into(),
        }
    }
}

/// The look-up that a node is; its tokens are an input of the graph.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<GatherView> {
    let &[from, tokens] = &node.inputs[..] else { return None };
    let adjoint = matches!(node.op, Op::ScatterAdd { .. });
    let table = if adjoint { &node.ty } else { graph.ty(from) };
    let &[rows, width] = &table.dims[..] else { return None };
    let steps = size(graph.ty(tokens).dims[1]);
    let is_input = matches!(graph.node(tokens).op, Op::Input { partner: false, .. });
    let from = strip(graph, from);
    is_input.then_some(GatherView { from, tokens, rows: size(rows), width: size(width), steps, adjoint })
}
