//! A product as the words that the host's function reads.

use super::super::params;

params! {
    /// Of the host's function, whose parts are the panels of the cut. An extent is `len`, times the rows of the batch where its
    /// `batch` is 1; a matrix begins at `offset` and has `down` and `right` elements to the next row and column.
    pub struct ProductParams {
        pub m_batch,
        pub m_len,
        pub n_batch,
        pub n_len,
        pub k_batch,
        pub k_len,
        /// One of the cuts below.
        pub cut,
        /// Columns of a panel, rows of the batch of a shard, or number of pieces.
        pub size,
        /// 1 where the result is added to what is there.
        pub accumulate,
        /// 1 where sums are in order of `k`.
        pub ordered,
        pub a_offset,
        pub a_down,
        pub a_right,
        pub b_offset,
        pub b_down,
        pub b_right,
        pub c_offset,
        pub c_down,
        pub c_right,
        /// Parts of one matrix of the result where there are several matrices; 0 where there is one.
        pub panels,
        /// Pairs of matrices within one of the outer level, and steps to the next.
        pub inner_len,
        pub a_inner,
        pub b_inner,
        pub c_inner,
        pub a_outer,
        pub b_outer,
        pub c_outer,
    }
}

impl ProductParams {
    pub const ROWS: u64 = 0;
    pub const COLUMNS: u64 = 1;
    pub const SHARDS: u64 = 2;
    pub const PIECES: u64 = 3;
}
