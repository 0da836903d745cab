//! A product of two matrices, or of as many pairs of matrices as the batch axes have.

mod cut;
mod matrix;
mod params;

use std::fmt::Write;

use super::{Library, Reach, Region, Touch, Touched};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{READ, Work};
use crate::loops::{BufferId, Cost, print};
pub use cut::{Cut, piece};
pub use matrix::{Batches, Extent, Level, Matrix};
pub use params::ProductParams;

/// `c = op(a) op(b)`, or `c += ...`, for each pair: `c` is m x n, and k elements are summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
    pub m: Extent,
    pub n: Extent,
    pub k: Extent,
    pub batches: Batches,
    pub accumulate: bool,
    /// Whether rows of the result are each a function of one row of `a`, to the bit: whatever is beside it, however the product is divided.
    pub ordered: bool,
    /// Where this is not 1, `k` is cut into so many pieces, and `c` is partials: a row of m n elements for each, to be combined.
    pub pieces: usize,
}

impl Product {
    /// Whether it is a matrix for each row of the batch times one matrix for all.
    pub fn is_of_rows(&self) -> bool {
        let rows = self.m == (Extent { batch: true, len: 1 }) && !self.n.batch && !self.k.batch;
        rows && self.batches.is_one() && !self.a.transposed && !self.c.transposed && !self.accumulate
    }
}

impl Library for Product {
    fn word(&self) -> String {
        "contract".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let read = |matrix: Matrix, rows, cols, step, reach| Touched {
            buffer: matrix.buffer,
            touch: Touch::Read,
            region: matrix.region(rows, cols, self.batches, step),
            reach,
        };
        let panels = Reach::Panels {
            cut: self.cut(),
            m: self.m,
            n: self.n,
            stride: self.c.stride,
            offset: self.c.offset,
            batches: self.batches,
        };
        let (region, reach) = match (self.cut(), self.reach(self.c)) {
            (Cut::Pieces { .. }, _) => {
                let cols = self.m.len.saturating_mul(self.n.len);
                (Region::Partials { cols, domain: self.rows_of_pieces() }, panels)
            }
            (_, Reach::All) => (self.c.region(self.m, self.n, self.batches, |level| level.c), panels),
            (_, rows) => (self.c.region(self.m, self.n, self.batches, |level| level.c), rows),
        };
        let touch = if self.accumulate { Touch::Update } else { Touch::Write };
        vec![
            read(self.a, self.m, self.k, |level| level.a, self.reach(self.a)),
            read(self.b, self.k, self.n, |level| level.b, Reach::All),
            Touched { buffer: self.c.buffer, touch, region, reach },
        ]
    }

    fn check(&self) -> Result<(), String> {
        let (rows, cols) = if self.c.transposed { (self.n, self.m) } else { (self.m, self.n) };
        if cols.len > self.c.stride {
            return Err("rows of the result overlap".to_string());
        }
        if self.ordered && (self.accumulate || self.pieces > 1) {
            return Err("sums in order are cut or begun elsewhere".to_string());
        }
        let plain =
            self.c.stride == self.n.len && self.c.offset == 0 && !self.c.transposed && !self.accumulate;
        let constant = !self.m.batch && !self.n.batch && self.batches.is_one();
        if self.pieces == 0 || self.pieces > 1 && !(plain && constant) {
            return Err("pieces are not combined".to_string());
        }
        let Batches { outer, inner } = self.batches;
        if self.batches.is_one() {
            return Ok(());
        }
        // Each level's matrices lie between those of the level around it, whatever the rows of the batch are.
        let matrix = rows.len * self.c.stride;
        let apart = inner.count.len == 1 || matrix <= inner.c;
        let around = outer.count == Level::ONE.count || (matrix.max(inner.count.len * inner.c)) <= outer.c;
        if rows.batch || cols.batch || inner.count.batch || !apart || !around {
            return Err("matrices of the result overlap".to_string());
        }
        Ok(())
    }

    fn parts(&self) -> Parts {
        let Batches { outer, inner } = self.batches;
        let matrices = outer.count.len * inner.count.len;
        match self.panels() {
            Parts::Const(panels) if outer.count.batch => Parts::BatchTimes(matrices * panels),
            Parts::Const(panels) => Parts::Const(matrices * panels),
            // There is one matrix only.
            panels => panels,
        }
    }

