//! Attention of one row of the batch, head by head: some queries at a time, whose scores over all keys stay in the nearest caches.
//!
//! ```text
//! forward    S = Q K^T scale, P = softmax S, result = (P * mask) V
//! gradient   S and P again; dV += (P * mask)^T G;  D = (G V^T * mask - G . result) * P scale;  dQ = D K;  dK += D^T Q
//! ```
//!
//! Keys (and, in the gradient, values) are turned into lines of one number of all keys each, once a head, so that every product has neighbouring
//! columns. What no query of a block may see is not computed. Sums are in order of `k`; nothing depends on threads.

mod head;
mod scores;

use super::conv::scratch::Room;
use head::{Desk, Head};

/// Queries whose scores are held together.
const BLOCK: usize = 32;
/// Keys are filled up to so many: two vectors, which is also what draws come in.
const FILLED: usize = 32;

/// Where numbers of one kind lie in a row.
#[derive(Clone, Copy)]
pub struct Lane {
    pub offset: usize,
    pub stride: usize,
}

/// The form of attention.
#[derive(Clone, Copy)]
pub struct Heads {
    pub heads: usize,
    /// Keys and values, each of some heads.
    pub groups: usize,
    pub width: usize,
    pub queries: usize,
    pub keys: usize,
    pub query: Lane,
    pub key: Lane,
    pub value: Lane,
    /// Numbers of a row.
    pub row_len: usize,
    pub causal: bool,
    /// Whether scores fall with the distance.
    pub slopes: bool,
}

/// A row that is attended.
#[derive(Clone, Copy)]
pub struct Row {
    pub packed: *const f32,
    /// Sines and cosines by which pairs are turned, `width` numbers a place; null where they are not.
    pub turns: *const f32,
    /// Keys that hold something.
    pub length: usize,
    /// Queries that hold something; the results of the others are zeros.
    pub asked: usize,
    pub draws: Option<Draws>,
}

/// How weights of a row are dropped.
#[derive(Clone, Copy)]
pub struct Draws {
    /// The row's key in halves.
    pub key: [i32; 2],
    /// The rate in 65536ths.
    pub q: u32,
}

impl Heads {
    fn line(&self) -> usize {
        self.keys.next_multiple_of(FILLED)
    }

    /// Sizes of the parts of a desk.
    fn parts(&self, back: bool, turned: bool) -> [usize; 7] {
        let (line, width) = (self.line(), self.width);
        let turned = usize::from(turned);
        let back = usize::from(back);
        [
            width * line,
            back * width * line,
            turned * self.keys * width,
            turned * BLOCK * width,
            BLOCK * line,
            back * BLOCK * line,
            line,
        ]
    }

    /// Keys that queries `from..to` see.
    fn seen(&self, row: &Row, to: usize) -> usize {
        let all = self.keys.min(row.length);
        if self.causal { all.min(to) } else { all }
    }

    fn asked(&self, row: &Row) -> usize {
        self.queries.min(row.asked)
    }

    /// The result of a row: `queries` places of `heads` times `width` numbers.
    ///
    /// # Safety
    /// `row` has numbers of this form, which may be read, and `result` may be written; it overlaps nothing.
    pub unsafe fn forward(&self, row: &Row, result: *mut f32) {
        let mut room = Room::of(self.parts(false, !row.turns.is_null()).iter().sum());
        let mut desk = Desk::of(&mut room, self.parts(false, !row.turns.is_null()));
        // SAFETY: the caller's contract.
        unsafe {
            for head in 0..self.heads {
                let head = Head::of(self, row, head);
                if head.is_first_of_group() {
                    head.lay_keys(&mut desk);
                }
                for from in (0..self.asked(row)).step_by(BLOCK) {
                    head.block(&mut desk, from, result);
                }
            }
            let len = self.heads * self.width;
            result.add(self.asked(row) * len).write_bytes(0, (self.queries - self.asked(row)) * len);
        }
    }

    /// What flows to the packed numbers of a row when `flow` flows into its `result`.
    ///
    /// # Safety
    /// As for [`forward`](Self::forward); `flow` and `result` have the form of the result, and `to` that of the packed numbers.
    pub unsafe fn backward(&self, row: &Row, result: *const f32, flow: *const f32, to: *mut f32) {
        let mut room = Room::of(self.parts(true, !row.turns.is_null()).iter().sum());
        let mut desk = Desk::of(&mut room, self.parts(true, !row.turns.is_null()));
        // SAFETY: the caller's contract.
        unsafe {
            to.write_bytes(0, self.row_len);
            for head in 0..self.heads {
                let head = Head::of(self, row, head);
                if head.is_first_of_group() {
                    head.lay_keys(&mut desk);
                    head.lay_values(&mut desk);
                }
                for from in (0..self.asked(row)).step_by(BLOCK) {
                    head.block_back(&mut desk, from, (result, flow), to);
                }
            }
            if !row.turns.is_null() {
                for group in 0..self.groups {
                    let first = to.add(self.key.offset + group * self.width);
                    self.turn(
                        row.turns,
                        (first, self.key.stride),
                        (first, self.key.stride),
                        0,
                        self.keys,
                        true,
                    );
                }
            }
        }
    }

    /// Turns the pairs of numbers of some places from `first` on, or back.
    ///
    /// # Safety
    /// Both lie in memory, `to` may be written and is `from` or elsewhere.
    unsafe fn turn(
        &self,
        turns: *const f32,
        from: (*const f32, usize),
        to: (*mut f32, usize),
        first: usize,
        places: usize,
        back: bool,
    ) {
        let half = self.width / 2;
        let sign = if back { -1.0 } else { 1.0 };
        for place in 0..places {
            // SAFETY: the caller's contract.
            unsafe {
                let turns = turns.add((first + place) * self.width);
                let (from, to) = (from.0.add(place * from.1), to.0.add(place * to.1));
                for i in 0..half {
                    let (sin, cos) = (sign * *turns.add(i), *turns.add(half + i));
                    let (a, b) = (*from.add(i), *from.add(half + i));
                    *to.add(i) = a * cos - b * sin;
                    *to.add(half + i) = b * cos + a * sin;
                }
            }
        }
    }
}
