//! Reductions of windows as pools, and their derivatives: the windows themselves are never in memory.
//!
//! ```text
//! reduce(windows x over taps)                                   a pool; a loop, where no window reaches into the border
//! overlap(broadcast g over taps)                                the derivative of a sum
//! overlap(broadcast g over taps * is_first(windows x))          the derivative of a maximum
//! ```

use super::prepare::rewrite;
use super::windows::{Part, maps, part, size, slides};
use crate::graph::{DType, Dim, Geometry, Graph, Node, Op, Reduction, Type, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::pool::Pool;
use crate::loops::calls::slides::Slides;

/// A pool or a derivative of one.
#[derive(Clone, Debug)]
pub(super) struct PoolView {
    reduction: Reduction,
    slides: Slides,
    channels: usize,
    /// None in the derivative of a sum.
    x: Option<Part>,
    /// None where the windows are the result.
    y: Option<Part>,
}

impl PoolView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        [self.x, self.y].into_iter().flatten().filter_map(|part| part.base).collect()
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Pool {
        let map = |part: Option<Part>| part.unwrap_or(Part::own(self.channels)).map(own, &buffer);
        let to = self.y.is_some().then_some(own);
        let Self { reduction, slides, channels, .. } = *self;
        Pool { reduction, slides, channels, x: map(self.x), y: map(self.y), to }
    }
}

/// The pool that a reduction of windows with a border is, if it is one.
pub(super) fn forward(graph: &Graph, node: &Node) -> Option<PoolView> {
    let Op::Reduce { reduction, axes } = &node.op else { return None };
    let windows = graph.node(node.inputs[0]);
    let Op::Windows { geometry, pad } = &windows.op else { return None };
    let neutral = if *reduction == Reduction::Sum { 0.0 } else { f32::NEG_INFINITY };
    if !geometry.has_border() || *pad != neutral || *axes != geometry.tap_axes() {
        return None;
    }
    let x = windows.inputs[0];
    let slides = maps(graph, x, geometry)?;
    let channels = size(*graph.ty(x).dims.last()?);
    Some(PoolView { reduction: *reduction, slides, channels, x: Some(part(graph, x)), y: None })
}

/// The derivative of a pool that an overlap is, if it is one. The gradient of the windows may have to be written down for it.
pub(super) fn backward(out: &mut Graph, node: &Node) -> Option<PoolView> {
    let Op::Overlap { geometry } = &node.op else { return None };
    let rank = node.ty.dims.len();
    if !node.ty.has_batch() || rank != geometry.taps() + 1 {
        return None;
    }
    let slides = slides(&node.ty.dims, geometry)?;
    let channels = size(node.ty.dims[rank - 1]);
    let (marks, spread) = factors(out, node.inputs[0]);
    let x = match marks {
        Some(marks) => Some(marked(out, marks, geometry)?),
        None => None,
    };
    let reduction = if x.is_some() { Reduction::Max } else { Reduction::Sum };
    let g = windows_gradient(out, node, spread, geometry)?;
    let x = x.map(|x| part(out, x));
    Some(PoolView { reduction, slides, channels, x, y: Some(part(out, g)) })
}

/// `v` as marks of the first maxima and the other factor, either of which may be missing.
fn factors(graph: &Graph, v: ValueId) -> (Option<ValueId>, Option<ValueId>) {
    let marks = |v: &ValueId| matches!(graph.node(*v).op, Op::IsFirst { .. });
    let node = graph.node(v);
    match (&node.op, &node.inputs[..]) {
        _ if marks(&v) => (Some(v), None),
        (Op::Mul, [a, b]) if marks(b) => (Some(*b), Some(*a)),
        (Op::Mul, [a, b]) if marks(a) => (Some(*a), Some(*b)),
        _ => (None, Some(v)),
    }
}

/// The value whose windows, of this geometry, are marked.
fn marked(graph: &Graph, marks: ValueId, geometry: &Geometry) -> Option<ValueId> {
    let node = graph.node(marks);
    let Op::IsFirst { axes } = &node.op else { return None };
    let windows = graph.node(node.inputs[0]);
    let Op::Windows { geometry: own, pad: f32::NEG_INFINITY } = &windows.op else { return None };
    (own == geometry && *axes == geometry.tap_axes()).then_some(windows.inputs[0])
}

/// What each window hands to its elements: `spread` without the axes of the taps, along which it must be the same; 1 if there is nothing else.
fn windows_gradient(
    out: &mut Graph,
    node: &Node,
    spread: Option<ValueId>,
    geometry: &Geometry,
) -> Option<ValueId> {
    let windows = out.ty(node.inputs[0]).dims.clone();
    let kept: Vec<usize> = (0..windows.len()).filter(|axis| !geometry.tap_axes().contains(axis)).collect();
    let dims: Vec<Dim> = kept.iter().map(|axis| windows[*axis]).collect();
    let new = |op: Op, inputs: Vec<ValueId>, dims: Vec<Dim>| Node {
        op,
        inputs,
        ty: Type { dtype: DType::F32, dims },
        origin: node.origin.clone(),
    };
    if geometry.axes.iter().all(|slide| slide.size == 1) {
        return spread;
    }
    let (value, axes) = match spread {
        None => (rewrite(out, new(Op::Const(1.0), Vec::new(), Vec::new())), Vec::new()),
        Some(spread) => match (&out.node(spread).op, &out.node(spread).inputs[..]) {
            (Op::Broadcast { axes, .. }, [x]) => (*x, axes.clone()),
            _ => return None,
        },
    };
    // Where the axes of what is spread lie among those that are kept.
    let axes: Option<Vec<usize>> = axes.iter().map(|a| kept.iter().position(|kept| kept == a)).collect();
    let (axes, own) = (axes?, out.ty(value).dims.clone());
    if own == dims {
        return Some(value);
    }
    Some(rewrite(out, new(Op::Broadcast { dims: dims.clone(), axes }, vec![value], dims)))
}
