//! Partials of rows that several processes have, brought together in the fixed tree: each process comes with the nodes that its run of blocks leaves, and all leave with
//! the root, or with the columns of it that they asked for.
//!
//! Invariant: which pairs are added, and in which order of operands, is the tree's business alone ([`Runs`]); who adds them is a question of time. What is short goes to
//! everybody whole and everybody adds it. What is long is cut into columns for each process, which adds its own and gives the sums to all others, unless all that is made of them is
//! made by the same process ([`Slice`]): two messages of a slice to each of the others, or one, which is as little as can be sent.

use std::cell::RefCell;
use std::ops::Range;

use super::super::moments::Joined;
use super::super::tree::{Pair, Runs, put_between, take_in, take_under};
use super::pieces::{self, Piece, collect};
use super::{Peers, Slice, gather_all};

/// Elements of an exchange up to which everybody is sent everything: a message of so many costs hardly more than its latency.
const SHORT: usize = 1024;

/// Cuts are at cache lines.
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
    /// Which columns of the root a process is left with, if not with all.
    pub slice: Option<Slice>,
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
    fn are_short(self) -> bool {
        self.sliced == 0 && self.moments + self.others <= SHORT
    }

    /// Whether of what everybody is left with each adds some.
    fn are_cut(self) -> bool {
        self.others > SHORT
    }
}

/// Bytes of each message by which values are collected, of which a process has so many elements at most.
pub fn collected(each: usize, size: usize) -> Vec<usize> {
    gathering(size, each)
}

const WORD: usize = size_of::<f32>();

/// The messages of [`gather_all`] and [`collect`], of so many elements a process.
fn gathering(size: usize, each: usize) -> Vec<usize> {
    let have = std::iter::successors(Some(1), |have| Some(2 * have)).take_while(|have| *have < size);
    have.filter(|_| each > 0).map(|have| have.min(size - have) * each * WORD).collect()
}

