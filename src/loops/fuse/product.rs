//! Contractions as library products: which matrices their operands are, in which memory.
//!
//! An operand is read where it lies, through whatever only moves elements: a chain of reshapes, slices and transposes becomes offset and
//! strides on the memory of the value below it. A contraction needs three groups of axes of each operand, each with one stride
//! (`free`, `over`, and up to two levels of batch axes), and neighbours along rows or along columns. Example, scores of attention:
//!
//! ```text
//! q = transpose(reshape(x[B, T, H * D], [B, T, H, D]), [0, 2, 1, 3])         [B, H, T, D], strides (T H D, D, H D, 1) in x
//! contract(q, k, batch [(0, 0), (1, 1)], over [(3, 3)])                       B times, H times: T x D by D x T, rows H D apart
//! ```
//!
//! What no strides can say is first brought into an order that they can ([`ordered`]).

use std::cmp::Reverse;

use super::deep;
use super::thinned::{Thin, ThinnedView};
use crate::graph::{Dim, Graph, Node, Op, Type, ValueId};
use crate::loops::calls::{Batches, Level};
use crate::loops::{BufferId, Extent, Matrix, Product};

/// A contraction as a product of matrices in memory.
#[derive(Clone, Debug)]
pub(super) struct ProductView {
    a: MatrixView,
    b: MatrixView,
    m: Extent,
    n: Extent,
    k: Extent,
    batches: Batches,
    /// Of the sum, in each block of rows.
    pieces: usize,
}

/// A matrix in the memory of `base`.
#[derive(Clone, Copy, Debug)]
struct MatrixView {
    /// A stored value or a leaf.
    base: ValueId,
    stride: usize,
    offset: usize,
    transposed: bool,
}

impl ProductView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> [ValueId; 2] {
        [self.a.base, self.b.base]
    }

    /// Whether its result is partials that are to be combined.
    pub fn in_pieces(&self) -> bool {
        self.pieces > 1
    }

    /// The same as one that leaves out what is thin, if its matrices lie so.
    pub fn thinned(&self, thin: Thin) -> Option<ThinnedView> {
        ThinnedView::of(self.clone(), thin)
    }

    /// The library's kernel, its result in `c` and in one piece.
    pub fn whole(&self, c: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Product {
        Product { pieces: 1, ..self.call(c, false, buffer) }
    }

    /// The library's kernel, its result in `c`; `alone` says that it depends on data alone.
    pub fn call(&self, c: BufferId, alone: bool, buffer: impl Fn(ValueId) -> BufferId) -> Product {
        let matrix = |m: MatrixView| Matrix {
            buffer: buffer(m.base),
            stride: m.stride,
            offset: m.offset,
            transposed: m.transposed,
        };
        let c = Matrix { buffer: c, stride: self.n.len, offset: 0, transposed: false };
        let Self { m, n, k, batches, pieces, .. } = *self;
        // A pair of matrices for each row of the batch is alone as it is.
        let ordered = alone && m.batch;
        Product {
            a: matrix(self.a),
            b: matrix(self.b),
            c,
            m,
            n,
            k,
            batches,
            accumulate: false,
            ordered,
            pieces,
        }
    }
}

type Pairs = [(usize, usize)];

/// The contraction of `left` and `right` with its operands read in place, if strides can say it.
pub(super) fn view(
    graph: &Graph,
    (left, right): (ValueId, ValueId),
    batch: &Pairs,
    over: &Pairs,
) -> Option<ProductView> {
    let rights = strided(graph, right);
    let found =
        strided(graph, left).iter().find_map(|a| rights.iter().find_map(|b| product(a, b, batch, over)))?;
    let pieces = Product::pieces(found.m, found.n, found.k, found.batches, graph.blocks);
    Some(ProductView { pieces, ..found })
}

/// A value as elements of the memory of `base`: an extent and a stride an axis.
#[derive(Clone, Debug)]
struct Strided {
    base: ValueId,
    offset: usize,
    axes: Vec<(Dim, usize)>,
}

fn size(d: Dim) -> usize {
    if let Dim::Const(n) = d { n } else { 1 }
}

fn is_unit(d: Dim) -> bool {
    d == Dim::Const(1)
}

