//! The matrix of a product that is made in every step of a loop over time, in the order in which the product reads it: once a step of training, or once
//! a binding.

use super::{Extent, Library, Matrix, Reach, Region, Touch, Touched, params};
use crate::kernels::packed::{COLUMNS, panels};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, print};

/// `to` = the `k` x `n` matrix `from` in panels of [`COLUMNS`] columns: `[panels, k, COLUMNS]`, zeros where there is no column.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    pub from: Matrix,
    pub to: BufferId,
    pub k: usize,
    pub n: usize,
}

params! {
    /// Of the host's function, whose parts are panels.
    pub struct PackParams {
        pub offset,
        pub down,
        pub right,
        pub k,
        pub n,
    }
}

impl Pack {
    fn elements(&self) -> usize {
        panels(self.n) * self.k * COLUMNS
    }
}

fn fixed(len: usize) -> Extent {
    Extent { batch: false, len }
}

impl Library for Pack {
    fn word(&self) -> String {
        "pack".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let region = self.from.alone(fixed(self.k), fixed(self.n));
        let to = Region::Whole(fixed(self.elements()));
        vec![
            Touched { buffer: self.from.buffer, touch: Touch::Read, region, reach: Reach::All },
            Touched { buffer: self.to, touch: Touch::Write, region: to, reach: Reach::All },
        ]
    }

    fn parts(&self) -> Parts {
        Parts::Const(panels(self.n))
    }

    fn params(&self) -> Vec<u64> {
        let (down, right) = self.from.steps();
        PackParams { offset: self.from.offset as u64, down, right, k: self.k as u64, n: self.n as u64 }
            .words()
    }

    fn cost(&self, _: usize) -> Cost {
        Cost { flops: 0, bytes: 8 * self.elements() }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * self.elements() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let from = machine.floats(self.from.buffer);
        let at = |i: usize| {
            let (panel, j, col) = (i / (self.k * COLUMNS), i / COLUMNS % self.k, i % COLUMNS);
            let col = panel * COLUMNS + col;
            if col < self.n { from[self.from.at(j, col)] } else { 0.0 }
        };
        let packed: Vec<f32> = (0..self.elements()).map(at).collect();
        machine.floats_mut(self.to).copy_from_slice(&packed);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let from = self.from.print(fixed(self.k), fixed(self.n), name);
        format!("{} = {from} in panels of {} columns", name(self.to), print::extent(fixed(COLUMNS)))
    }
}
