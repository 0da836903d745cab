//! Blocks of rows: how a minibatch is cut, whatever runs it.
//!
//! Each block has `ceil(rows / blocks)` rows; the last ones have fewer, or none, where that does not come out even. Every kernel over rows is run on each block
//! as if the minibatch had no other rows, and what is summed over rows is summed in each block by itself and then over blocks, in the fixed tree (stride 1,
//! 2, 4, ...). So what belongs to a block is a function of its rows alone: whoever holds some of the blocks makes the same numbers of them.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blocks(usize);

impl Default for Blocks {
    fn default() -> Self {
        Self::ONE
    }
}

impl Blocks {
    /// All rows are one block.
    pub const ONE: Self = Self(1);

    /// So many, at least one.
    pub fn new(count: usize) -> Self {
        Self(count.max(1))
    }

    pub fn count(self) -> usize {
        self.0
    }

    pub fn are_one(self) -> bool {
        self == Self::ONE
    }

    /// Rows of a whole block of a minibatch of `rows` rows.
    pub fn rows(self, rows: usize) -> usize {
        rows.div_ceil(self.0)
    }

    /// The rows of each block that has some.
    pub fn each(self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let whole = self.rows(rows);
        (0..self.0)
            .map(move |block| (block * whole).min(rows)..((block + 1) * whole).min(rows))
            .take_while(|own| !own.is_empty())
    }

    /// Pieces that a block is cut into where all rows together are worth `pieces`.
    pub fn pieces(self, pieces: usize) -> usize {
        pieces.div_ceil(self.0)
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
}
