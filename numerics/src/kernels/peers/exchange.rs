//! Partials of rows that several processes have, brought together in the fixed tree: each process comes with the nodes that its run of blocks leaves, and all leave with
//! the root.
//!
//! Invariant: which pairs are added, and in which order of operands, is the tree's business alone ([`Runs`]); who adds them is a question of time. What is short goes to
//! everybody whole and everybody adds it. What is long is cut into a slice of columns for each process, which adds it and gives the sums to all others: two messages of a
//! slice to each of the others, which is as little as can be sent.

use std::cell::RefCell;
use std::ops::Range;

use super::super::moments::Joined;
use super::super::tree::{Pair, Runs, take_in};
use super::{Link, Peers, gather_all};

/// Elements of an exchange up to which everybody is sent everything: a message of so many costs hardly more than its latency.
const SHORT: usize = 1024;

/// Slices begin at cache lines.
const LINE: usize = 16;

/// The partials of one value.
#[derive(Clone, Copy)]
pub struct Part {
    /// Of the first block of the run, in whose first row the root is left.
    pub start: *mut f32,
    /// Elements.
    pub cols: usize,
    /// Elements from a block's first row to the next block's.
    pub apart: usize,
    pub join: Join,
}

/// What a pair of nodes comes to.
#[derive(Clone, Copy)]
pub enum Join {
    Sum,
    Max,
    Moments(Joined),
}

/// What is exchanged at once.
pub struct Exchange<'a> {
    pub peers: &'a dyn Peers,
    /// Blocks that have rows, a run of them a process.
    pub runs: Runs,
    pub parts: &'a [Part],
}

/// Elements that are exchanged at once: of moments, which are not cut, and of all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub moments: usize,
    pub others: usize,
}

impl Lengths {
    /// Bytes that a process sends, each having a run of blocks: the one with the most nodes.
    pub fn sent(self, runs: Runs) -> usize {
        let mut bytes = 0;
        self.messages(runs, &mut |own| bytes += own);
        bytes
    }

    /// Seconds that the exchange takes over a network, where all begin it at once.
    pub fn seconds(self, runs: Runs, link: Link) -> f64 {
        let mut seconds = 0.0;
        self.messages(runs, &mut |bytes| seconds += link.message(bytes));
        seconds
    }

    /// Calls `of` with the bytes of each message that a process sends, one after the other.
    fn messages(self, runs: Runs, of: &mut dyn FnMut(usize)) {
        let size = runs.rows.div_ceil(runs.each.max(1)).max(1);
        let nodes = (0..size).map(|run| runs.nodes(run).count()).max().unwrap_or(0);
        let all = self.moments + self.others;
        if all <= SHORT {
            return gathering(size, 1 + nodes * all, of);
        }
        if self.moments > 0 {
            gathering(size, 1 + nodes * self.moments, of);
        }
        let slice = self.others.div_ceil(size).next_multiple_of(LINE);
        (1..size).for_each(|_| of((nodes * slice + 1) * WORD));
        gathering(size, slice, of);
    }
}

const WORD: usize = size_of::<f32>();

/// The messages of [`gather_all`], with slots of so many elements.
fn gathering(size: usize, slot: usize, of: &mut dyn FnMut(usize)) {
    let mut have = 1;
    while have < size {
        let more = have.min(size - have);
        of(more * slot * WORD);
        have += more;
    }
}

/// Where the nodes that a process works on lie: for each block that begins one, the first element in the room.
struct Nodes {
    at: Vec<usize>,
}

