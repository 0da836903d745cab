//! One head of a row: its keys and values as lines, its scores a block of queries at a time.

use super::scores::Scores;
use super::{BLOCK, FILLED, Heads, Lane, Row};
use crate::kernels::conv::tile::{Kept, Left, Product};
use crate::kernels::sparse::lanes::{Lane as Eight, turned};
use crate::math;

/// Numbers of the first unit of the next query, and of the next head.
const UNITS_A_QUERY: usize = 4096;
const UNITS_A_HEAD: usize = UNITS_A_QUERY * UNITS_A_QUERY;

/// One head, while its memory is lent.
pub(super) struct Head<'h> {
    form: &'h Heads,
    row: &'h Row,
    head: usize,
    scale: f32,
    /// Elements of a line of one number of all keys.
    line: usize,
}

/// What is computed in, of one thread.
pub(super) struct Desk<'m> {
    /// `width` lines of keys, times the scale.
    keys: &'m mut [f32],
    /// `width` lines of values.
    values: &'m mut [f32],
    /// Keys turned by their places, and the block's queries.
    turned_keys: &'m mut [f32],
    turned_queries: &'m mut [f32],
    /// The block's scores, then weights; and what flows to the scores.
    scores: &'m mut [f32],
    flows: &'m mut [f32],
    /// One line of multipliers.
    kept: &'m mut [f32],
}

impl<'m> Desk<'m> {
    pub(super) fn of(room: &'m mut [f32], parts: [usize; 7]) -> Self {
        let mut rest = room;
        let mut take = |len: usize| {
            let (part, others) = std::mem::take(&mut rest).split_at_mut(len);
            rest = others;
            part
        };
        let [keys, values, turned_keys, turned_queries, scores, flows, kept] = parts.map(&mut take);
        Self { keys, values, turned_keys, turned_queries, scores, flows, kept }
    }
}

impl<'h> Head<'h> {
    pub(super) fn of(form: &'h Heads, row: &'h Row, head: usize) -> Self {
        let scale = (1.0 / (form.width as f64).sqrt()) as f32;
        Self { form, row, head, scale, line: form.line() }
    }

    fn each(&self) -> usize {
        self.form.heads / self.form.groups
    }

    fn group(&self) -> usize {
        self.head / self.each()
    }

    pub(super) fn is_first_of_group(&self) -> bool {
        self.head.is_multiple_of(self.each())
    }

    /// The first number of the head's queries.
    fn queries(&self) -> usize {
        self.form.query.offset + self.head * self.form.width
    }

    /// Keys of the group where they lie, or turned.
    unsafe fn keys(&self, desk: &Desk<'_>) -> (*const f32, usize) {
        match self.row.turns.is_null() {
            // SAFETY: keys lie in the row.
            true => unsafe {
                (
                    self.row.packed.add(self.form.key.offset + self.group() * self.form.width),
                    self.form.key.stride,
                )
            },
            false => (desk.turned_keys.as_ptr(), self.form.width),
        }
    }

    unsafe fn values(&self) -> (*const f32, usize) {
        // SAFETY: values lie in the row.
        unsafe {
            (
                self.row.packed.add(self.form.value.offset + self.group() * self.form.width),
                self.form.value.stride,
            )
        }
    }

    pub(super) unsafe fn lay_keys(&self, desk: &mut Desk<'_>) {
        let Heads { width, key, .. } = *self.form;
        let keys = self.form.seen(self.row, usize::MAX);
        // SAFETY: the row's numbers, and a desk of this form.
        unsafe {
            let own = self.row.packed.add(key.offset + self.group() * width);
            if !self.row.turns.is_null() {
                let to = desk.turned_keys.as_mut_ptr();
                self.form.turn(self.row.turns, (own, key.stride), (to, width), 0, keys, false);
            }
            let from = self.keys(desk);
            lines(from, keys, width, self.line, desk.keys, self.scale);
        }
    }

    pub(super) unsafe fn lay_values(&self, desk: &mut Desk<'_>) {
        let (keys, width) = (self.form.seen(self.row, usize::MAX), self.form.width);
        // SAFETY: the row's numbers, and a desk of this form.
        unsafe { lines(self.values(), keys, width, self.line, desk.values, 1.0) }
    }

    /// Scores of queries from `from` on over the keys that the last of them sees, and these queries. Nothing where they see none.
    unsafe fn score(&self, desk: &mut Desk<'_>, from: usize) -> Block {
        let Heads { width, query, .. } = *self.form;
        let rows = BLOCK.min(self.form.asked(self.row) - from);
        let seen = self.form.seen(self.row, from + rows);
        // SAFETY: the row's numbers, and a desk of this form.
        unsafe {
            let mut own = (self.row.packed.add(self.queries() + from * query.stride), query.stride);
            if !self.row.turns.is_null() {
                let to = desk.turned_queries.as_mut_ptr();
                self.form.turn(self.row.turns, own, (to, width), from, rows, false);
                own = (to, width);
            }
            let block = Block { from, rows, seen, filled: seen.next_multiple_of(FILLED), queries: own };
            let left = Left { start: own.0, down: own.1, right: 1, line: 0 };
            product(
                (rows, block.filled, width),
                left,
                (desk.keys.as_ptr(), self.line),
                (desk.scores.as_mut_ptr(), self.line),
                false,
            );
            block
        }
    }

