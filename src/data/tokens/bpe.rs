//! Pairs of bytes that are joined, most frequent ones first: exact and deterministic.
//!
//! A *piece* is a byte, or the join of two earlier pieces; pieces are numbered in the order in which they were joined, from 256 on. Of pairs that
//! occur equally often the one with the smaller numbers is joined.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{BYTES, cut};

type Pair = (u32, u32);

/// A pair that occurs once is no piece of anything but its word.
const LEAST: i64 = 2;

/// The pieces, and what they made of the chunks met so far.
pub(super) struct Pairs {
    pub joined: Vec<Pair>,
    ranks: FxHashMap<Pair, u32>,
    seen: FxHashMap<String, Vec<u32>>,
}

impl Pairs {
    pub fn of(joined: &[Pair]) -> Self {
        let ranks = (BYTES as u32..).zip(joined).map(|(piece, pair)| (*pair, piece)).collect();
        Self { joined: joined.to_vec(), ranks, seen: FxHashMap::default() }
    }

    /// Joins at most so many pairs of these texts.
    pub fn fit<'t>(texts: impl Iterator<Item = &'t str>, lower: bool, most: usize) -> Self {
        let mut counts: FxHashMap<String, i64> = FxHashMap::default();
        for text in texts {
            cut::chunks(text, lower, &mut |chunk| match counts.get_mut(chunk) {
                Some(count) => *count += 1,
                None => drop(counts.insert(chunk.to_owned(), 1)),
            });
        }
        let mut chunks: Vec<(String, i64)> = counts.into_iter().collect();
        chunks.sort_unstable();
        Self::of(&Joining::of(&chunks).run(most))
    }

    /// The pieces of a chunk: of the pairs in it that were joined, always the earliest first.
    pub fn encode(&mut self, chunk: &str) -> &[u32] {
        if !self.seen.contains_key(chunk) {
            let mut pieces: Vec<u32> = chunk.bytes().map(u32::from).collect();
            while let Some(piece) = pieces.windows(2).filter_map(|w| self.ranks.get(&(w[0], w[1]))).min() {
                let pair = self.joined[*piece as usize - BYTES];
                join(&mut pieces, pair, *piece);
            }
            self.seen.insert(chunk.to_owned(), pieces);
        }
        self.seen.get(chunk).map_or(&[], Vec::as_slice)
    }

    /// The bytes of a piece.
    pub fn bytes(&self, piece: u32) -> Vec<u8> {
        let (mut bytes, mut stack) = (Vec::new(), vec![piece]);
        while let Some(piece) = stack.pop() {
            match (piece as usize).checked_sub(BYTES).and_then(|i| self.joined.get(i)) {
                Some((left, right)) => stack.extend([*right, *left]),
                None => bytes.push(piece as u8),
            }
        }
        bytes
    }
}

/// Puts `piece` in place of a pair wherever it stands, from the left.
fn join(pieces: &mut Vec<u32>, pair: Pair, piece: u32) {
    let mut to = 0;
    let mut from = 0;
    while from < pieces.len() {
        if from + 1 < pieces.len() && (pieces[from], pieces[from + 1]) == pair {
            pieces[to] = piece;
            from += 2;
        } else {
            pieces[to] = pieces[from];
            from += 1;
        }
        to += 1;
    }
    pieces.truncate(to);
}

/// The training: chunks as pieces, how often each pair occurs and in which chunks.
struct Joining {
    chunks: Vec<(Vec<u32>, i64)>,
    counts: FxHashMap<Pair, i64>,
    places: FxHashMap<Pair, FxHashSet<usize>>,
    /// Pairs by count; a count that is no longer true is put in anew when it comes up.
    heap: BinaryHeap<(i64, Reverse<Pair>)>,
}

impl Joining {
    fn of(chunks: &[(String, i64)]) -> Self {
        let pieces = |(chunk, count): &(String, i64)| (chunk.bytes().map(u32::from).collect(), *count);
        let mut joining = Self {
            chunks: chunks.iter().map(pieces).collect(),
            counts: FxHashMap::default(),
            places: FxHashMap::default(),
            heap: BinaryHeap::new(),
        };
        for at in 0..joining.chunks.len() {
            joining.tally(at, 1);
        }
        joining.heap = joining.counts.iter().map(|(pair, count)| (*count, Reverse(*pair))).collect();
        joining
    }

    /// Adds the pairs of a chunk to the counts, or takes them off; answers them.
    fn tally(&mut self, at: usize, sign: i64) -> Vec<Pair> {
        let (pieces, count) = &self.chunks[at];
        let pairs: Vec<Pair> = pieces.windows(2).map(|w| (w[0], w[1])).collect();
        for pair in &pairs {
            *self.counts.entry(*pair).or_default() += sign * count;
            if sign > 0 {
                self.places.entry(*pair).or_default().insert(at);
            }
        }
        pairs
    }

    fn run(mut self, most: usize) -> Vec<Pair> {
        let mut joined = Vec::new();
        while joined.len() < most {
            let Some((count, Reverse(pair))) = self.heap.pop() else { break };
            let now = self.counts.get(&pair).copied().unwrap_or(0);
            if now != count {
                // It fell since it was put in; where it rose it was put in again.
                if now >= LEAST && now < count {
                    self.heap.push((now, Reverse(pair)));
                }
                continue;
            }
            if count < LEAST {
                break;
            }
            let piece = (BYTES + joined.len()) as u32;
            joined.push(pair);
            let mut places: Vec<usize> = self.places.remove(&pair).unwrap_or_default().into_iter().collect();
            places.sort_unstable();
            let mut changed = FxHashSet::default();
            for at in places {
                self.tally(at, -1);
                join(&mut self.chunks[at].0, pair, piece);
                changed.extend(self.tally(at, 1));
            }
            let counted = changed.into_iter().map(|pair| (self.counts[&pair], Reverse(pair)));
            self.heap.extend(counted.collect::<Vec<_>>());
        }
        joined
    }
}
