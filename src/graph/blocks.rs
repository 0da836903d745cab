//! Blocks of rows: how a minibatch is cut, whatever runs it.
//!
//! Each block has `ceil(rows / blocks)` rows; the last ones have fewer, or none, where that does not come out even. Every kernel over rows is run on each block
//! as if the minibatch had no other rows, and what is summed over rows is summed in each block by itself and then over blocks, in the fixed tree (stride 1,
//! 2, 4, ...). So what belongs to a block is a function of its rows alone: whoever holds some of the blocks makes the same numbers of them.
//!
//! Blocks may be dealt to processes: each has a run of as many, and what is summed over rows is exchanged (`Call::Exchange`).

use std::ops::Range;

use crate::kernels::tree::Runs;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blocks {
    count: usize,
    ranks: usize,
}

impl Default for Blocks {
    fn default() -> Self {
        Self::ONE
    }
}

impl Blocks {
    /// All rows are one block.
    pub const ONE: Self = Self { count: 1, ranks: 1 };

    /// So many, at least one.
    pub fn new(count: usize) -> Self {
        Self { count: count.max(1), ranks: 1 }
    }

    /// The same dealt to `ranks` processes; none if that does not come out even.
    #[must_use]
    pub fn dealt(self, ranks: usize) -> Option<Self> {
        (ranks > 0 && self.count.is_multiple_of(ranks)).then_some(Self { ranks, ..self })
    }

    pub fn count(self) -> usize {
        self.count
    }

    /// Processes that they are dealt to.
    pub fn ranks(self) -> usize {
        self.ranks
    }

    /// Blocks of each process.
    pub fn own(self) -> usize {
        self.count / self.ranks
    }

    /// Those of a minibatch of `rows` rows that have some, a run of them a process.
    pub fn runs(self, rows: usize) -> Runs {
        Runs { rows: rows.div_ceil(self.rows(rows).max(1)), each: self.own() }
    }

    /// The rows of a minibatch of `rows` rows that a process has.
    pub fn rows_of(self, rank: usize, rows: usize) -> Range<usize> {
        let (whole, own) = (self.rows(rows), self.own());
        (rank * own * whole).min(rows)..((rank + 1) * own * whole).min(rows)
    }

    pub fn are_one(self) -> bool {
        self == Self::ONE
    }

    /// Rows of a whole block of a minibatch of `rows` rows.
    pub fn rows(self, rows: usize) -> usize {
        rows.div_ceil(self.count)
    }

    /// The rows of each block that has some.
    pub fn each(self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let whole = self.rows(rows);
        (0..self.count)
            .map(move |block| (block * whole).min(rows)..((block + 1) * whole).min(rows))
            .take_while(|own| !own.is_empty())
    }

    /// Pieces that a block is cut into where all rows together are worth `pieces`.
    pub fn pieces(self, pieces: usize) -> usize {
        pieces.div_ceil(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(blocks: usize, rows: usize) -> Vec<usize> {
        Blocks::new(blocks).each(rows).map(|own| own.len()).collect()
    }

    #[test]
    fn the_last_blocks_have_fewer_rows_or_none() {
        assert_eq!(sizes(1, 7), [7]);
        assert_eq!(sizes(4, 128), [32; 4]);
        assert_eq!(sizes(4, 10), [3, 3, 3, 1]);
        assert_eq!(sizes(4, 5), [2, 2, 1]);
        assert_eq!(sizes(12, 5), [1; 5]);
        assert_eq!(sizes(3, 0), [0; 0]);
        let all: Vec<usize> = Blocks::new(5).each(33).flatten().collect();
        assert_eq!(all, (0..33).collect::<Vec<_>>());
    }

    #[test]
    fn processes_have_runs_of_blocks() {
        let blocks = Blocks::new(6).dealt(3).expect("comes out even");
        assert_eq!([0, 1, 2].map(|rank| blocks.rows_of(rank, 20)), [0..8, 8..16, 16..20]);
        assert_eq!([0, 1, 2].map(|rank| blocks.rows_of(rank, 3)), [0..2, 2..3, 3..3]);
        assert_eq!(blocks.runs(20), Runs { rows: 5, each: 2 });
        assert_eq!(Blocks::new(6).dealt(4), None);
    }
}
