//! Contractions of windows as convolutions: the windows themselves are never in memory.
//!
//! ```text
//! contract(windows x, w over taps and channels)        [B, places, filters]     forward
//! contract(windows x, g over rows and places)          [taps, channels, filters] the gradient of w
//! overlap(contract(g, w over filters))                 [B, .., channels]         the gradient of x
//! ```
//!
//! Maps are whole values or channels of one (`slice` along the last axis), as the groups of a grouped convolution are; likewise weights.

use super::product::parts;
use crate::graph::{Dim, Geometry, Graph, Node, Op, Slide, ValueId};
use crate::loops::calls::conv::{Conv, GROUPS, Read, Side, pays};
use crate::loops::calls::slides::{Map, Slides};
use crate::loops::{BufferId, Matrix};

/// A convolution or one of its derivatives: what it reads, and the value itself in the third place.
#[derive(Clone, Debug)]
pub(super) struct ConvView {
    side: Side,
    slides: Slides,
    channels: usize,
    filters: usize,
    /// Never in tiles.
    direct: bool,
    /// Of pictures, where weights are partials.
    groups: usize,
    x: Part,
    w: Part,
    y: Part,
    /// Of the gradient of the input: the mask through which alone it is read.
    read: Option<Read>,
}

/// Filters that a kernel of their own turns for convolutions in tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Turned {
    pub weights: ValueId,
    pub channels: usize,
    pub filters: usize,
    /// For the gradient of inputs.
    pub inputs: bool,
}

impl Turned {
    /// Elements of a row.
    fn row(self) -> usize {
        if self.inputs { self.channels } else { self.filters }
    }
}

/// Some of the last axis of the value `base`, or of the kernel's own result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub base: Option<ValueId>,
    /// Elements of the whole axis.
    stride: usize,
    offset: usize,
}

impl Part {
    pub fn own(len: usize) -> Self {
        Self { base: None, stride: len, offset: 0 }
    }

    /// As channels of maps in memory.
    pub fn map(self, own: BufferId, buffer: &dyn Fn(ValueId) -> BufferId) -> Map {
        Map { buffer: self.base.map_or(own, buffer), pixel: self.stride, offset: self.offset }
    }
}

impl ConvView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        [self.x.base, self.w.base, self.y.base].into_iter().flatten().collect()
    }

    /// The filters that it reads turned, if it does.
    pub fn turned(&self) -> Option<Turned> {
        let weights = self.w.base.filter(|_| self.in_tiles())?;
        let Self { channels, filters, side, .. } = *self;
        Some(Turned { weights, channels, filters, inputs: side == Side::Inputs })
    }

    fn in_tiles(&self) -> bool {
        // Groups share the filters' memory, and would have to be turned each by itself.
        let whole = self.w.offset == 0 && self.w.stride == self.filters;
        whole && !self.direct && pays(&self.slides, self.channels, self.filters)
    }

    /// The library's kernel, its result in `own`; `turned` is where turned filters lie.
    pub fn call(
        &self,
        own: BufferId,
        buffer: impl Fn(ValueId) -> BufferId,
        turned: impl Fn(Turned) -> BufferId,
    ) -> Conv {
        let map = |part: Part| part.map(own, &buffer);
        let Map { buffer: weights, pixel, offset } = map(self.w);
        let mut w = Matrix { buffer: weights, stride: pixel, offset, transposed: false };
        if let Some(filters) = self.turned() {
            w = Matrix { buffer: turned(filters), stride: filters.row(), ..w };
        }
        let Self { side, slides, channels, filters, groups, .. } = *self;
        let (x, y, winograd) = (map(self.x), map(self.y), self.in_tiles());
        Conv {
            side,
            slides,
            channels,
            filters,
            winograd,
            groups,
            x,
            w,
            y,
            read: self.read.filter(|_| winograd),
        }
    }
}

