//! How kernels are cut for threads: a fixed list of parts, a function of shapes only.

use super::{Domain, SHARD_ELEMENTS};
use crate::graph::Dim;

/// Rows of one part of a product that is cut by rows; a last part of one row joins the one before it, because one-row products
/// go another way in product libraries and round differently.
pub const PANEL_ROWS: usize = 32;

/// The fixed list of parts of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Known now.
    Const(usize),
    /// Shards of the batch of so many rows each.
    BatchShards(usize),
    /// Row panels of a product whose rows are `n` times the batch: `max(1, (n rows + 30) / 32)`.
    BatchPanels(usize),
    /// So many a row of the batch.
    BatchTimes(usize),
}

impl Parts {
    /// Row panels of a product of `rows` rows, `rows` a row of the batch if `batch`.
    pub fn row_panels(batch: bool, rows: usize) -> Self {
        match batch {
            true => Self::BatchPanels(rows),
            false => Self::Const(((rows + PANEL_ROWS - 2) / PANEL_ROWS).max(1)),
        }
    }

    /// Shards of `grain` of an axis of `rows`.
    pub fn shards(rows: Dim, grain: usize) -> Self {
        match rows {
            Dim::Batch => Self::BatchShards(grain),
            Dim::Const(n) => Self::Const(n.div_ceil(grain)),
        }
    }
}

impl Domain {
    /// Its shards as parts.
    pub fn parts(self) -> Parts {
        match self {
            Domain::Rows { rows, grain, .. } => Parts::shards(rows, grain),
            Domain::Flat { len } => Parts::Const(len.div_ceil(SHARD_ELEMENTS)),
        }
    }

    /// Shards for a batch of `rows` rows.
    pub fn shards(self, rows: usize) -> usize {
        match self {
            Domain::Rows { rows: Dim::Batch, grain, .. } => rows.div_ceil(grain),
            Domain::Rows { rows: Dim::Const(n), grain, .. } => n.div_ceil(grain),
            Domain::Flat { len } => len.div_ceil(SHARD_ELEMENTS),
        }
    }
}
