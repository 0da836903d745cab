//! The matrices of a product: where they lie, how many there are.

use std::fmt::Write;

use super::super::{Axis, Region};
use crate::loops::{BufferId, print};

/// A matrix of a product: rows of `stride` elements, from `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrix {
    pub buffer: BufferId,
    pub stride: usize,
    pub offset: usize,
    pub transposed: bool,
}

/// A matrix extent: `batch * len` if `batch`, else `len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    pub batch: bool,
    pub len: usize,
}

/// `count` matrices of each operand, so many elements apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub count: Extent,
    pub a: usize,
    pub b: usize,
    pub c: usize,
}

/// The pairs of matrices that are multiplied: two levels of them, such as rows of the batch and heads in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    pub outer: Level,
    pub inner: Level,
}

impl Level {
    /// A single matrix.
    pub const ONE: Self = Self { count: Extent { batch: false, len: 1 }, a: 0, b: 0, c: 0 };
}

impl Batches {
    /// A single pair.
    pub const ONE: Self = Self { outer: Level::ONE, inner: Level::ONE };

    pub(super) fn is_one(self) -> bool {
        self == Self::ONE
    }

    pub(super) fn of(self, rows: usize) -> usize {
        self.outer.count.of(rows) * self.inner.count.of(rows)
    }
}

impl Extent {
    /// For a batch of `rows` rows.
    pub fn of(self, rows: usize) -> usize {
        if self.batch { rows * self.len } else { self.len }
    }
}

impl Matrix {
    /// The elements it covers as a matrix of `rows` x `cols`, so many times.
    pub(super) fn region(
        self,
        rows: Extent,
        cols: Extent,
        batches: Batches,
        step: fn(Level) -> usize,
    ) -> Region {
        let (rows, cols) = if self.transposed { (cols, rows) } else { (rows, cols) };
        let level = |level: Level| Axis { count: level.count, step: step(level) };
        let axes = [
            level(batches.outer),
            level(batches.inner),
            Axis { count: rows, step: self.stride },
            Axis { count: cols, step: 1 },
        ];
        Region::Grid { offset: self.offset, axes }
    }

    /// The elements it covers as one matrix of `rows` x `cols`.
    pub(in crate::loops::calls) fn alone(self, rows: Extent, cols: Extent) -> Region {
        self.region(rows, cols, Batches::ONE, |level| level.a)
    }

    /// Elements from row to row and from column to column.
    pub(in crate::loops::calls) fn steps(self) -> (u64, u64) {
        let stride = self.stride as u64;
        if self.transposed { (1, stride) } else { (stride, 1) }
    }

    pub(in crate::loops::calls) fn at(self, row: usize, col: usize) -> usize {
        let (row, col) = if self.transposed { (col, row) } else { (row, col) };
        self.offset + row * self.stride + col
    }

    pub(in crate::loops::calls) fn print(
        self,
        rows: Extent,
        cols: Extent,
        name: &dyn Fn(BufferId) -> String,
    ) -> String {
        let (rows, cols) = if self.transposed { (cols, rows) } else { (rows, cols) };
        let mut text = format!("{}[{}, {}", name(self.buffer), print::extent(rows), print::extent(cols));
        if self.stride != cols.len || self.offset != 0 {
            // Writing to a string does not fail.
            let _ = write!(text, "; stride {}, offset {}", self.stride, self.offset);
        }
        text.push(']');
        if self.transposed {
            text.push_str("^T");
        }
        text
    }
}