/// All ways to read `v`, the memory that lies farthest down first; at last the value's own.
fn strided(graph: &Graph, v: ValueId) -> Vec<Strided> {
    let node = graph.node(v);
    let below = |x: ValueId| deep(|| strided(graph, x));
    let mut ways = match (&node.op, node.inputs.first()) {
        (Op::Transpose { permutation }, Some(x)) => {
            let permuted = |s: Strided| {
                let axes = permutation.iter().map(|axis| s.axes[*axis]).collect();
                Strided { axes, ..s }
            };
            below(*x).into_iter().map(permuted).collect()
        }
        (Op::Slice { axis, start, len }, Some(x)) => {
            let window = |mut s: Strided| {
                s.offset += start * s.axes[*axis].1;
                s.axes[*axis].0 = Dim::Const(*len);
                s
            };
            below(*x).into_iter().map(window).collect()
        }
        (Op::Reshape { dims }, Some(x)) => below(*x)
            .into_iter()
            .filter_map(|s| Some(Strided { axes: regroup(&s.axes, dims)?, ..s }))
            .collect(),
        _ => vec![Strided { base: v, offset: 0, axes: contiguous(&node.ty) }],
    };
    if let Op::Transpose { .. } | Op::Slice { .. } = node.op {
        ways.push(Strided { base: v, offset: 0, axes: contiguous(&node.ty) });
    }
    ways
}

fn contiguous(ty: &Type) -> Vec<(Dim, usize)> {
    let mut axes: Vec<(Dim, usize)> = Vec::with_capacity(ty.dims.len());
    let mut stride = 1;
    for d in ty.dims.iter().rev() {
        axes.push((*d, stride));
        stride *= size(*d);
    }
    axes.reverse();
    axes
}

/// The strides of the same elements under dimensions `dims`, if each of them has one.
fn regroup(axes: &[(Dim, usize)], dims: &[Dim]) -> Option<Vec<(Dim, usize)>> {
    // Runs of axes that follow each other without a gap: elements and the stride of the last.
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut out = Vec::with_capacity(dims.len());
    for (d, stride) in axes.iter().filter(|(d, _)| !is_unit(*d)) {
        match (d, runs.last_mut()) {
            // Leads, here and in the result.
            (Dim::Batch, _) => out.push((Dim::Batch, *stride)),
            (Dim::Const(n), Some(run)) if run.1 == n * stride => *run = (run.0 * n, *stride),
            (Dim::Const(n), _) => runs.push((*n, *stride)),
        }
    }
    let mut runs = runs.into_iter();
    let (mut left, mut last) = (1, 1);
    for d in &dims[out.len()..] {
        let n = size(*d);
        if n > 1 && left == 1 {
            (left, last) = runs.next()?;
        }
        if left % n != 0 {
            return None;
        }
        left /= n;
        out.push((*d, left * last));
    }
    Some(out)
}

/// Axes as one, if they follow each other without a gap.
fn collapse(axes: impl Iterator<Item = (Dim, usize)>) -> Option<(Extent, usize)> {
    let mut all: Option<(Extent, usize)> = None;
    for (d, stride) in axes.filter(|(d, _)| !is_unit(*d)) {
        let own = Extent { batch: d == Dim::Batch, len: size(d) };
        all = match all {
            None => Some((own, stride)),
            Some((e, around)) if !own.batch && around == own.len * stride => {
                Some((Extent { len: e.len * own.len, ..e }, stride))
            }
            Some(_) => return None,
        };
    }
    Some(all.unwrap_or((Extent { batch: false, len: 1 }, 0)))
}

/// A matrix of free and contracted axes, each group in order; the flag tells whether the contracted ones are outside.
fn matrix(s: &Strided, free: &[usize], over: &[usize]) -> Option<(MatrixView, bool, Extent, Extent)> {
    let group = |axes: &[usize]| collapse(axes.iter().map(|axis| s.axes[*axis]));
    let ((free_extent, free_stride), (over_extent, over_stride)) = (group(free)?, group(over)?);
    let trivial = |e: Extent| !e.batch && e.len == 1;
    let over_outside = match (trivial(free_extent), trivial(over_extent)) {
        (false, false) => over_stride > free_stride,
        (true, _) if over_extent.batch => true,
        (_, true) if free_extent.batch => false,
        // Either would do.
        _ => !free.is_empty() && !over.is_empty() && over.iter().min() < free.iter().min(),
    };
    let (outside, stride, inside, step) = match over_outside {
        true => (over_extent, over_stride, free_extent, free_stride),
        false => (free_extent, free_stride, over_extent, over_stride),
    };
    if !trivial(inside) && step != 1 {
        return None;
    }
    let stride = if trivial(outside) { inside.len } else { stride };
    let view = MatrixView { base: s.base, stride, offset: s.offset, transposed: false };
    Some((view, over_outside, free_extent, over_extent))
}

