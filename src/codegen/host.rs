//! Kernels that are not generated: products, the tree over partials, general transposes. They have the signature of generated kernels
//! and take their parameters from their row of the operand table.
//!
//! They are called from native code and must not unwind into it, so nothing here can panic.

use crate::graph::Dim;
use crate::kernels::gemm::{Along, Matrix, multiply};
use crate::loops::{self, Extent, Product, SHARD_ROWS};

use super::abi::Args;
use super::schedule::{COMBINE_COLUMNS, Cut, PANEL_ROWS, cut};

/// A matrix of a product: `stride` elements from row to row, `transposed` to be read by columns.
struct Place {
    stride: usize,
    offset: usize,
    transposed: bool,
}

impl Place {
    fn new(m: loops::Matrix) -> Self {
        Self { stride: m.stride, offset: m.offset, transposed: m.transposed }
    }

    /// Strides from row to row and from column to column.
    fn strides(&self) -> (usize, usize) {
        if self.transposed { (1, self.stride) } else { (self.stride, 1) }
    }

    fn at(&self, row: usize, col: usize) -> usize {
        let (rows, cols) = self.strides();
        self.offset + row * rows + col * cols
    }
}

/// What a product's call needs besides addresses.
pub(super) struct ProductCall {
    m: Extent,
    n: Extent,
    k: Extent,
    cut: Cut,
    accumulate: bool,
    a: Place,
    b: Place,
    c: Place,
}

impl ProductCall {
    pub fn new(p: &Product) -> Self {
        Self {
            m: p.m,
            n: p.n,
            k: p.k,
            cut: cut(p),
            accumulate: p.accumulate,
            a: Place::new(p.a),
            b: Place::new(p.b),
            c: Place::new(p.c),
        }
    }

    /// Rows and columns of the result that parts `first..last` cover, as first row, rows, first column, columns.
    fn block(&self, batch: usize, first: usize, last: usize) -> (usize, usize, usize, usize) {
        let (m, n) = (extent(self.m, batch), extent(self.n, batch));
        match self.cut {
            Cut::Columns { width } => {
                let from = (first * width).min(n);
                (0, m, from, (last * width).min(n) - from)
            }
            Cut::Rows => {
                let parts = ((m + PANEL_ROWS - 2) / PANEL_ROWS).max(1);
                let from = (first * PANEL_ROWS).min(m);
                let to = if last >= parts { m } else { (last * PANEL_ROWS).min(m) };
                (from, to - from, 0, n)
            }
        }
    }
}

fn extent(e: Extent, batch: usize) -> usize {
    if e.batch { batch * e.len } else { e.len }
}

/// Operand row: a `ProductCall`, and the addresses of a, b and c. Parts are the panels of `schedule::cut`.
///
/// # Safety
/// Called by native `run` only: the row is a product's, `args` are the thread's own, and `first..last` are this thread's panels.
pub(super) unsafe extern "C" fn product(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has four words, of which the first is the address of a `ProductCall` that `Compiled` owns.
    let (call, a, b, c, batch) = unsafe {
        (
            &*(*operands as *const ProductCall),
            *operands.add(1) as *const f32,
            *operands.add(2) as *const f32,
            *operands.add(3) as *mut f32,
            (*args).rows as usize,
        )
    };
    let (row, m, col, n) = call.block(batch, first as usize, last as usize);
    let k = extent(call.k, batch);
    let along = match call.cut {
        Cut::Columns { .. } => Along::Columns,
        Cut::Rows => Along::Rows,
    };
    // SAFETY: `check` proved that the matrices lie in their buffers and `Compiled::run` that the buffers are bound; panels of the
    // result are disjoint between threads, and the schedule has no writer of a or b since the last barrier.
    unsafe {
        let a = Matrix { start: a.add(call.a.at(row, 0)), strides: call.a.strides() };
        let b = Matrix { start: b.add(call.b.at(0, col)), strides: call.b.strides() };
        let c = Matrix { start: c.add(call.c.at(row, col)), strides: call.c.strides() };
        multiply(along, (m, n, k), c, call.accumulate, a, b);
    }
}

