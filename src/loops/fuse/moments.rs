//! Moments of channels: of what, and of how many places.

use super::windows::strip;
use crate::graph::{Blocks, Dim, Graph, Node, Op, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::{JoinMoments, Moments};

/// The moments of a value that lies in memory.
#[derive(Clone, Debug)]
pub(super) struct MomentsView {
    x: ValueId,
    places: usize,
    channels: usize,
}

impl MomentsView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Moments {
        Moments { from: buffer(self.x), to: own, places: self.places, channels: self.channels }
    }

    /// What brings the shards' moments together.
    pub fn join(&self, partials: BufferId, blocks: Blocks) -> JoinMoments {
        JoinMoments { partials, places: self.places, channels: self.channels, blocks }
    }
}

/// The moments that a node is, if it is some.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<MomentsView> {
    let Op::Moments = node.op else { return None };
    let x = node.inputs[0];
    let dims = &graph.ty(x).dims;
    let sizes: Vec<usize> = dims[1..].iter().copied().filter_map(Dim::size).collect();
    let (channels, places) = sizes.split_last()?;
    Some(MomentsView { x: strip(graph, x), places: places.iter().product(), channels: *channels })
}
