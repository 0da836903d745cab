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
use super::lengths::{LINE, Lengths};
use super::pieces::{self, Piece, collect};
use super::{Peers, Slice, gather_all};

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
        let (mut rounds, written) = (Vec::new(), self.written());
        for away in 1..size {
            let (to, from) = ((rank + away) % size, (rank + size - away) % size);
            let theirs = self.columns(to);
            let mut out: Vec<Piece> =
                self.runs.nodes(rank).flat_map(|node| self.own_pieces(node, &theirs)).collect();
            let mut into = Vec::new();
            for _ in self.runs.nodes(from) {
                let starts = self.behind(next, &own);
                into.extend(
                    starts.iter().zip(&own).map(|(start, own)| Piece { start: *start, len: own.len() }),
                );
                next = next.wrapping_add(len);
            }
            let mut heard = [0.0];
            out.push(Piece { start: told.as_mut_ptr(), len: 1 });
            into.push(Piece { start: heard.as_mut_ptr(), len: 1 });
            // SAFETY: the caller's contract; the room has as many elements as come. Until all is settled below own columns alone are written, which are shown to nobody.
            unsafe {
                let mut places = pieces::show(self.peers, to, &out, from, &into).into_iter();
                let mut room = into.iter();
                for node in self.runs.nodes(from) {
                    let lies = self.parts.iter().zip(room.by_ref().zip(places.by_ref()));
                    lie.0[node] = lies.map(|(part, lies)| part.placed(written[node], lies)).collect();
                }
            }
            all |= heard[0].to_bits();
            rounds.push((to, out, from, into));
        }
        // SAFETY: the caller's contract.
        unsafe {
            self.add(&lie, &own);
            if self.runs.rows > 0 && self.lengths().are_cut() {
                collect(self.peers, |rank| self.cut_pieces(rank));
            }
        }
        for (to, out, from, into) in rounds {
            pieces::settle(self.peers, to, &out, from, &into);
        }
        all
    }

    /// By node: whether something is left where it lies before the root is made.
    fn written(&self) -> Vec<bool> {
        let mut written = vec![false; self.runs.rows];
        let pairs: Vec<Pair> = self.runs.across().collect();
        pairs.iter().rev().skip(1).for_each(|pair| written[pair.low] = true);
        written
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

impl Part {
    /// Where columns of another's node are added: where they lie, if they are only read, else in the room, to which they are copied if they are not there.
    ///
    /// # Safety
    /// So many elements are at both places.
    unsafe fn placed(&self, is_written: bool, (room, place): (&Piece, *mut f32)) -> *mut f32 {
        let is_written = is_written || matches!(self.join, Join::Moments(_));
        if !is_written || place == room.start {
            return place;
        }
        // SAFETY: the caller's contract: one of the places is another process's.
        unsafe { std::ptr::copy_nonoverlapping(place, room.start, room.len) };
        room.start
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
mod tests;
