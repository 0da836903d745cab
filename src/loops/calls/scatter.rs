//! Sums of what stands at each token: the derivative of a look-up by its table.
//!
//! Each part has some rows of the table, looks at all tokens in order and adds what is its own: no two threads add to one sum, and the order of
//! additions is that of the rows of the batch and their steps, whatever the threads.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// Parts of a table, at most: each looks at every token.
const PARTS: usize = 16;

/// `to[v] = sum of from[b, t] where tokens[b, t] = v`, vectors of `width` numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterAdd {
    /// `[Batch, steps, width]`
    pub from: BufferId,
    /// An input array of integers.
    pub tokens: BufferId,
    /// `[rows, width]`
    pub to: BufferId,
    pub rows: usize,
    pub width: usize,
    pub steps: usize,
}

params! {
    /// Of the host's function; a part is `grain` rows of the table.
    pub struct ScatterAddParams {
        pub grain,
        pub rows,
        pub width,
        pub steps,
    }
}

impl ScatterAdd {
    fn grain(&self) -> usize {
        self.rows.div_ceil(PARTS).max(1)
    }
}

impl Library for ScatterAdd {
    fn word(&self) -> String {
        "scatter_add".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let whole = |batch, len| Region::Whole(Extent { batch, len });
        let all = |buffer, touch, region| Touched { buffer, touch, region, reach: Reach::All };
        vec![
            all(self.from, Touch::Read, whole(true, self.steps * self.width)),
            all(self.tokens, Touch::Read, Region::Gathered { len: self.steps }),
            all(self.to, Touch::Write, whole(false, self.rows * self.width)),
        ]
    }

    fn parts(&self) -> Parts {
        Parts::Const(self.rows.div_ceil(self.grain()))
    }

    fn params(&self) -> Vec<u64> {
        let (rows, width, steps) = (self.rows as u64, self.width as u64, self.steps as u64);
        ScatterAddParams { grain: self.grain() as u64, rows, width, steps }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let tokens = rows * self.steps;
        Cost { flops: tokens * self.width, bytes: 4 * (tokens * (self.width + 1) + self.rows * self.width) }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * (self.steps * (self.width + PARTS)) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let Self { width, steps, .. } = *self;
        let mut sums = vec![0.0; self.rows * width];
        for row in 0..machine.rows() {
            for step in 0..steps {
                let token = usize::try_from(machine.gathered(self.tokens, row, steps)[step]);
                let Some(token) = token.ok().filter(|token| *token < self.rows) else { continue };
                let own = &machine.floats(self.from)[(row * steps + step) * width..][..width];
                sums[token * width..][..width].iter_mut().zip(own).for_each(|(sum, x)| *sum += x);
            }
        }
        machine.floats_mut(self.to)[..self.rows * width].copy_from_slice(&sums);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        format!("{} = sums of {} by {}", name(self.to), name(self.from), name(self.tokens))
    }
}