thread_local! {
    /// What arrives, and what is made of it.
    static ROOM: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl Exchange<'_> {
    /// Elements of all parts.
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.cols).sum()
    }

    /// Exchanges the parts; answers all bits of `bits` that any process has set.
    ///
    /// # Safety
    /// Every part has its `cols` elements behind the first row of each block that begins a node of this process's run, and behind `start`; nobody else touches them.
    pub unsafe fn run(&self, bits: u32) -> u32 {
        ROOM.with_borrow_mut(|(room, sums)| {
            // SAFETY: the caller's contract.
            unsafe {
                if self.len() <= SHORT {
                    return self.short(bits, room);
                }
                // Moments are two numbers a channel that belong together: they are never long, and not cut.
                let (whole, cut): (Vec<Part>, Vec<Part>) =
                    self.parts.iter().partition(|part| matches!(part.join, Join::Moments(_)));
                let of = |parts| Exchange { peers: self.peers, runs: self.runs, parts };
                let more = if whole.is_empty() { 0 } else { of(&whole).short(bits, room) };
                more | of(&cut).in_slices(bits, room, sums)
            }
        })
    }

    /// Everybody is sent all nodes.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn short(&self, bits: u32, room: &mut Vec<f32>) -> u32 {
        let (rank, size, len) = (self.peers.rank(), self.peers.size(), self.len());
        let nodes = |run| self.runs.nodes(run);
        let most = (0..size).map(|run| nodes(run).count()).max().unwrap_or(0);
        let slot = 1 + most * len;
        room.clear();
        room.resize(size * slot, 0.0);
        room[0] = f32::from_bits(bits);
        for (i, node) in nodes(rank).enumerate() {
            // SAFETY: the caller's contract.
            unsafe { self.read(node, 0..len, &mut room[1 + i * len..][..len]) };
        }
        gather_all(self.peers, words(room));
        let mut at = vec![usize::MAX; self.runs.rows];
        for run in 0..size {
            nodes(run).enumerate().for_each(|(i, node)| at[node] = run * slot + 1 + i * len);
        }
        let nodes = Nodes { at };
        let bits = (0..size).fold(0, |bits, run| bits | room[run * slot].to_bits());
        self.add(room, &nodes, 0..len);
        if self.runs.rows > 0 {
            // SAFETY: the caller's contract.
            unsafe { self.write(0..len, &room[nodes.at[0]..][..len]) };
        }
        bits
    }

    /// Every process is sent its slice of all nodes, and all are sent its sums.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn in_slices(&self, bits: u32, room: &mut Vec<f32>, sums: &mut Vec<f32>) -> u32 {
        let (rank, size, len) = (self.peers.rank(), self.peers.size(), self.len());
        let each = len.div_ceil(size).next_multiple_of(LINE);
        let slice = |run: usize| (run * each).min(len)..((run + 1) * each).min(len);
        let own = slice(rank);
        // A run's nodes, each a slice, and behind them the bits.
        let message = |of: usize, slice: &Range<usize>| self.runs.nodes(of).count() * slice.len() + 1;
        room.clear();
        room.resize((0..size).map(|run| message(run, &own)).sum(), 0.0);
        let mut nodes = Nodes { at: vec![usize::MAX; self.runs.rows] };
        let (mut start, mut all) = (0, bits);
        for away in 0..size {
            let (to, from) = ((rank + away) % size, (rank + size - away) % size);
            let into = start..start + message(from, &own);
            // SAFETY: the caller's contract.
            unsafe {
                if away == 0 {
                    self.outgoing(bits, &own, &mut room[into.clone()]);
                } else {
                    sums.clear();
                    sums.resize(message(rank, &slice(to)), 0.0);
                    self.outgoing(bits, &slice(to), sums);
                    self.peers.swap(to, words(sums), from, words(&mut room[into.clone()]));
                }
            }
            self.runs.nodes(from).enumerate().for_each(|(i, node)| nodes.at[node] = start + i * own.len());
            all |= room[into.end - 1].to_bits();
            start = into.end;
        }
        self.add(room, &nodes, own.clone());
        sums.clear();
        sums.resize(size * each, 0.0);
        if let Some(root) = nodes.at.first().filter(|_| !own.is_empty()) {
            sums[..own.len()].copy_from_slice(&room[*root..][..own.len()]);
        }
        gather_all(self.peers, words(sums));
        if self.runs.rows > 0 {
            for run in 0..size {
                // SAFETY: the caller's contract.
                unsafe { self.write(slice(run), &sums[run * each..][..slice(run).len()]) };
            }
        }
        all
    }

    /// What this process sends of a slice.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn outgoing(&self, bits: u32, slice: &Range<usize>, message: &mut [f32]) {
        for (i, node) in self.runs.nodes(self.peers.rank()).enumerate() {
            // SAFETY: the caller's contract.
            unsafe { self.read(node, slice.clone(), &mut message[i * slice.len()..][..slice.len()]) };
        }
        if let Some(last) = message.last_mut() {
            *last = f32::from_bits(bits);
        }
    }

    /// Makes the pairs that no process makes alone, of the columns `slice`.
    fn add(&self, room: &mut [f32], nodes: &Nodes, slice: Range<usize>) {
        for pair in self.runs.across() {
            let (low, high) = (nodes.at[pair.low], nodes.at[pair.high]);
            let (low, high) = apart(room, low, high, slice.len());
            self.pieces(slice.clone(), |part, _, within| {
                join(part.join, pair, &mut low[within.clone()], &high[within]);
            });
        }
    }

    /// The parts that columns `slice` belong to: which columns of it, and where they stand in the slice.
    fn pieces(&self, slice: Range<usize>, mut of: impl FnMut(&Part, usize, Range<usize>)) {
        let mut first = 0;
        for part in self.parts {
            let (start, end) = (slice.start.max(first), slice.end.min(first + part.cols));
            if start < end {
                of(part, start - first, start - slice.start..end - slice.start);
            }
            first += part.cols;
        }
    }

    /// Columns of the node that begins with block `node`, one of this process's.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn read(&self, node: usize, slice: Range<usize>, to: &mut [f32]) {
        let block = node - self.runs.of(self.peers.rank()).start;
        self.pieces(slice, |part, col, within| {
            // SAFETY: the caller's contract.
            let from =
                unsafe { std::slice::from_raw_parts(part.start.add(block * part.apart + col), within.len()) };
            to[within].copy_from_slice(from);
        });
    }

    /// Columns of the root.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn write(&self, slice: Range<usize>, from: &[f32]) {
        self.pieces(slice, |part, col, within| {
            // SAFETY: the caller's contract.
            let to = unsafe { std::slice::from_raw_parts_mut(part.start.add(col), within.len()) };
            to.copy_from_slice(&from[within]);
        });
    }
}

