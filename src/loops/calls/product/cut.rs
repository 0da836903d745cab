//! How a product is divided into parts: a function of its form alone.

use super::super::Reach;
use super::{Batches, Extent, Matrix, Product, ProductParams};
use crate::graph::{Blocks, Dim};
use crate::loops::parts::Parts;
use crate::loops::{AXES, Domain};

/// Columns of a product that are one part, at most and at least. A panel of fewer than 16 columns would waste vectors of 16 lanes.
const PANEL_MOST: usize = 64;
const PANEL_LEAST: usize = 16;
/// Products with fewer columns are cut by rows.
const COLUMNS_LEAST: usize = 32;
/// A row of the batch with so many rows of a matrix is a map: products of maps are cut by shards, and over maps by pieces of `k`.
const MAP_LEAST: usize = 8;
/// Pieces of a sum over maps, and elements of a result that are worth so many copies of it (1 MiB each).
const PIECES: usize = 8;
const PIECES_MOST: usize = 1 << 18;

/// How each matrix of the result is cut: a function of the product's form, hence of shapes.
///
/// Panels of columns read all of `a`: right where it is a batch of rows, and wrong where it is as long as a batch of pictures. There
/// a part is a shard of the rows' maps, as in a loop over the result, whose own part may then follow at once. A sum over
/// maps, as in the gradient of their weights, has few columns and many steps: it is cut into pieces of `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Columns {
        width: usize,
    },
    /// Panels of 32 rows.
    Rows,
    /// Rows of `c` that belong to `grain` rows of the batch.
    Shards {
        grain: usize,
    },
    Pieces {
        count: usize,
    },
}

impl Cut {
    /// As words: which it is, and its size.
    pub(super) fn words(self) -> (u64, u64) {
        match self {
            Self::Columns { width } => (ProductParams::COLUMNS, width as u64),
            Self::Rows => (ProductParams::ROWS, 0),
            Self::Shards { grain } => (ProductParams::SHARDS, grain as u64),
            Self::Pieces { count } => (ProductParams::PIECES, count as u64),
        }
    }
}

/// Steps of `k` of each piece; the last ones may have fewer or none.
pub fn piece(k: usize, pieces: usize) -> usize {
    k.div_ceil(pieces).next_multiple_of(32)
}

impl Product {
    /// Into how many pieces `k` is best cut: those of [`pieces`](Self::pieces), of one of the blocks of rows.
    pub fn pieces(m: Extent, n: Extent, k: Extent, batches: Batches, blocks: Blocks) -> usize {
        let long = k.batch && k.len >= MAP_LEAST && batches.is_one();
        if long && m.len.saturating_mul(n.len) <= PIECES_MOST { blocks.pieces(PIECES) } else { 1 }
    }

    pub fn cut(&self) -> Cut {
        let n = self.n.len;
        if self.pieces > 1 {
            return Cut::Pieces { count: self.pieces };
        }
        if self.m.batch
            && self.m.len >= MAP_LEAST
            && let Parts::BatchShards(grain) = Domain::nest(Dim::Batch, [1, 1, self.m.len]).parts()
        {
            return Cut::Shards { grain };
        }
        match !self.n.batch && n >= COLUMNS_LEAST {
            true => {
                Cut::Columns { width: (n / 8).next_multiple_of(PANEL_LEAST).clamp(PANEL_LEAST, PANEL_MOST) }
            }
            false => Cut::Rows,
        }
    }

    /// What one part touches of a matrix whose rows are those of `c`.
    pub(super) fn reach(&self, matrix: Matrix) -> Reach {
        match self.cut() {
            Cut::Shards { grain } if !matrix.transposed => {
                Reach::Rows { rows: Dim::Batch, grain, width: self.m.len * matrix.stride, pass: false }
            }
            _ => Reach::All,
        }
    }

    /// Rows that partials of the pieces have.
    pub fn rows_of_pieces(&self) -> Domain {
        Domain::Rows { rows: Dim::Const(self.pieces), inner: [1; AXES], grain: 1 }
    }

    /// Parts of one matrix of the result.
    pub(super) fn panels(&self) -> Parts {
        match self.cut() {
            Cut::Columns { width } => Parts::Const(self.n.len.div_ceil(width)),
            Cut::Rows => Parts::row_panels(self.m.batch, self.m.len),
            Cut::Shards { grain } => Parts::BatchShards(grain),
            Cut::Pieces { count } => Parts::Const(count),
        }
    }
}
