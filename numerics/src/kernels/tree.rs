//! The fixed tree in which rows of partials are brought together (stride 1, 2, 4, ...), by one or by several, each of whom has some of the rows.

use std::ops::Range;

/// Columns that a tree is made of at a time, so that what one pair leaves is still near when it meets another's.
pub const NEAR: usize = 2048;

/// A pair of the tree: what rows `low..high` came to takes in what rows `high..end` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub low: usize,
    pub high: usize,
    pub end: usize,
}

/// The pairs of the tree over `count` rows, in order.
pub fn pairs(count: usize) -> impl Iterator<Item = Pair> {
    let strides = std::iter::successors(Some(1), |stride| Some(2 * stride));
    strides.take_while(move |stride| *stride < count).flat_map(move |stride| {
        let pair = move |low| Pair { low, high: low + stride, end: (low + 2 * stride).min(count) };
        (0..count - stride).step_by(2 * stride).map(pair)
    })
}

/// The rows of a tree, dealt in runs of `each`: who has a run makes the pairs within it, and is left with the nodes that no such pair has taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    pub rows: usize,
    pub each: usize,
}

impl Runs {
    /// All rows are one run.
    pub fn one(rows: usize) -> Self {
        Self { rows, each: rows.max(1) }
    }

    /// The rows of a run: none where it begins behind the last row.
    pub fn of(self, run: usize) -> Range<usize> {
        (run * self.each).min(self.rows)..((run + 1) * self.each).min(self.rows)
    }

    /// Pairs whose rows all are of this run.
    pub fn within(self, run: usize) -> impl Iterator<Item = Pair> {
        let own = self.of(run);
        pairs(self.rows).filter(move |pair| own.start <= pair.low && pair.end <= own.end)
    }

    /// Pairs whose rows are of several runs.
    pub fn across(self) -> impl Iterator<Item = Pair> {
        pairs(self.rows).filter(move |pair| !self.is_within(*pair))
    }

    /// What is left of a run: the first row of each node.
    pub fn nodes(self, run: usize) -> impl Iterator<Item = usize> {
        let taken = move |row: usize| {
            // The one pair that has the row at its right: as far below as its lowest bit says.
            let stride = row & row.wrapping_neg();
            let pair = Pair { low: row.wrapping_sub(stride), high: row, end: (row + stride).min(self.rows) };
            row > 0 && self.is_within(pair)
        };
        self.of(run).filter(move |row| !taken(*row))
    }

    fn is_within(self, pair: Pair) -> bool {
        pair.low / self.each == (pair.end - 1) / self.each
    }
}

/// Some columns of partials: `len` from `from` on, of rows of `cols`.
pub struct Tree {
    pub partials: *mut f32,
    pub cols: usize,
    pub from: usize,
    pub len: usize,
    /// Whether the larger of two is kept, not their sum.
    pub is_max: bool,
}

impl Tree {
    /// Brings `count` rows from `first` on together in the first of them.
    ///
    /// # Safety
    /// The rows are among the partials, and nobody else touches these columns of them.
    pub unsafe fn over(&self, first: usize, count: usize) {
        for pair in pairs(count) {
            // SAFETY: by the contract.
            unsafe { self.join(first + pair.low, first + pair.high) };
        }
    }

    /// Row `low` takes in row `high`.
    ///
    /// # Safety
    /// As for [`over`](Self::over); the rows differ.
    pub unsafe fn join(&self, low: usize, high: usize) {
        let Self { partials, cols, from, len, is_max } = *self;
        // SAFETY: by the contract.
        let (low, high) = unsafe {
            let (low, high) = (partials.add(low * cols + from), partials.add(high * cols + from));
            (std::slice::from_raw_parts_mut(low, len), std::slice::from_raw_parts(high, len))
        };
        take_in(low, high, is_max);
    }
}

/// The sums of two, or the larger of each, in place of the first.
pub fn take_in(low: &mut [f32], high: &[f32], is_max: bool) {
    let pairs = low.iter_mut().zip(high);
    match is_max {
        false => pairs.for_each(|(a, &b)| *a += b),
        true => pairs.for_each(|(a, &b)| *a = larger(*a, b)),
    }
}

/// The same in place of the second.
pub fn take_under(low: &[f32], high: &mut [f32], is_max: bool) {
    let pairs = low.iter().zip(high);
    match is_max {
        false => pairs.for_each(|(&a, b)| *b += a),
        true => pairs.for_each(|(&a, b)| *b = larger(a, *b)),
    }
}

/// The same elsewhere.
pub fn put_between(low: &[f32], high: &[f32], into: &mut [f32], is_max: bool) {
    let pairs = low.iter().zip(high).zip(into);
    match is_max {
        false => pairs.for_each(|((&a, &b), c)| *c = a + b),
        true => pairs.for_each(|((&a, &b), c)| *c = larger(a, b)),
    }
}

fn larger(low: f32, high: f32) -> f32 {
    if high < low { low } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row as the text of how it was made.
    fn leaves(count: usize) -> Vec<String> {
        (0..count).map(|i| i.to_string()).collect()
    }

    fn join(rows: &mut [String], pair: Pair) {
        rows[pair.low] = format!("({} {})", rows[pair.low], rows[pair.high]);
    }

    #[test]
    fn the_tree_is_that_of_strides() {
        let mut rows = leaves(7);
        pairs(7).for_each(|pair| join(&mut rows, pair));
        assert_eq!(rows[0], "(((0 1) (2 3)) ((4 5) 6))");
        assert_eq!(pairs(1).count() + pairs(0).count(), 0);
    }

    #[test]
    fn whoever_has_the_rows_makes_the_same_tree() {
        for count in 1..40 {
            let mut whole = leaves(count);
            pairs(count).for_each(|pair| join(&mut whole, pair));
            for each in 1..=count {
                let runs = Runs { rows: count, each };
                let mut rows = leaves(count);
                let all = count.div_ceil(each);
                for run in 0..all {
                    runs.within(run).for_each(|pair| join(&mut rows, pair));
                }
                // What is left is what others need: nodes, and nothing else.
                let nodes: Vec<usize> = (0..all).flat_map(|run| runs.nodes(run)).collect();
                (0..count).filter(|row| !nodes.contains(row)).for_each(|row| rows[row].clear());
                runs.across().for_each(|pair| join(&mut rows, pair));
                assert_eq!(rows[0], whole[0], "{count} rows in runs of {each}");
                assert_eq!(nodes.len(), runs.across().count() + 1);
            }
        }
    }

    #[test]
    fn runs_of_a_power_of_two_leave_one_node_each() {
        let nodes = |rows, each, run| Runs { rows, each }.nodes(run).collect::<Vec<_>>();
        assert_eq!(nodes(12, 4, 2), [8]);
        assert_eq!(nodes(12, 6, 0), [0, 4]);
        assert_eq!(nodes(12, 6, 1), [6, 8]);
        // The last rows lack, and a run has none.
        assert_eq!(nodes(5, 4, 1), [4]);
        assert_eq!(nodes(5, 4, 2), [0; 0]);
    }
}
