//! Matrices that are known before any data: filter banks, cosine transforms.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// `to` = the matrix that is described, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub to: BufferId,
    pub table: graph::Table,
}

params! {
    /// Of the host's function, whose only part is the whole: the words of the description follow.
    pub struct TableParams {
        pub len,
    }
}

impl Table {
    fn len(&self) -> usize {
        self.table.dims().iter().product()
    }
}

impl Library for Table {
    fn word(&self) -> String {
        "table".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let region = Region::Whole(Extent { batch: false, len: self.len() });
        vec![Touched { buffer: self.to, touch: Touch::Write, region, reach: Reach::All }]
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn params(&self) -> Vec<u64> {
        [&TableParams { len: self.len() as u64 }.words()[..], &self.table.words()].concat()
    }

    fn cost(&self, _rows: usize) -> Cost {
        Cost { flops: 0, bytes: 4 * self.len() }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * self.len() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let weights = self.table.weights();
        let places = machine.floats_mut(self.to).iter_mut();
        places.zip(weights).for_each(|(place, weight)| *place = weight as f32);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let [rows, columns] = self.table.dims();
        format!("{} = table of {rows} by {columns}: {}", name(self.to), self.table.text())
    }
}
