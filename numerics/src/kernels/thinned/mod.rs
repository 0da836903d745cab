//! Products of a row's steps with a matrix, where the row lacks the same columns in all of them, as dropout leaves it that draws once for all steps.
//!
//! ```text
//! forward    y[b, t, :] = sum over kept k of x[b, t, k] w[k, :]
//! weights    dw[k, :]   = sum over rows b that keep k, and t, of x[b, t, k] dy[b, t, :]
//! inputs     dx[b, t, k] = dy[b, t, :] . w[k, :] where k is kept, 0 elsewhere
//! ```
//! Which columns a row keeps is told in lists, drawn by whoever calls; `x` is moved together once, and the other matrix is read by list, a strip of
//! columns of it at a time in the nearest cache. So what is dropped costs nothing, at any rate.
//!
//! Invariant: an element's bits depend on its rows alone, on no division of the columns. Forward they are those of a sum in order of `k`; a gradient of
//! weights adds up each row's sum over its steps, one of inputs sums over runs of `DEPTH` columns, in vectors.

mod inputs;

use std::cell::RefCell;
use std::ops::Range;

use super::conv::tile::{Kept, Left, Product, is_fast};

/// Columns of a strip: two of the widest vectors.
const STRIP: usize = 32;
/// The least rate, in 65536ths, from which moving together what is kept pays: three tenths.
const LEAST: u32 = 19_661;

/// Whether leaving out what a rate of `q` 65536ths drops pays, on this processor.
pub fn pays(q: u32) -> bool {
    q >= LEAST && is_fast()
}

/// Rows of memory, `stride` elements apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<T> {
    pub start: T,
    pub stride: usize,
}

/// Which columns each row keeps, in order.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    kept: Vec<u32>,
    /// Where the list of each row ends.
    ends: Vec<usize>,
}

impl Lists {
    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.ends.clear();
    }

    /// The list of the next row.
    pub fn push(&mut self, kept: impl Iterator<Item = u32>) {
        self.kept.extend(kept);
        self.ends.push(self.kept.len());
    }

    fn rows(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1] }
    }

    fn of(&self, row: usize) -> &[u32] {
        &self.kept[self.start(row)..self.ends[row]]
    }
}

/// A product of `steps` lines a row. Of the three matrices `x` (or what flows to it) has `units` columns, `y` has `cols`, and the matrix of weights is
/// `units` x `cols`.
#[derive(Clone, Copy, Debug)]
pub struct Thinned<'l> {
    pub lists: &'l Lists,
    pub steps: usize,
    pub units: usize,
}

thread_local! {
    static ROOM: RefCell<Room> = const { RefCell::new(Room { lists: Lists { kept: Vec::new(), ends: Vec::new() }, together: Vec::new(), strip: Vec::new() }) };
}

/// Memory that a thread keeps from call to call.
struct Room {
    lists: Lists,
    /// What is kept of `x`, a line of a row's list for each of its steps.
    together: Vec<f32>,
    strip: Vec<f32>,
}

/// Calls `f` with a thread's lists, empty at first.
pub fn with_lists(f: impl FnOnce(&mut Lists)) {
    // Taken, not borrowed: the products take the rest of the room.
    let mut lists = ROOM.with_borrow_mut(|room| std::mem::take(&mut room.lists));
    lists.clear();
    f(&mut lists);
    ROOM.with_borrow_mut(|room| room.lists = lists);
}