thread_local! {
    /// Where nodes of others arrive.
    static ROOM: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// So many elements of the room, whatever lies there: what arrives is written over it.
fn grown(room: &mut Vec<f32>, elements: usize) -> &mut [f32] {
    if room.len() < elements {
        room.resize(elements, 0.0);
    }
    &mut room[..elements]
}

/// Columns of each part.
type Columns = Vec<Range<usize>>;

/// By the block that a node begins with: where its columns of each part lie.
struct Nodes(Vec<Vec<*mut f32>>);

impl Exchange<'_> {
    fn lengths(&self) -> Lengths {
        let size = self.peers.size();
        let mut lengths = Lengths::default();
        for part in self.parts {
            match (part.join, part.slice) {
                (Join::Moments(_), _) => lengths.moments += part.cols,
                (_, Some(slice)) => lengths.sliced += slice.elements(part.cols, 0, size).len(),
                (_, None) => lengths.others += part.cols,
            }
        }
        lengths
    }

    /// Exchanges the parts; answers all bits of `bits` that any process has set.
    ///
    /// # Safety
    /// Every part has its `cols` elements behind the first row of each block that begins a node of this process's run, and behind `start`; nobody else touches them.
    pub unsafe fn run(&self, bits: u32) -> u32 {
        ROOM.with_borrow_mut(|room| {
            // SAFETY: the caller's contract.
            unsafe {
                match self.lengths().are_short() {
                    true => self.short(bits, room),
                    false => self.in_columns(bits, room),
                }
            }
        })
    }

    /// Everybody is sent all nodes.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn short(&self, bits: u32, room: &mut Vec<f32>) -> u32 {
        let (rank, size) = (self.peers.rank(), self.peers.size());
        let len: usize = self.parts.iter().map(|part| part.cols).sum();
        let nodes = |run| self.runs.nodes(run);
        let most = (0..size).map(|run| nodes(run).count()).max().unwrap_or(0);
        let slot = 1 + most * len;
        let room = grown(room, size * slot);
        room[0] = f32::from_bits(bits);
        let all: Columns = self.parts.iter().map(|part| 0..part.cols).collect();
        let mut next = 1;
        for node in nodes(rank) {
            for piece in self.own_pieces(node, &all) {
                // SAFETY: the caller's contract.
                let own = unsafe { std::slice::from_raw_parts(piece.start, piece.len) };
                room[next..next + piece.len].copy_from_slice(own);
                next += piece.len;
            }
        }
        gather_all(self.peers, bytemuck::cast_slice_mut(room));
        let bits = (0..size).fold(0, |bits, run| bits | room[run * slot].to_bits());
        let start = room.as_mut_ptr();
        let mut lie = Nodes(vec![Vec::new(); self.runs.rows]);
        for run in 0..size {
            let first = |i: usize| start.wrapping_add(run * slot + 1 + i * len);
            nodes(run).enumerate().for_each(|(i, node)| lie.0[node] = self.behind(first(i), &all));
        }
        // SAFETY: the caller's contract; the room has all nodes.
        unsafe { self.add(&lie, &all) };
        bits
    }

    /// Every process is sent its columns of all nodes; what everybody needs and each adds some of is collected.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn in_columns(&self, bits: u32, room: &mut Vec<f32>) -> u32 {
        let (rank, size) = (self.peers.rank(), self.peers.size());
        let own = self.columns(rank);
        let len: usize = own.iter().map(Range::len).sum();
        let others = (0..size).filter(|run| *run != rank).map(|run| self.runs.nodes(run).count());
        let mut next = grown(room, others.sum::<usize>() * len).as_mut_ptr();
        let mut lie = Nodes(vec![Vec::new(); self.runs.rows]);
        for node in self.runs.nodes(rank) {
            lie.0[node] = self.own_pieces(node, &own).map(|piece| piece.start).collect();
        }
        let (mut told, mut all) = ([f32::from_bits(bits)], bits);
        for away in 1..size {
            let (to, from) = ((rank + away) % size, (rank + size - away) % size);
            let theirs = self.columns(to);
            let mut out: Vec<Piece> =
                self.runs.nodes(rank).flat_map(|node| self.own_pieces(node, &theirs)).collect();
            let mut into = Vec::new();
            for node in self.runs.nodes(from) {
                let starts = self.behind(next, &own);
                into.extend(
                    starts.iter().zip(&own).map(|(start, own)| Piece { start: *start, len: own.len() }),
                );
                lie.0[node] = starts;
                next = next.wrapping_add(len);
            }
            let mut heard = [0.0];
            out.push(Piece { start: told.as_mut_ptr(), len: 1 });
            into.push(Piece { start: heard.as_mut_ptr(), len: 1 });
            // SAFETY: the caller's contract; the room has as many elements as come.
            unsafe { pieces::swap(self.peers, to, &out, from, &into) };
            all |= heard[0].to_bits();
        }
        // SAFETY: the caller's contract.
        unsafe {
            self.add(&lie, &own);
            if self.runs.rows > 0 && self.lengths().are_cut() {
                collect(self.peers, |rank| self.cut_pieces(rank));
            }
        }
        all
    }

    /// The columns that a process adds.
    fn columns(&self, rank: usize) -> Columns {
        let (size, lengths) = (self.peers.size(), self.lengths());
        let each = lengths.others.div_ceil(size).next_multiple_of(LINE);
        let mut first = 0;
        let of = |part: &Part| match (part.join, part.slice) {
            (Join::Moments(_), _) => 0..part.cols,
            (_, Some(slice)) => slice.elements(part.cols, rank, size),
            (_, None) if !lengths.are_cut() => 0..part.cols,
            (_, None) => {
                let within = |number: usize| number.saturating_sub(first).min(part.cols);
                let own = within(rank * each)..within((rank + 1) * each);
                first += part.cols;
                own
            }
        };
        self.parts.iter().map(of).collect()
    }

    /// Where a process leaves what it adds for all.
    fn cut_pieces(&self, rank: usize) -> Vec<Piece> {
        let is_cut = |part: &Part| part.slice.is_none() && !matches!(part.join, Join::Moments(_));
        let cut = self.parts.iter().zip(self.columns(rank)).filter(|(part, _)| is_cut(part));
        cut.map(|(part, own)| Piece { start: part.start.wrapping_add(own.start), len: own.len() }).collect()
    }

    /// Columns of a node of this process, where they lie.
    fn own_pieces(&self, node: usize, columns: &Columns) -> impl Iterator<Item = Piece> {
        let block = node - self.runs.of(self.peers.rank()).start;
        self.parts.iter().zip(columns).map(move |(part, columns)| Piece {
            start: part.start.wrapping_add(block * part.apart + columns.start),
            len: columns.len(),
        })
    }

    /// Where columns of each part lie that follow each other.
    fn behind(&self, start: *mut f32, columns: &Columns) -> Vec<*mut f32> {
        let from = |next: &mut *mut f32, columns: &Range<usize>| {
            let own = *next;
            *next = own.wrapping_add(columns.len());
            Some(own)
        };
        columns.iter().scan(start, from).collect()
    }

    /// Makes the pairs that no process makes alone, of some columns, and leaves the root of them where it belongs.
    ///
    /// # Safety
    /// As for [`run`](Self::run); `nodes` says where so many columns of each part lie, apart from each other.
    unsafe fn add(&self, nodes: &Nodes, columns: &Columns) {
        let Some(root) = nodes.0.first() else { return };
        let pairs: Vec<Pair> = self.runs.across().collect();
        for (i, part) in self.parts.iter().enumerate() {
            let (into, len) = (part.start.wrapping_add(columns[i].start), columns[i].len());
            for (n, pair) in pairs.iter().enumerate() {
                let (low, high) = (nodes.0[pair.low][i], nodes.0[pair.high][i]);
                let is_root = n + 1 == pairs.len();
                // SAFETY: the caller's contract.
                unsafe { part.join.pair(*pair, (low, high, len), if is_root { into } else { low }) };
            }
            // SAFETY: likewise: it is the same place, or another.
            if pairs.is_empty() {
                unsafe { std::ptr::copy(root[i], into, len) };
            }
        }
    }
}