/// The convolution that a contraction is, if it is one.
pub(super) fn contraction(graph: &Graph, node: &Node) -> Option<ConvView> {
    let ((left, right), [], over) = parts(node)? else { return None };
    let windows = graph.node(left);
    let Op::Windows { geometry, pad: 0.0 } = &windows.op else { return None };
    let x = windows.inputs[0];
    let rank = windows.ty.dims.len();
    let taps = geometry.taps();
    // Taps with the weights' first axes, channels with the one behind.
    let slides = maps(graph, x, geometry)?;
    let channels = size(windows.ty.dims[rank - 1]);
    let (x, y) = (part(graph, x), part(graph, right));
    let (filters, direct) = (size(*node.ty.dims.last()?), graph.direct);
    let groups = graph.blocks.pieces(GROUPS);
    if covers(over, taps..rank, 0) && graph.ty(right).dims.len() == rank - taps + 1 {
        let own = Part::own(filters);
        return Some(ConvView {
            side: Side::Forward,
            slides,
            channels,
            filters,
            direct,
            groups,
            x,
            w: y,
            y: own,
            read: None,
        });
    }
    if covers(over, 0..taps, 0) && graph.ty(right).dims.len() == taps + 1 {
        let own = Part::own(filters);
        return Some(ConvView {
            side: Side::Weights,
            slides,
            channels,
            filters,
            direct,
            groups,
            x,
            w: own,
            y,
            read: None,
        });
    }
    None
}

/// The gradient of a convolution's input that an overlap is, if it is one; and the mask through which it is read.
pub(super) fn overlap(graph: &Graph, node: &Node, read: Option<Read>) -> Option<ConvView> {
    let Op::Overlap { geometry } = &node.op else { return None };
    let product = graph.node(node.inputs[0]);
    let ((g, w), [], &[(of_g, of_w)]) = parts(product)? else { return None };
    let (g_dims, w_dims) = (&graph.ty(g).dims, &graph.ty(w).dims);
    let last = |dims: &[Dim]| dims.len().checked_sub(1);
    let taps = geometry.taps();
    let fits = Some(of_g) == last(g_dims)
        && Some(of_w) == last(w_dims)
        && g_dims.len() == taps + 1
        && product.ty.dims.len() == taps + w_dims.len() - 1;
    let own = node.ty.dims.len();
    if !fits || own != taps + 1 || !node.ty.has_batch() {
        return None;
    }
    let (channels, filters) = (size(node.ty.dims[own - 1]), size(g_dims[of_g]));
    let slides = slides(&node.ty.dims, geometry)?;
    let (y, w) = (part(graph, g), part(graph, w));
    let (direct, groups, x) = (graph.direct, graph.blocks.pieces(GROUPS), Part::own(channels));
    Some(ConvView { side: Side::Inputs, slides, channels, filters, direct, groups, x, w, y, read })
}

pub(super) fn size(d: Dim) -> usize {
    if let Dim::Const(n) = d { n } else { 1 }
}

/// Whether `over` pairs the axes of `range`, each once, with those of the other from `from` on.
fn covers(over: &[(usize, usize)], range: std::ops::Range<usize>, from: usize) -> bool {
    let mut over = over.to_vec();
    over.sort_unstable();
    over.into_iter().eq(range.zip(from..))
}

/// Windows over the maps of `x`: rows of the batch, whose axes are the windowed ones and channels.
pub(super) fn maps(graph: &Graph, x: ValueId, geometry: &Geometry) -> Option<Slides> {
    let ty = graph.ty(x);
    (ty.has_batch() && ty.dims.len() == geometry.taps() + 1).then(|| slides(&ty.dims, geometry))?
}

pub(super) fn slides(dims: &[Dim], geometry: &Geometry) -> Option<Slides> {
    let line = Slide { axis: 0, len: 1, size: 1, stride: 1, dilation: 1, before: 0, after: 0 };
    let (rows, cols) = match geometry.axes[..] {
        [cols] => (line, cols),
        [rows, cols] => (rows, cols),
        _ => return None,
    };
    let pictures = dims.get(1..geometry.first()).unwrap_or_default().iter().map(|d| size(*d)).product();
    Some(Slides { rows, cols, pictures })
}

/// A value as a part of what lies in memory.
pub(super) fn part(graph: &Graph, v: ValueId) -> Part {
    let node = graph.node(v);
    let whole = size(*node.ty.dims.last().unwrap_or(&Dim::Const(1)));
    match (&node.op, node.inputs.first()) {
        (Op::Slice { axis, start, .. }, Some(x)) if axis + 1 == node.ty.dims.len() => {
            let below = part(graph, *x);
            Part { offset: below.offset + start, ..below }
        }
        _ => Part { base: Some(strip(graph, v)), stride: whole, offset: 0 },
    }
}

/// The value whose elements `v` has under another shape.
pub(super) fn strip(graph: &Graph, mut v: ValueId) -> ValueId {
    while let (Op::Reshape { .. }, Some(x)) = (&graph.node(v).op, graph.node(v).inputs.first()) {
        v = *x;
    }
    v
}