/// Operand row: address of the partials, columns, whether it is a maximum, shards (0: those of the batch). Parts are cache lines of columns.
///
/// # Safety
/// As for [`product`].
pub(super) unsafe extern "C" fn combine(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has four words.
    let (partials, cols, is_max, shards, batch) = unsafe {
        (
            *operands as *mut f32,
            *operands.add(1) as usize,
            *operands.add(2) != 0,
            *operands.add(3) as usize,
            (*args).rows as usize,
        )
    };
    let shards = if shards == 0 { batch.div_ceil(SHARD_ROWS) } else { shards };
    let (from, to) =
        ((first as usize * COMBINE_COLUMNS).min(cols), (last as usize * COMBINE_COLUMNS).min(cols));
    let mut stride = 1;
    while stride < shards {
        let mut row = 0;
        while row + stride < shards {
            // SAFETY: both rows are among the buffer's `shards` rows of `cols` elements, and differ; columns are this thread's own.
            let (low, high) = unsafe {
                let low = partials.add(row * cols + from);
                let high = partials.add((row + stride) * cols + from);
                (std::slice::from_raw_parts_mut(low, to - from), std::slice::from_raw_parts(high, to - from))
            };
            for (a, &b) in low.iter_mut().zip(high) {
                *a = if !is_max {
                    *a + b
                } else if b < *a {
                    *a
                } else {
                    b
                };
            }
            row += 2 * stride;
        }
        stride *= 2;
    }
}

/// A permutation of axes.
pub(super) struct TransposeCall {
    /// Extents of the result's axes, `None` for the batch, and the step in the source for each.
    axes: Vec<(Option<usize>, SourceStep)>,
}

/// Elements of the source from one index of an axis to the next: times the batch where the batch lies further in.
struct SourceStep {
    len: usize,
    times_batch: bool,
}

impl TransposeCall {
    pub fn new(dims: &[Dim], permutation: &[usize]) -> Self {
        let axes = permutation.iter().filter_map(|&axis| {
            let inner = dims.get(axis + 1..)?;
            let len = inner.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
            let step = SourceStep { len, times_batch: inner.contains(&Dim::Batch) };
            let extent = match dims.get(axis)? {
                Dim::Const(n) => Some(*n),
                Dim::Batch => None,
            };
            Some((extent, step))
        });
        Self { axes: axes.collect() }
    }
}

/// Operand row: a `TransposeCall`, addresses of source and result. Parts are 32 indices of the result's first axis.
///
/// # Safety
/// As for [`product`].
pub(super) unsafe extern "C" fn transpose(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three words, of which the first is the address of a `TransposeCall` that `Compiled` owns.
    let (call, from, to, batch) = unsafe {
        (
            &*(*operands as *const TransposeCall),
            *operands.add(1) as *const f32,
            *operands.add(2) as *mut f32,
            (*args).rows as usize,
        )
    };
    let extents = || call.axes.iter().map(|(extent, _)| extent.unwrap_or(batch));
    let steps = call.axes.iter().map(|(_, s)| if s.times_batch { s.len * batch } else { s.len });
    let outer = extents().next().unwrap_or(1);
    let row: usize = extents().skip(1).product();
    let begin = (first as usize * SHARD_ROWS).min(outer) * row;
    let end = (last as usize * SHARD_ROWS).min(outer) * row;
    for index in begin..end {
        let mut rest = index;
        let mut source = 0;
        for (extent, step) in extents().rev().zip(steps.clone().rev()) {
            source += rest % extent.max(1) * step;
            rest /= extent.max(1);
        }
        // SAFETY: `check` proved that both buffers have the product of the extents; each thread writes its own indices.
        unsafe { *to.add(index) = *from.add(source) };
    }
}
