//! A product of a few rows with a packed matrix: what a step of a loop over time multiplies by.
//!
//! Rows are cut into shards as those of the loops around it, and each element is a sum in order of `k`, so no bit depends on the rows beside it.

use super::{Extent, Library, Matrix, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::kernels::packed::{COLUMNS, panels};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{READ, Work};
use crate::loops::{BufferId, Cost};

/// `c = a b`, a row of `a` and of `c` for each row of the batch; `b`, `k` x `n`, lies in panels ([`Pack`](super::Pack)).
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    pub a: Matrix,
    pub b: BufferId,
    pub c: Matrix,
    pub k: usize,
    pub n: usize,
    /// Rows of a shard.
    pub grain: usize,
}

params! {
    /// Of the host's function, whose parts are shards of rows.
    pub struct PackedParams {
        pub a_offset,
        pub a_stride,
        pub c_offset,
        pub c_stride,
        pub k,
        pub n,
        pub grain,
    }
}

const ROWS: Extent = Extent { batch: true, len: 1 };

fn fixed(len: usize) -> Extent {
    Extent { batch: false, len }
}

impl Library for Packed {
    fn word(&self) -> String {
        "packed contract".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let rows = |matrix: Matrix, touch, cols| Touched {
            buffer: matrix.buffer,
            touch,
            region: matrix.alone(ROWS, fixed(cols)),
            reach: Reach::Rows { rows: Dim::Batch, grain: self.grain, width: matrix.stride, pass: false },
        };
        let len = panels(self.n) * self.k * COLUMNS;
        let packed = Region::Whole(fixed(len));
        vec![
            rows(self.a, Touch::Read, self.k),
            Touched { buffer: self.b, touch: Touch::Read, region: packed, reach: Reach::All },
            rows(self.c, Touch::Write, self.n),
        ]
    }

    fn check(&self) -> Result<(), String> {
        match self.a.transposed || self.c.transposed || self.n > self.c.stride || self.grain == 0 {
            true => Err("rows of a packed product are not lines of memory".to_string()),
            false => Ok(()),
        }
    }

    fn parts(&self) -> Parts {
        Parts::shards(Dim::Batch, self.grain)
    }

    fn params(&self) -> Vec<u64> {
        PackedParams {
            a_offset: self.a.offset as u64,
            a_stride: self.a.stride as u64,
            c_offset: self.c.offset as u64,
            c_stride: self.c.stride as u64,
            k: self.k as u64,
            n: self.n as u64,
            grain: self.grain as u64,
        }
        .words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let (n, k) = (self.n, self.k);
        Cost { flops: 2 * rows * n * k, bytes: 4 * (rows * k + k * n + rows * n) }
    }

    fn work(&self) -> Work {
        let product = (self.n * self.k) as f64;
        Work { fixed: READ * product, ..Work::each(true, product) }
    }

    fn multiplies(&self) -> bool {
        true
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (a, b) = (machine.floats(self.a.buffer), machine.floats(self.b));
        let element = |row: usize, col: usize| {
            let panel = &b[col / COLUMNS * self.k * COLUMNS + col % COLUMNS..];
            let product = |j: usize| f64::from(a[self.a.at(row, j)]) * f64::from(panel[j * COLUMNS]);
            (0..self.k).map(product).sum::<f64>() as f32
        };
        let cells: Vec<(usize, f32)> = (0..machine.rows() * self.n)
            .map(|i| (i / self.n, i % self.n))
            .map(|(row, col)| (self.c.at(row, col), element(row, col)))
            .collect();
        let c = machine.floats_mut(self.c.buffer);
        cells.into_iter().for_each(|(at, value)| c[at] = value);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (a, c) = (self.a.print(ROWS, fixed(self.k), name), self.c.print(ROWS, fixed(self.n), name));
        format!("{c} = {a} * {}, by {} rows", name(self.b), self.grain)
    }
}
