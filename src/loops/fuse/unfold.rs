//! Windows that are written down, and sums of such: the last resort.

use super::windows::{size, slides, strip};
use crate::graph::{Graph, Node, Op, ValueId};
use crate::loops::calls::slides::Slides;
use crate::loops::calls::unfold::Unfold;
use crate::loops::{BufferId, Extent};

/// Windows of a value, or the sums of windows.
#[derive(Clone, Debug)]
pub(super) struct UnfoldView {
    from: ValueId,
    outer: Extent,
    slides: Slides,
    rest: usize,
    pad: Option<f32>,
}

impl UnfoldView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        vec![self.from]
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Unfold {
        let from = buffer(self.from);
        let (value, windows) = if self.pad.is_some() { (from, own) } else { (own, from) };
        let Self { outer, slides, rest, pad, .. } = *self;
        Unfold { value, windows, outer, slides, rest, pad }
    }
}

/// Windows over one axis or two, or sums of them.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<UnfoldView> {
    let (geometry, pad) = match &node.op {
        Op::Windows { geometry, pad } => (geometry, Some(*pad)),
        Op::Overlap { geometry } => (geometry, None),
        _ => return None,
    };
    let value = if pad.is_some() { graph.ty(node.inputs[0]) } else { &node.ty };
    let dims = &value.dims;
    let slides = Slides { pictures: 1, ..slides(dims, geometry)? };
    let len = dims[..geometry.first()].iter().map(|d| size(*d)).product();
    let rest = dims[geometry.taps()..].iter().map(|d| size(*d)).product();
    let outer = Extent { batch: value.has_batch(), len };
    Some(UnfoldView { from: strip(graph, node.inputs[0]), outer, slides, rest, pad })
}