fn join(join: Join, pair: Pair, low: &mut [f32], high: &[f32]) {
    match join {
        Join::Sum => take_in(low, high, false),
        Join::Max => take_in(low, high, true),
        Join::Moments(joined) => joined.take_in(low, high, pair),
    }
}

/// Two pieces of the room that do not overlap.
fn apart(room: &mut [f32], a: usize, b: usize, len: usize) -> (&mut [f32], &[f32]) {
    if a < b {
        let (left, right) = room.split_at_mut(b);
        (&mut left[a..a + len], &right[..len])
    } else {
        let (left, right) = room.split_at_mut(a);
        (&mut right[..len], &left[b..b + len])
    }
}

fn words(floats: &mut [f32]) -> &mut [u8] {
    bytemuck::cast_slice_mut(floats)
}

#[cfg(test)]
mod tests {
    use super::super::super::tree::pairs;
    use super::super::{Thread, threads};
    use super::*;

    /// Partials of `blocks` blocks, three rows apart of which the first counts, none of whose sums is exact.
    fn partials(blocks: usize, cols: usize) -> Vec<f32> {
        let number = |i: usize| 1.0 + (i as f32 * 0.7).sin() * (i % 5) as f32 + 1e-3 / (1 + i % 7) as f32;
        (0..3 * blocks * cols).map(number).collect()
    }

    fn part(partials: &mut [f32], cols: usize, join: Join) -> Part {
        Part { start: partials.as_mut_ptr(), cols, apart: 3 * cols, join }
    }

    /// Makes these pairs of partials that begin with block `first`.
    fn make(pairs: impl Iterator<Item = Pair>, first: usize, partials: &mut [f32], cols: usize, by: Join) {
        let at = |block: usize| 3 * (block - first) * cols;
        for pair in pairs {
            let (low, high) = partials.split_at_mut(at(pair.high));
            join(by, pair, &mut low[at(pair.low)..][..cols], &high[..cols]);
        }
    }