impl Join {
    /// Leaves at `into` what `len` elements of two nodes come to: at the place of the lower one, of the higher one, or elsewhere.
    ///
    /// # Safety
    /// The elements are there, and nobody else touches them.
    unsafe fn pair(self, pair: Pair, (low, high, len): (*mut f32, *mut f32, usize), into: *mut f32) {
        // SAFETY: the caller's contract; places are the same or apart.
        unsafe {
            let of = |start: *mut f32| std::slice::from_raw_parts_mut(start, len);
            let is_max = matches!(self, Join::Max);
            match self {
                Join::Moments(joined) => {
                    joined.take_in(of(low), of(high), pair);
                    std::ptr::copy(low, into, len);
                }
                _ if into == low => take_in(of(low), of(high), is_max),
                _ if into == high => take_under(of(low), of(high), is_max),
                _ => put_between(of(low), of(high), of(into), is_max),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tree::pairs;
    use super::super::{Link, SHARD, Thread, threads};
    use super::*;

    /// Partials of `blocks` blocks, three rows apart of which the first counts, none of whose sums is exact.
    fn partials(blocks: usize, cols: usize) -> Vec<f32> {
        let number = |i: usize| 1.0 + (i as f32 * 0.7).sin() * (i % 5) as f32 + 1e-3 / (1 + i % 7) as f32;
        (0..3 * blocks * cols).map(number).collect()
    }

    fn part(partials: &mut [f32], (cols, join, slice): (usize, Join, Option<Slice>)) -> Part {
        Part { start: partials.as_mut_ptr(), cols, apart: 3 * cols, join, slice }
    }

    /// Makes these pairs of partials that begin with block `first`.
    fn make(pairs: impl Iterator<Item = Pair>, first: usize, partials: &mut [f32], cols: usize, by: Join) {
        let at = |block: usize| 3 * (block - first) * cols;
        for pair in pairs {
            let (low, high) = partials.split_at_mut(at(pair.high));
            let low = low[at(pair.low)..].as_mut_ptr();
            // SAFETY: both have `cols` elements, and are apart.
            unsafe { by.pair(pair, (low, high.as_mut_ptr(), cols), low) };
        }
    }

    /// The roots that all processes are left with, by process.
    fn exchanged(
        size: usize,
        runs: Runs,
        parts: &[(usize, Join, Option<Slice>)],
    ) -> Vec<(Vec<Vec<f32>>, u32)> {
        threads(size, |peers| {
            let own = runs.of(peers.rank());
            let mut all: Vec<Vec<f32>> = Vec::new();
            for &(cols, by, _) in parts {
                let whole = partials(runs.rows, cols);
                // Also who has no rows has room for the root.
                let mut own_part = vec![7.0; 3 * runs.each * cols];
                let lies = &whole[3 * own.start * cols..3 * own.end * cols];
                own_part[..lies.len()].copy_from_slice(lies);
                make(runs.within(peers.rank()), own.start, &mut own_part, cols, by);
                all.push(own_part);
            }
            let parts: Vec<Part> = all.iter_mut().zip(parts).map(|(own, of)| part(own, *of)).collect();
            // SAFETY: each part has a run's blocks.
            let bits = unsafe { Exchange { peers, runs, parts: &parts }.run(1 << peers.rank()) };
            let roots = all.iter().zip(&parts).map(|(own, part)| own[..part.cols].to_vec()).collect();
            (roots, bits)
        })
    }

    #[test]
    fn all_leave_with_the_root_of_one_tree() {
        let moments = Joined { channels: 2, shard: 5, block: 5, room: 3, places: 5 * 11 + 2 };
        let slice = |first| Some(Slice { first, all: 5 });
        let lists = [
            vec![(4, Join::Sum, None), (1, Join::Max, None)],
            vec![(1500, Join::Sum, None), (70, Join::Max, None), (333, Join::Sum, None)],
            vec![(4, Join::Moments(moments), None)],
            vec![
                (9000, Join::Sum, slice(0)),
                (4, Join::Moments(moments), None),
                (20, Join::Max, slice(3)),
                (4100, Join::Max, slice(4)),
                (7, Join::Sum, None),
            ],
            vec![
                (9000, Join::Sum, slice(0)),
                (1300, Join::Sum, None),
                (5000, Join::Sum, slice(3)),
                (30, Join::Sum, None),
            ],
        ];
        for (rows, each, size) in
            [(12, 12, 1), (12, 6, 2), (12, 4, 3), (12, 3, 4), (8, 2, 4), (9, 4, 3), (3, 4, 3), (12, 2, 6)]
        {
            for parts in &lists {
                let runs = Runs { rows, each };
                for (rank, (roots, bits)) in exchanged(size, runs, parts).into_iter().enumerate() {
                    assert_eq!(bits, (1 << size) - 1);
                    for (root, &(cols, by, slice)) in roots.iter().zip(parts) {
                        let mut whole = partials(rows, cols);
                        make(pairs(rows), 0, &mut whole, cols, by);
                        let own = slice.map_or(0..cols, |slice| slice.elements(cols, rank, size));
                        assert!(
                            root[own.clone()] == whole[own],
                            "{rows} blocks, {each} each, {size} processes"
                        );
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
                for (len, shares) in [(1, false), (900, false), (20_000, false), (64 * SHARD, true)] {
                    let slice = shares.then_some(Slice { first: 0, all: len / SHARD });
                    let work = |own: Thread| {
                        let mut partials = vec![1.0; each * len];
                        let start = partials.as_mut_ptr();
                        let part = Part { start, cols: len, apart: len, join: Join::Sum, slice };
                        let of = |rank: usize| {
                            let own = slice.map_or(0..0, |slice| slice.elements(len, rank, size));
                            vec![Piece { start: start.wrapping_add(own.start), len: own.len() }]
                        };
                        // SAFETY: the part has a run's blocks, and the first of them room for the root.
                        unsafe {
                            Exchange { peers: &own, runs, parts: &[part] }.run(0);
                            if shares {
                                collect(&own, of);
                            }
                        }
                        own.clock()
                    };
                    let slowest = std::thread::scope(|scope| {
                        let work = &work;
                        let all: Vec<_> = Thread::all(size, link)
                            .into_iter()
                            .map(|own| scope.spawn(move || work(own)))
                            .collect();
                        all.into_iter().map(|thread| thread.join().expect("a clock")).fold(0.0, f64::max)
                    });
                    let lengths = match slice {
                        Some(slice) => {
                            Lengths { sliced: slice.elements(len, 0, size).len(), ..Lengths::default() }
                        }
                        None => Lengths { others: len, ..Lengths::default() },
                    };
                    let behind =
                        slice.map_or(Vec::new(), |slice| collected(slice.elements(len, 0, size).len(), size));
                    let foretold = link.messages(&lengths.messages(runs)) + link.messages(&behind);
                    assert!(
                        (foretold / slowest - 1.0).abs() < 0.15,
                        "{size} processes, {len} elements: {foretold:e} for {slowest:e}"
                    );
                }
            }
        }
    }
}
