//! Weighted sums of windows, channel by channel, as depthwise convolutions: neither the windows nor their products are ever in memory.
//!
//! ```text
//! reduce(windows x * broadcast w over taps)              [B, places, channels]   forward
//! reduce(windows x * broadcast g over rows and places)   [taps, channels]        the gradient of w
//! overlap(broadcast g * broadcast w)                     [B, .., channels]       the gradient of x
//! ```

use super::windows::{Part, maps, part, size, slides, strip};
use crate::graph::{Geometry, Graph, Node, Op, Reduction, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::conv::{GROUPS, Side};
use crate::loops::calls::depthwise::Depthwise;
use crate::loops::calls::slides::Slides;

/// A depthwise convolution or one of its derivatives: what it reads, and the value itself in the third place.
#[derive(Clone, Debug)]
pub(super) struct DepthwiseView {
    side: Side,
    slides: Slides,
    channels: usize,
    /// Of pictures, where weights are partials.
    groups: usize,
    x: Part,
    w: Option<ValueId>,
    y: Part,
}

impl DepthwiseView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        [self.x.base, self.w, self.y.base].into_iter().flatten().collect()
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Depthwise {
        let map = |part: Part| part.map(own, &buffer);
        let Self { side, slides, channels, groups, .. } = *self;
        let w = self.w.map_or(own, &buffer);
        Depthwise { side, slides, channels, groups, x: map(self.x), w, y: map(self.y) }
    }
}

/// The depthwise convolution, or gradient of its weights, that a reduction of products is, if it is one.
pub(super) fn reduction(graph: &Graph, node: &Node) -> Option<DepthwiseView> {
    let Op::Reduce { reduction: Reduction::Sum, axes } = &node.op else { return None };
    let (windows, other) = factors(graph, node.inputs[0], |op| matches!(op, Op::Windows { pad: 0.0, .. }))?;
    let Op::Windows { geometry, .. } = &graph.node(windows).op else { return None };
    let x = graph.node(windows).inputs[0];
    let slides = maps(graph, x, geometry)?;
    let channels = size(*graph.ty(x).dims.last()?);
    let (own, x, groups) = (Part::own(channels), part(graph, x), graph.blocks.pieces(GROUPS));
    if *axes == geometry.tap_axes() {
        let w = Some(strip(graph, weights(graph, other, geometry)?));
        return Some(DepthwiseView { side: Side::Forward, slides, channels, groups, x, w, y: own });
    }
    if axes.iter().copied().eq(0..geometry.taps()) {
        let y = part(graph, gradient(graph, other, geometry)?);
        return Some(DepthwiseView { side: Side::Weights, slides, channels, groups, x, w: None, y });
    }
    None
}

/// The gradient of a depthwise convolution's input that an overlap is, if it is one.
pub(super) fn overlap(graph: &Graph, node: &Node) -> Option<DepthwiseView> {
    let Op::Overlap { geometry } = &node.op else { return None };
    if !node.ty.has_batch() || node.ty.dims.len() != geometry.taps() + 1 {
        return None;
    }
    let is_gradient = |v: ValueId| gradient(graph, v, geometry);
    let (Op::Mul, &[a, b]) = (&graph.node(node.inputs[0]).op, &graph.node(node.inputs[0]).inputs[..]) else {
        return None;
    };
    let (g, w) = is_gradient(a)
        .zip(weights(graph, b, geometry))
        .or_else(|| is_gradient(b).zip(weights(graph, a, geometry)))?;
    let slides = slides(&node.ty.dims, geometry)?;
    let channels = size(*node.ty.dims.last()?);
    let (x, w, y) = (Part::own(channels), Some(strip(graph, w)), part(graph, g));
    let groups = graph.blocks.pieces(GROUPS);
    Some(DepthwiseView { side: Side::Inputs, slides, channels, groups, x, w, y })
}

/// The factor of a product that is such an operation, and the other one.
fn factors(graph: &Graph, v: ValueId, is: impl Fn(&Op) -> bool) -> Option<(ValueId, ValueId)> {
    match (&graph.node(v).op, &graph.node(v).inputs[..]) {
        (Op::Mul, &[a, b]) if is(&graph.node(a).op) => Some((a, b)),
        (Op::Mul, &[a, b]) if is(&graph.node(b).op) => Some((b, a)),
        _ => None,
    }
}

/// What `v` repeats along the axes of the windows: a weight for each tap and channel.
fn weights(graph: &Graph, v: ValueId, geometry: &Geometry) -> Option<ValueId> {
    let channel = geometry.taps() + geometry.axes.len();
    repeated(graph, v, &[geometry.tap_axes(), vec![channel]].concat())
}

/// What `v` repeats along the axes of the taps: a number for each window.
fn gradient(graph: &Graph, v: ValueId, geometry: &Geometry) -> Option<ValueId> {
    let channel = geometry.taps() + geometry.axes.len();
    repeated(graph, v, &(0..geometry.taps()).chain([channel]).collect::<Vec<_>>())
}

fn repeated(graph: &Graph, v: ValueId, along: &[usize]) -> Option<ValueId> {
    match (&graph.node(v).op, &graph.node(v).inputs[..]) {
        (Op::Broadcast { axes, .. }, [x]) => (axes == along).then_some(*x),
        _ => None,
    }
}
