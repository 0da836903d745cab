//! A curve of every number of a value: what generated code would compute four lanes at a time.

use super::{Extent, Library, Matrix, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::kernels::curve::Curve;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};
use crate::math::Scalar32;

/// `to = f((from + bias) scale)`, `len` numbers a row of the batch, of which each `width` meet the bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Curved {
    pub curve: Curve,
    pub from: Matrix,
    pub bias: Option<BufferId>,
    pub scale: f32,
    pub to: Matrix,
    pub len: usize,
    pub width: usize,
    /// Rows of a shard: as in loops over the same value.
    pub grain: usize,
}

params! {
    /// Of the host's function, whose parts are shards of rows. Operands: numbers, bias (where there is none, the numbers), what becomes of them.
    pub struct CurvedParams {
        pub curve,
        pub from_offset,
        pub from_stride,
        pub to_offset,
        pub to_stride,
        pub len,
        pub width,
        /// 1 where there is a bias.
        pub biased,
        /// Its bits.
        pub scale,
        pub grain,
    }
}

/// Additions and multiplications of one number.
const FLOPS: usize = 20;
const ROWS: Extent = Extent { batch: true, len: 1 };

impl Curved {
    fn cols(&self) -> Extent {
        Extent { batch: false, len: self.len }
    }
}

impl Library for Curved {
    fn word(&self) -> String {
        format!("{:?}", self.curve).to_lowercase()
    }

    fn operands(&self) -> Vec<Touched> {
        let rows = |matrix: Matrix, touch| Touched {
            buffer: matrix.buffer,
            touch,
            region: matrix.alone(ROWS, self.cols()),
            reach: Reach::Rows { rows: Dim::Batch, grain: self.grain, width: matrix.stride, pass: false },
        };
        let from = rows(self.from, Touch::Read);
        let region = Region::Whole(Extent { batch: false, len: self.width });
        let bias = |buffer| Touched { buffer, touch: Touch::Read, region, reach: Reach::All };
        vec![from, self.bias.map_or(from, bias), rows(self.to, Touch::Write)]
    }

    fn check(&self) -> Result<(), String> {
        let lines = [self.from, self.to].iter().all(|m| !m.transposed && self.len <= m.stride);
        match lines && self.grain > 0 && self.width > 0 && self.len.is_multiple_of(self.width) {
            true => Ok(()),
            false => Err("rows of a curve are not lines of memory".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        Parts::shards(Dim::Batch, self.grain)
    }

    fn params(&self) -> Vec<u64> {
        CurvedParams {
            curve: self.curve as u64,
            from_offset: self.from.offset as u64,
            from_stride: self.from.stride as u64,
            to_offset: self.to.offset as u64,
            to_stride: self.to.stride as u64,
            len: self.len as u64,
            width: self.width as u64,
            biased: u64::from(self.bias.is_some()),
            scale: u64::from(self.scale.to_bits()),
            grain: self.grain as u64,
        }
        .words()
    }

    fn cost(&self, rows: usize) -> Cost {
        Cost { flops: FLOPS * rows * self.len, bytes: 8 * rows * self.len }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * self.len as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let mut host = Scalar32 { fma: machine.fma() };
        let from = machine.floats(self.from.buffer);
        let bias = self.bias.map(|bias| machine.floats(bias));
        let places = (0..machine.rows()).flat_map(|row| (0..self.len).map(move |col| (row, col)));
        let cells: Vec<(usize, f32)> = places
            .map(|(row, col)| {
                let x = from[self.from.at(row, col)];
                let x = bias.map_or(x, |bias| x + bias[col % self.width]) * self.scale;
                (self.to.at(row, col), self.curve.of(&mut host, x))
            })
            .collect();
        let to = machine.floats_mut(self.to.buffer);
        cells.into_iter().for_each(|(at, value)| to[at] = value);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let [from, to] = [self.from, self.to].map(|matrix| matrix.print(ROWS, self.cols(), name));
        let argument = match self.bias {
            Some(bias) => format!("({from} + {}) * {:?}", name(bias), self.scale),
            None => from,
        };
        format!("{to} = {} of {argument}, by {} rows", self.word(), self.grain)
    }
}