fn product(left: &Strided, right: &Strided, batch: &Pairs, over: &Pairs) -> Option<ProductView> {
    // The order of summation is free: that of the left operand's memory.
    let mut over = over.to_vec();
    over.sort_by_key(|(l, _)| Reverse(left.axes[*l].1));
    let (over_left, over_right): (Vec<usize>, Vec<usize>) = over.into_iter().unzip();
    let (batch_left, batch_right): (Vec<usize>, Vec<usize>) = batch.iter().copied().unzip();
    let free = |s: &Strided, batch: &[usize], over: &[usize]| -> Vec<usize> {
        (0..s.axes.len()).filter(|axis| !batch.contains(axis) && !over.contains(axis)).collect()
    };
    let (a, a_outside, m, k) = matrix(left, &free(left, &batch_left, &over_left), &over_left)?;
    let (b, b_outside, n, _) = matrix(right, &free(right, &batch_right, &over_right), &over_right)?;
    let mut levels = levels(left, right, batch, m.len * n.len);
    let (outer, inner) = match (levels.pop(), levels.pop(), levels.pop()) {
        (None, ..) => (Level::ONE, Level::ONE),
        (Some(only), None, _) if only.count.batch => (only, Level::ONE),
        (Some(only), None, _) => (Level::ONE, only),
        (Some(inner), Some(outer), None) => (outer, inner),
        _ => return None,
    };
    let batches = Batches { outer, inner };
    let (a, b) = (MatrixView { transposed: a_outside, ..a }, MatrixView { transposed: !b_outside, ..b });
    if !n.batch {
        return Some(ProductView { a, b, m, n, k, batches, pieces: 1 });
    }
    // Rows of the batch are rows of the result: with them on the right there is nothing else on the left.
    let turned = |x: MatrixView| MatrixView { transposed: !x.transposed, ..x };
    Some(ProductView { a: turned(b), b: turned(a), m: n, n: m, k, batches, pieces: 1 })
}

/// Batch axes as levels, those that follow each other in all three operands as one; each matrix of the result has `matrix` elements.
fn levels(left: &Strided, right: &Strided, batch: &Pairs, matrix: usize) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let mut c = matrix;
    for (l, r) in batch.iter().rev() {
        let (d, a) = left.axes[*l];
        let (own, b) = (size(d), right.axes[*r].1);
        if is_unit(d) {
            continue;
        }
        match levels.last_mut() {
            Some(Level { count, a: x, b: y, .. }) if a == *x * count.len && b == *y * count.len => {
                *count = Extent { batch: d == Dim::Batch, len: count.len * own };
            }
            _ => levels.push(Level { count: Extent { batch: d == Dim::Batch, len: own }, a, b, c }),
        }
        c *= own;
    }
    levels.reverse();
    levels
}

/// The axes of an operand in an order that strides can say whatever the other's is; `on_left` tells which it is.
///
/// Batch axes, then what is free, then what is summed over in the pairs' order. Where that is rows of the batch, which
/// must lead, it comes first.
pub(super) fn ordered(ty: &Type, batch: &Pairs, over: &Pairs, on_left: bool) -> Vec<usize> {
    let axis = |pair: &(usize, usize)| if on_left { pair.0 } else { pair.1 };
    let batch: Vec<usize> = batch.iter().map(axis).collect();
    let over: Vec<usize> = over.iter().map(axis).collect();
    let free: Vec<usize> =
        (0..ty.dims.len()).filter(|axis| !batch.contains(axis) && !over.contains(axis)).collect();
    match over.iter().any(|axis| ty.dims[*axis] == Dim::Batch) {
        true => [over, batch, free].concat(),
        false => [batch, free, over].concat(),
    }
}

/// Pairs so that rows of the batch, if they are summed over, come first.
pub(super) fn rows_first(ty: &Type, over: &Pairs) -> Vec<(usize, usize)> {
    let mut over = over.to_vec();
    over.sort_by_key(|(l, _)| ty.dims[*l] != Dim::Batch);
    over
}

/// The axes `pairs` after both operands' axes were put in these orders.
pub(super) fn renamed(pairs: &Pairs, left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
    let at = |order: &[usize], axis: usize| order.iter().position(|x| *x == axis).unwrap_or(axis);
    pairs.iter().map(|(l, r)| (at(left, *l), at(right, *r))).collect()
}

/// Whether the node is a contraction; its operands and axes.
pub(super) fn parts(node: &Node) -> Option<((ValueId, ValueId), &Pairs, &Pairs)> {
    match (&node.op, node.inputs.as_slice()) {
        (Op::Contract { batch, over }, [a, b]) => Some(((*a, *b), batch, over)),
        _ => None,
    }
}