    /// The roots that all processes are left with, by process.
    fn exchanged(size: usize, runs: Runs, parts: &[(usize, Join)]) -> Vec<(Vec<Vec<f32>>, u32)> {
        threads(size, |peers| {
            let own = runs.of(peers.rank());
            let mut all: Vec<Vec<f32>> = Vec::new();
            for &(cols, by) in parts {
                let whole = partials(runs.rows, cols);
                // Also who has no rows has room for the root.
                let mut own_part = vec![7.0; 3 * runs.each * cols];
                let lies = &whole[3 * own.start * cols..3 * own.end * cols];
                own_part[..lies.len()].copy_from_slice(lies);
                make(runs.within(peers.rank()), own.start, &mut own_part, cols, by);
                all.push(own_part);
            }
            let parts: Vec<Part> =
                all.iter_mut().zip(parts).map(|(own, (cols, by))| part(own, *cols, *by)).collect();
            // SAFETY: each part has a run's blocks.
            let bits = unsafe { Exchange { peers, runs, parts: &parts }.run(1 << peers.rank()) };
            let roots = all.iter().zip(&parts).map(|(own, part)| own[..part.cols].to_vec()).collect();
            (roots, bits)
        })
    }

    #[test]
    fn all_leave_with_the_root_of_one_tree() {
        let moments = Joined { channels: 2, shard: 5, block: 5, room: 3, places: 5 * 11 + 2 };
        let lists = [
            vec![(4, Join::Sum), (1, Join::Max)],
            vec![(1500, Join::Sum), (70, Join::Max), (333, Join::Sum)],
            vec![(4, Join::Moments(moments))],
        ];
        for (rows, each, size) in
            [(12, 12, 1), (12, 6, 2), (12, 4, 3), (12, 3, 4), (8, 2, 4), (9, 4, 3), (3, 4, 3), (12, 2, 6)]
        {
            for parts in &lists {
                let runs = Runs { rows, each };
                for (roots, bits) in exchanged(size, runs, parts) {
                    assert_eq!(bits, (1 << size) - 1);
                    for (root, &(cols, by)) in roots.iter().zip(parts) {
                        let mut whole = partials(rows, cols);
                        make(pairs(rows), 0, &mut whole, cols, by);
                        assert_eq!(*root, whole[..cols], "{rows} blocks, {each} each, {size} processes");
                    }
                }
            }
        }
    }

    /// Networks of 1, 10 and 100 Gb/s, two to 64 processes, one block each or several that are no power of two: what is foretold is what the messages come to.
    #[test]
    fn an_exchange_takes_as_long_as_is_foretold() {
        let networks = [(50e-6, 1.0), (20e-6, 10.0), (5e-6, 100.0)]
            .map(|(latency, gigabits)| Link { latency, byte: 8e-9 / gigabits });
        for link in networks {
            for (size, each) in [(2, 1), (2, 6), (4, 3), (7, 1), (16, 1), (64, 1)] {
                let runs = Runs { rows: size * each, each };
                for len in [1, 900, 20_000] {
                    let all = Thread::all(size, link);
                    let work = |own: Thread| {
                        let mut partials = vec![1.0; each * len];
                        let part =
                            Part { start: partials.as_mut_ptr(), cols: len, apart: len, join: Join::Sum };
                        // SAFETY: the part has a run's blocks.
                        unsafe { Exchange { peers: &own, runs, parts: &[part] }.run(0) };
                        own.clock()
                    };
                    let slowest = std::thread::scope(|scope| {
                        let work = &work;
                        let all: Vec<_> = all.into_iter().map(|own| scope.spawn(move || work(own))).collect();
                        all.into_iter().map(|thread| thread.join().expect("a clock")).fold(0.0, f64::max)
                    });
                    let foretold = Lengths { moments: 0, others: len }.seconds(runs, link);
                    assert!(
                        (foretold / slowest - 1.0).abs() < 0.15,
                        "{size} processes, {len} elements: {foretold:e} for {slowest:e}"
                    );
                }
            }
        }
    }
}
