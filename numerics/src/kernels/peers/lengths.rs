//! What an exchange sends, as far as it is known before: lengths of messages.

use super::super::tree::Runs;

/// Elements of an exchange up to which everybody is sent everything: a message of so many costs hardly more than its latency.
const SHORT: usize = 1024;

/// Cuts are at cache lines.
pub(super) const LINE: usize = 16;

/// Elements that are exchanged at once: of moments, which are not cut, of values whose root is shared out, by the columns that a process has at most, and of all else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    pub moments: usize,
    pub sliced: usize,
    pub others: usize,
}

impl Lengths {
    /// Bytes of each message that a process sends, one after the other, each having a run of blocks: of the one with the most nodes.
    pub fn messages(self, runs: Runs) -> Vec<usize> {
        let size = runs.rows.div_ceil(runs.each.max(1)).max(1);
        let nodes = (0..size).map(|run| runs.nodes(run).count()).max().unwrap_or(0);
        if self.are_short() {
            return gathering(size, 1 + nodes * (self.moments + self.others));
        }
        let cut = if self.are_cut() { self.others.div_ceil(size).next_multiple_of(LINE) } else { 0 };
        let whole = self.moments + if self.are_cut() { 0 } else { self.others };
        let mut messages = vec![(nodes * (whole + cut + self.sliced) + 1) * WORD; size - 1];
        messages.extend(gathering(size, cut));
        messages
    }

    /// Whether everybody is sent all there is.
    pub(super) fn are_short(self) -> bool {
        self.sliced == 0 && self.moments + self.others <= SHORT
    }

    /// Whether of what everybody is left with each adds some.
    pub(super) fn are_cut(self) -> bool {
        self.others > SHORT
    }
}

/// Bytes of each message by which values are collected, of which a process has so many elements at most.
pub fn collected(each: usize, size: usize) -> Vec<usize> {
    gathering(size, each)
}

const WORD: usize = size_of::<f32>();

/// The messages of [`gather_all`](super::gather_all) and [`collect`](super::collect), of so many elements a process.
fn gathering(size: usize, each: usize) -> Vec<usize> {
    let have = std::iter::successors(Some(1), |have| Some(2 * have)).take_while(|have| *have < size);
    have.filter(|_| each > 0).map(|have| have.min(size - have) * each * WORD).collect()
}