    fn params(&self) -> Vec<u64> {
        let ((a_down, a_right), (b_down, b_right), (c_down, c_right)) =
            (self.a.steps(), self.b.steps(), self.c.steps());
        let Batches { outer, inner } = self.batches;
        let (cut, size) = self.cut().words();
        ProductParams {
            m_batch: u64::from(self.m.batch),
            m_len: self.m.len as u64,
            n_batch: u64::from(self.n.batch),
            n_len: self.n.len as u64,
            k_batch: u64::from(self.k.batch),
            k_len: self.k.len as u64,
            cut,
            size,
            accumulate: u64::from(self.accumulate),
            ordered: u64::from(self.ordered),
            a_offset: self.a.offset as u64,
            a_down,
            a_right,
            b_offset: self.b.offset as u64,
            b_down,
            b_right,
            c_offset: self.c.offset as u64,
            c_down,
            c_right,
            panels: match self.panels() {
                Parts::Const(panels) if !self.batches.is_one() => panels as u64,
                _ => 0,
            },
            inner_len: inner.count.len as u64,
            a_inner: inner.a as u64,
            b_inner: inner.b as u64,
            c_inner: inner.c as u64,
            a_outer: outer.a as u64,
            b_outer: outer.b as u64,
            c_outer: outer.c as u64,
        }
        .words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let (m, n, k) = (self.m.of(rows), self.n.of(rows), self.k.of(rows));
        let result = if self.accumulate { 2 * m * n } else { m * n * self.pieces };
        let pairs = self.batches.of(rows);
        Cost { flops: 2 * m * n * k * pairs, bytes: 4 * (m * k + k * n + result) * pairs }
    }

    fn work(&self) -> Work {
        let (m, n, k) = (self.m.len as f64, self.n.len as f64, self.k.len as f64);
        let Batches { outer, inner } = self.batches;
        let pairs = (outer.count.len * inner.count.len) as f64;
        let batch = self.m.batch || self.n.batch || self.k.batch || outer.count.batch;
        let mut work = Work::each(batch, m * n * k * pairs);
        // A matrix that stays from step to step is read in each, however few rows there are.
        if self.m.batch {
            work.fixed += READ * n * k;
        }
        work
    }

    fn multiplies(&self) -> bool {
        true
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let rows = machine.rows();
        let (m, n, k) = (self.m.of(rows), self.n.of(rows), self.k.of(rows));
        let inner = self.batches.inner.count.len;
        for pair in 0..self.batches.of(rows) {
            let at = |step: fn(Level) -> usize| {
                pair / inner * step(self.batches.outer) + pair % inner * step(self.batches.inner)
            };
            let (a, b) = (
                &machine.floats(self.a.buffer)[at(|l| l.a)..],
                &machine.floats(self.b.buffer)[at(|l| l.b)..],
            );
            let product = |j: usize, row: usize, col: usize| {
                f64::from(a[self.a.at(row, j)]) * f64::from(b[self.b.at(j, col)])
            };
            let steps = if self.pieces > 1 { piece(k, self.pieces) } else { k };
            let sum = |i: usize| {
                let (first, i) = (i / (m * n) * steps, i % (m * n));
                (first.min(k)..(first + steps).min(k)).map(|j| product(j, i / n, i % n)).sum::<f64>() as f32
            };
            let result: Vec<f32> = (0..m * n * self.pieces).map(sum).collect();
            let c = &mut machine.floats_mut(self.c.buffer)[at(|l| l.c)..];
            for (i, value) in result.into_iter().enumerate() {
                // Pieces are rows of partials, each a whole matrix.
                let cell = &mut c[self.c.at(i / n, i % n)];
                *cell = if self.accumulate { *cell + value } else { value };
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let sign = if self.accumulate { "+=" } else { "=" };
        let (m, n, k) = (self.m, self.n, self.k);
        let (a, b, c) = (self.a.print(m, k, name), self.b.print(k, n, name), self.c.print(m, n, name));
        let Batches { outer, inner } = self.batches;
        let mut text = format!("{c} {sign} {a} * {b}");
        if self.ordered {
            text.push_str(", in order");
        }
        // Writing to a string does not fail.
        if self.pieces > 1 {
            let _ = write!(text, ", in {} pieces", self.pieces);
        }
        for level in [outer, inner].into_iter().filter(|level| *level != Level::ONE) {
            let (count, Level { a, b, c, .. }) = (print::extent(level.count), level);
            let _ = write!(text, ", {count} times with steps {c}, {a}, {b}");
        }
        text
    }
}
