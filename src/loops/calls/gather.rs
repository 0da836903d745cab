//! Rows of a table that tokens name. A token that the table has no row for stands for zeros, so that no array of tokens has to be proved.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// Rows of the batch in a part: a row has many tokens.
const GRAIN: usize = 4;

/// `to[b, t] = table[tokens[b, t]]`, vectors of `width` numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Gather {
    /// `[rows, width]`
    pub table: BufferId,
    /// An input array of integers.
    pub tokens: BufferId,
    /// `[Batch, steps, width]`
    pub to: BufferId,
    pub rows: usize,
    pub width: usize,
    pub steps: usize,
}

params! {
    /// Of the host's function, whose parts are shards of `grain` rows of the batch.
    pub struct GatherParams {
        pub grain,
        pub rows,
        pub width,
        pub steps,
    }
}

impl Library for Gather {
    fn word(&self) -> String {
        "gather".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let len = self.steps * self.width;
        let rows = Reach::Rows { rows: Dim::Batch, grain: GRAIN, width: len, pass: false };
        let whole = |batch, len| Region::Whole(Extent { batch, len });
        let read = |buffer, region| Touched { buffer, touch: Touch::Read, region, reach: Reach::All };
        vec![
            read(self.table, whole(false, self.rows * self.width)),
            read(self.tokens, Region::Gathered { len: self.steps }),
            Touched { buffer: self.to, touch: Touch::Write, region: whole(true, len), reach: rows },
        ]
    }

    fn parts(&self) -> Parts {
        Parts::shards(Dim::Batch, GRAIN)
    }

    fn params(&self) -> Vec<u64> {
        let (rows, width, steps) = (self.rows as u64, self.width as u64, self.steps as u64);
        GatherParams { grain: GRAIN as u64, rows, width, steps }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        Cost { flops: 0, bytes: 4 * rows * self.steps * (2 * self.width + 1) }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * (self.steps * self.width) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let Self { width, steps, .. } = *self;
        for row in 0..machine.rows() {
            for step in 0..steps {
                let token = machine.gathered(self.tokens, row, steps)[step];
                let own = usize::try_from(token).ok().filter(|token| *token < self.rows);
                let found = match own {
                    Some(token) => machine.floats(self.table)[token * width..][..width].to_vec(),
                    None => vec![0.0; width],
                };
                machine.floats_mut(self.to)[(row * steps + step) * width..][..width].copy_from_slice(&found);
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        format!("{} = rows of {} that {} names", name(self.to), name(self.table), name(self.tokens))
    }
}