impl Thinned<'_> {
    /// Columns `cols` of `y`.
    ///
    /// # Safety
    /// The matrices may be read, and columns `cols` of `y` written, during the call; nobody else touches those. The processor is one on which this
    /// [`pays`], and no list names a column that `x` has not.
    pub unsafe fn forward(
        &self,
        cols: Range<usize>,
        x: Rows<*const f32>,
        w: Rows<*const f32>,
        y: Rows<*mut f32>,
    ) {
        ROOM.with_borrow_mut(|Room { together, strip, .. }| {
            // SAFETY: the caller's contract; strips are of its columns.
            unsafe {
                self.bring_together(x, together);
                strip.resize(self.units * STRIP, 0.0);
                for (col, width) in strips(cols) {
                    let from = Rows { start: w.start.add(col), ..w };
                    lines(from, self.units, width, strip);
                    for row in 0..self.lists.rows() {
                        let kept = self.lists.of(row);
                        let start = together.as_ptr().add(self.lists.start(row) * self.steps);
                        Product {
                            m: self.steps,
                            n: width,
                            lines: 1,
                            depth: kept.len(),
                            accumulate: false,
                            c: (y.start.add(row * self.steps * y.stride + col), y.stride),
                            a: Left { start, down: kept.len(), right: 1, line: 0 },
                            b: (strip.as_ptr(), STRIP),
                            kept: Kept::Steps(kept),
                        }
                        .run();
                    }
                }
            }
        });
    }

    /// Columns `cols` of what flows to the weights.
    ///
    /// # Safety
    /// As for [`forward`](Self::forward), with `dw` for `y`.
    pub unsafe fn weights(
        &self,
        cols: Range<usize>,
        x: Rows<*const f32>,
        dy: Rows<*const f32>,
        dw: Rows<*mut f32>,
    ) {
        ROOM.with_borrow_mut(|Room { together, strip, .. }| {
            // SAFETY: as above.
            unsafe {
                self.bring_together(x, together);
                strip.resize((self.units + self.steps) * STRIP, 0.0);
                let (sums, own) = strip.split_at_mut(self.units * STRIP);
                for (col, width) in strips(cols) {
                    sums.fill(0.0);
                    for row in 0..self.lists.rows() {
                        let kept = self.lists.of(row);
                        let from = dy.start.add(row * self.steps * dy.stride + col);
                        lines(Rows { start: from, ..dy }, self.steps, width, own);
                        let start = together.as_ptr().add(self.lists.start(row) * self.steps);
                        Product {
                            m: kept.len(),
                            n: STRIP,
                            lines: 1,
                            depth: self.steps,
                            accumulate: true,
                            c: (sums.as_mut_ptr(), STRIP),
                            a: Left { start, down: 1, right: kept.len(), line: 0 },
                            b: (own.as_ptr(), STRIP),
                            kept: Kept::Rows(kept),
                        }
                        .run();
                    }
                    for (unit, sums) in sums.chunks_exact(STRIP).enumerate() {
                        let to = dw.start.add(unit * dw.stride + col);
                        to.copy_from_nonoverlapping(sums.as_ptr(), width);
                    }
                }
            }
        });
    }

    /// What the lists leave of `x`.
    unsafe fn bring_together(&self, x: Rows<*const f32>, to: &mut Vec<f32>) {
        to.clear();
        to.reserve(self.lists.kept.len() * self.steps);
        for row in 0..self.lists.rows() {
            for step in 0..self.steps {
                // SAFETY: a line of the matrix, which has the columns of the lists.
                unsafe {
                    let line = x.start.add((row * self.steps + step) * x.stride);
                    to.extend(self.lists.of(row).iter().map(|unit| *line.add(*unit as usize)));
                }
            }
        }
    }
}

/// Strips of columns: where each begins, and how wide it is.
fn strips(cols: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let end = cols.end;
    cols.step_by(STRIP).map(move |col| (col, STRIP.min(end - col)))
}

/// Copies `width` columns of `count` lines side by side, with zeros up to a whole strip.
unsafe fn lines(from: Rows<*const f32>, count: usize, width: usize, to: &mut [f32]) {
    for (line, to) in to.chunks_exact_mut(STRIP).take(count).enumerate() {
        // SAFETY: the caller's lines.
        let own = unsafe { std::slice::from_raw_parts(from.start.add(line * from.stride), width) };
        to[..width].copy_from_slice(own);
        to[width..].fill(0.0);
    }
}

#[cfg(test)]
mod tests;
