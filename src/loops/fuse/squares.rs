//! Squares of zeros: what they are drawn by, and in what.

use super::windows::strip;
use crate::draws::Squares;
use crate::graph::{Address, Graph, Node, Op, ScalarId, SiteId, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::squares::DropSquares;

/// A value without its squares.
#[derive(Clone, Debug)]
pub(super) struct SquaresView {
    x: ValueId,
    site: SiteId,
    by_update: bool,
    q: ScalarId,
    squares: Squares,
}

impl SquaresView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> DropSquares {
        let Self { x, site, by_update, q, squares } = *self;
        DropSquares { from: buffer(x), to: own, site, by_update, q, squares }
    }
}

/// The squares of a node that drops some, of rows of the batch.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<SquaresView> {
    let Op::DropSquares { size, shared } = node.op else { return None };
    let &[key, q, x] = &node.inputs[..] else { return None };
    let (Op::RowKey(site), Op::Scalar(q)) = (&graph.node(key).op, &graph.node(q).op) else { return None };
    let sizes: Vec<usize> = node.ty.dims[1..].iter().filter_map(|d| d.size()).collect();
    let by_update = graph.sites[site.index()].address == Address::Update;
    let squares = Squares::of(&sizes, size, shared);
    node.ty.has_batch().then(|| SquaresView { x: strip(graph, x), site: *site, by_update, q: *q, squares })
}
