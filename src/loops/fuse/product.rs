//! Contractions as library products: which matrices their operands are, in which memory.

use crate::graph::{Dim, Graph, Op, ValueId};
use crate::loops::Extent;

/// An operand as a matrix in the memory of `base`: `rows` rows of `cols` elements, `stride` apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MatrixView {
    /// A stored value or a leaf.
    pub base: ValueId,
    pub stride: usize,
    pub offset: usize,
    /// True if the contracted extent stands where the product does not expect it.
    pub transposed: bool,
    pub free: Extent,
    pub contracted: Extent,
}

fn extent(dims: &[Dim]) -> Extent {
    let len = dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
    Extent { batch: dims.contains(&Dim::Batch), len }
}

/// The two operands of a contraction.
///
/// # Panics
/// If the contraction is no product of two matrices: batch axes, or contracted axes that are not neighbours at one end. No layer makes one.
pub(super) fn operands(graph: &Graph, v: ValueId) -> [MatrixView; 2] {
    let node = graph.node(v);
    let (Op::Contract { batch, over }, [a, b]) = (&node.op, node.inputs.as_slice()) else {
        panic!("internal: {v:?} is no contraction")
    };
    assert!(batch.is_empty(), "internal: products with batch axes are not compiled ({v:?})");
    let left: Vec<usize> = over.iter().map(|(l, _)| *l).collect();
    let right: Vec<usize> = over.iter().map(|(_, r)| *r).collect();
    [matrix(graph, *a, &left, false), matrix(graph, *b, &right, true)]
}

/// What memory the operands of a contraction lie in.
pub(super) fn operand_bases(graph: &Graph, v: ValueId) -> Vec<ValueId> {
    operands(graph, v).iter().map(|m| m.base).collect()
}

/// `v` with the contracted axes `over`; `first` tells where the product wants them: as rows (right operand) or as columns (left operand).
fn matrix(graph: &Graph, v: ValueId, over: &[usize], first: bool) -> MatrixView {
    let node = graph.node(v);
    if let (Op::Transpose { permutation }, Some(x)) = (&node.op, node.inputs.first())
        && !graph.ty(*x).has_batch()
        && ends(graph.ty(*x).dims.len(), &moved(over, permutation)).is_some()
    {
        return matrix(graph, *x, &moved(over, permutation), first);
    }
    let dims = &node.ty.dims;
    let Some(leading) = ends(dims.len(), over) else {
        panic!("internal: contracted axes {over:?} of {v:?} are not neighbours at one end")
    };
    let split = if leading { over.len() } else { dims.len() - over.len() };
    let (rows, cols) = (extent(&dims[..split]), extent(&dims[split..]));
    let (free, contracted) = if leading { (cols, rows) } else { (rows, cols) };
    let (mut base, mut stride, mut offset) = (v, cols.len, 0);
    if let (Op::Slice { axis, start, .. }, Some(x)) = (&node.op, node.inputs.first())
        && *axis == split
        && split > 0
    {
        let whole = &graph.ty(*x).dims;
        stride = extent(&whole[split..]).len;
        offset = start * extent(&whole[split + 1..]).len;
        base = *x;
    }
    while let (Op::Reshape { .. }, Some(x)) = (&graph.node(base).op, graph.node(base).inputs.first()) {
        base = *x;
    }
    MatrixView { base, stride, offset, transposed: leading != first, free, contracted }
}

/// The operand's axes that become the result's axes `over` of a transpose.
fn moved(over: &[usize], permutation: &[usize]) -> Vec<usize> {
    over.iter().map(|a| permutation[*a]).collect()
}

/// Whether the contracted axes are the first (`true`) or the last ones, in order.
fn ends(rank: usize, over: &[usize]) -> Option<bool> {
    let is = |start: usize| over.iter().enumerate().all(|(i, a)| *a == start + i);
    if over.len() <= rank && is(rank - over.len()) {
        return Some(false);
    }
    is(0).then_some(true)
}