    /// What is done with the scores of a query of a block.
    fn scores(&self, block: &Block, query: usize) -> Scores {
        let slope = if self.form.slopes { math::slope(self.head, self.form.heads) as f32 } else { 0.0 };
        let place = block.from + query;
        Scores {
            seen: self.form.seen(self.row, place + 1).min(block.seen),
            place,
            slope,
            draws: self.row.draws,
            unit: (self.head * UNITS_A_HEAD + place * UNITS_A_QUERY) as u32,
        }
    }

    /// The result of a block of queries.
    pub(super) unsafe fn block(&self, desk: &mut Desk<'_>, from: usize, result: *mut f32) {
        let Heads { heads, width, .. } = *self.form;
        // SAFETY: the caller's contract.
        unsafe {
            let block = self.score(desk, from);
            let own = (result.add(from * heads * width + self.head * width), heads * width);
            let mut factors = [0.0; BLOCK];
            for (query, factor) in factors[..block.rows].iter_mut().enumerate() {
                let line = &mut desk.scores[query * self.line..][..block.filled];
                *factor = self.scores(&block, query).weigh(line, desk.kept);
            }
            let left = Left { start: desk.scores.as_ptr(), down: self.line, right: 1, line: 0 };
            product((block.rows, width, block.seen), left, self.values(), own, false);
            for (query, factor) in factors[..block.rows].iter().enumerate() {
                let to = std::slice::from_raw_parts_mut(own.0.add(query * own.1), width);
                to.iter_mut().for_each(|y| *y *= factor);
            }
        }
    }

    /// What flows from a block of queries.
    pub(super) unsafe fn block_back(
        &self,
        desk: &mut Desk<'_>,
        from: usize,
        (result, flow): (*const f32, *const f32),
        to: *mut f32,
    ) {
        let Heads { heads, width, query, key, value, .. } = *self.form;
        // SAFETY: the caller's contract.
        unsafe {
            let block = self.score(desk, from);
            let Block { rows, seen, filled, .. } = block;
            let stride = heads * width;
            let own = from * stride + self.head * width;
            let (result, flow) = (result.add(own), flow.add(own));
            let across = Left { start: flow, down: stride, right: 1, line: 0 };
            product(
                (rows, filled, width),
                across,
                (desk.values.as_ptr(), self.line),
                (desk.flows.as_mut_ptr(), self.line),
                false,
            );
            for i in 0..rows {
                let of = |start: *const f32| std::slice::from_raw_parts(start.add(i * stride), width);
                let mean = of(result).iter().zip(of(flow)).fold(0.0, |sum, (y, g)| sum + y * g);
                let at = i * self.line;
                let (scores, flows) = (&mut desk.scores[at..][..filled], &mut desk.flows[at..][..filled]);
                self.scores(&block, i).flow(scores, flows, desk.kept, mean, self.scale);
            }
            let down = |start: *const f32| Left { start, down: 1, right: self.line, line: 0 };
            let of_group = |lane: Lane| (to.add(lane.offset + self.group() * width), lane.stride);
            let (weights, flows) = (desk.scores.as_ptr(), desk.flows.as_ptr());
            product((seen, width, rows), down(weights), (flow, stride), of_group(value), true);
            product((seen, width, rows), down(flows), block.queries, of_group(key), true);
            let own = (to.add(self.queries() + from * query.stride), query.stride);
            let left = Left { start: flows, down: self.line, right: 1, line: 0 };
            product((rows, width, seen), left, self.keys(desk), own, false);
            if !self.row.turns.is_null() {
                self.form.turn(self.row.turns, (own.0, own.1), own, from, rows, true);
            }
        }
    }
}

/// Queries `from..from + rows`, of which the last sees `seen` keys, with scores up to `filled`.
struct Block {
    from: usize,
    rows: usize,
    seen: usize,
    filled: usize,
    queries: (*const f32, usize),
}

/// `c = a b` or `c += a b`; of `b` and `c` the start and the elements from row to row.
///
/// # Safety
/// The matrices may be read, and `c` written; it overlaps neither.
unsafe fn product(
    (m, n, k): (usize, usize, usize),
    a: Left,
    b: (*const f32, usize),
    c: (*mut f32, usize),
    accumulate: bool,
) {
    // SAFETY: the caller's contract.
    unsafe { Product { m, n, lines: 1, depth: k, accumulate, c, a, b, kept: Kept::All }.run() }
}

/// `width` lines of `line` elements: number `i` of each of `places` places, times `by`, and zeros behind them.
///
/// # Safety
/// `from` has so many places of `width` numbers.
unsafe fn lines(
    from: (*const f32, usize),
    places: usize,
    width: usize,
    line: usize,
    to: &mut [f32],
    by: f32,
) {
    let (place_end, number_end) = (places - places % 8, width - width % 8);
    for number in (0..number_end).step_by(8) {
        for place in (0..place_end).step_by(8) {
            // SAFETY: eight numbers of eight places.
            let rows: [Eight; 8] = std::array::from_fn(|i| unsafe {
                *from.0.add((place + i) * from.1 + number).cast::<Eight>()
            });
            for (i, eight) in turned::<false>(rows).into_iter().enumerate() {
                to[(number + i) * line + place..][..8].copy_from_slice(&eight.map(|x| x * by));
            }
        }
    }
    for place in 0..places {
        let first = if place < place_end { number_end } else { 0 };
        for number in first..width {
            // SAFETY: a number of a place.
            to[number * line + place] = unsafe { *from.0.add(place * from.1 + number) } * by;
        }
    }
    if places < line {
        (0..width).for_each(|number| to[number * line + places..][..line - places].fill(0.0));
    }
}
