//! Adds the shards' partials in the fixed tree (stride 1, 2, 4, ...) into row 0.

use super::{Library, Reach, Region, Touch, Touched, params};
use crate::graph::Reduction;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::value::reduce;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, Domain, print};

/// Columns of partials that one part covers: one cache line.
pub const COMBINE_COLUMNS: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub struct Combine {
    pub partials: BufferId,
    /// Elements of one row of them.
    pub cols: usize,
    pub reduction: Reduction,
    /// Whose shards left them.
    pub domain: Domain,
}

params! {
    /// Of the host's function, whose parts are cache lines of columns.
    pub struct CombineParams {
        pub cols,
        /// 1 for a maximum, 0 for a sum.
        pub is_max,
        /// Shards, if their number is known; else 0.
        pub shards,
        /// Rows of the batch of one shard; 0 if the number of shards is known.
        pub grain,
    }
}

impl Library for Combine {
    fn word(&self) -> String {
        format!("combine_{}", print::reduce(self.reduction))
    }

    fn operands(&self) -> Vec<Touched> {
        vec![Touched {
            buffer: self.partials,
            touch: Touch::Update,
            region: Region::Partials { cols: self.cols, domain: self.domain },
            reach: Reach::Columns { cols: self.cols },
        }]
    }

    fn parts(&self) -> Parts {
        Parts::Const(self.cols.div_ceil(COMBINE_COLUMNS))
    }

    fn params(&self) -> Vec<u64> {
        let (shards, grain) = match self.domain.parts() {
            Parts::Const(shards) => (shards as u64, 0),
            Parts::BatchShards(grain) => (0, grain as u64),
            // Partials are left by shards.
            Parts::BatchPanels(_) | Parts::BatchTimes(_) => (1, 0),
        };
        let is_max = u64::from(self.reduction == Reduction::Max);
        CombineParams { cols: self.cols as u64, is_max, shards, grain }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let elements = self.cols * self.domain.shards(rows).max(1);
        Cost { flops: elements, bytes: 4 * elements }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * self.cols as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (shards, cols) = (self.domain.shards(machine.rows()), self.cols);
        let values = machine.floats_mut(self.partials);
        let mut stride = 1;
        while stride < shards {
            for low in (0..shards - stride).step_by(2 * stride) {
                for c in 0..cols {
                    let (a, b) = (values[low * cols + c], values[(low + stride) * cols + c]);
                    values[low * cols + c] = reduce(self.reduction, a, b);
                }
            }
            stride *= 2;
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (target, reduction) = (name(self.partials), print::reduce(self.reduction));
        format!("{target}[0] = tree of {reduction} over shards of {}", print::domain(self.domain))
    }
}
