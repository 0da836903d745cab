//! Values whose elements are shared out: each process has a run of their shards.

use std::ops::Range;

/// Elements of a shard.
pub const SHARD: usize = 4096;

/// One of several values that are shared out together: their shards are numbered through, and each process has a run of as many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// The number of its first shard.
    pub first: usize,
    /// Shards of all the values.
    pub all: usize,
}

impl Slice {
    /// Shards that each of so many processes has, the last ones fewer.
    pub fn each(self, size: usize) -> usize {
        self.all.div_ceil(size)
    }

    /// The shards of the value, of `len` elements, that a process has.
    pub fn shards(self, len: usize, rank: usize, size: usize) -> Range<usize> {
        let (each, own) = (self.each(size), len.div_ceil(SHARD));
        let within = |number: usize| number.saturating_sub(self.first).min(own);
        within(rank * each)..within((rank + 1) * each)
    }

    /// Their elements.
    pub fn elements(self, len: usize, rank: usize, size: usize) -> Range<usize> {
        let Range { start, end } = self.shards(len, rank, size);
        (start * SHARD).min(len)..(end * SHARD).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_of_one_process() {
        let lens = [3 * SHARD + 5, 1, SHARD, 7 * SHARD, 100];
        let all = lens.iter().map(|len| len.div_ceil(SHARD)).sum();
        for size in 1..10 {
            let (mut first, mut counts) = (0, vec![0; size]);
            for len in lens {
                let slice = Slice { first, all };
                let mut next = 0;
                for (rank, count) in counts.iter_mut().enumerate() {
                    let own = slice.elements(len, rank, size);
                    assert!(own.is_empty() || own.start == next, "{size} processes, {len} elements");
                    next += own.len();
                    *count += slice.shards(len, rank, size).len();
                }
                assert_eq!(next, len);
                first += len.div_ceil(SHARD);
            }
            assert!(counts.iter().all(|count| *count <= all.div_ceil(size)), "{counts:?}");
        }
    }
}
