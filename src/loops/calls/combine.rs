//! Adds the shards' partials in the fixed tree (stride 1, 2, 4, ...) into row 0: those of each block of rows into the block's first, then these. A process that has some of the
//! blocks is left with nodes of the tree, which [`Exchange`](super::Exchange) brings together with those of others.

use super::exchange::{Join, Nodes};
use super::{Library, Reach, Region, Touch, Touched, params};
use crate::graph::{Blocks, Reduction};
use crate::kernels::tree::pairs;
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
    /// Of rows, each of which has such shards.
    pub blocks: Blocks,
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
        pub blocks,
        pub ranks,
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
        let [blocks, ranks] = [self.blocks.count(), self.blocks.ranks()].map(|n| n as u64);
        CombineParams { cols: self.cols as u64, is_max, shards, grain, blocks, ranks }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let elements = self.cols * self.blocks.count() * self.domain.shards(self.blocks.rows(rows)).max(1);
        Cost { flops: elements, bytes: 4 * elements }
    }

    fn leaves_nodes(&self) -> Option<Nodes> {
        let Self { partials, cols, domain, .. } = *self;
        let join = Join::Reduce(self.reduction);
        (self.blocks.ranks() > 1).then_some(Nodes { partials, cols, domain, join, slice: None })
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * (self.blocks.count() * self.cols) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (rows, each) = (machine.rows(), self.domain.shards(self.blocks.rows(machine.rows())));
        let values = machine.floats_mut(self.partials);
        let mut tree = |first: usize, count: usize, apart: usize| {
            for pair in pairs(count) {
                let (low, high) = (first + pair.low * apart, first + pair.high * apart);
                for c in 0..self.cols {
                    let (a, b) = (values[low * self.cols + c], values[high * self.cols + c]);
                    values[low * self.cols + c] = reduce(self.reduction, a, b);
                }
            }
        };
        let mut blocks = 0;
        for own in self.blocks.each(rows) {
            tree(blocks * each, self.domain.shards(own.len()), 1);
            blocks += 1;
        }
        tree(0, blocks, each);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (target, reduction) = (name(self.partials), print::reduce(self.reduction));
        let blocks = print::in_blocks(self.blocks);
        format!("{target}[0] = tree of {reduction} over shards of {}{blocks}", print::domain(self.domain))
    }
}
