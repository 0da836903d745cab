//! A general permutation of axes that fusion could not express as an access.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, SHARD_ROWS, print};

#[derive(Clone, Debug, PartialEq)]
pub struct Transpose {
    pub from: BufferId,
    pub to: BufferId,
    /// Of the source.
    pub dims: Vec<Dim>,
    /// The source's axis for each axis of the result.
    pub permutation: Vec<usize>,
}

params! {
    /// Of the host's function, whose parts are shards of the result's first axis. `rank` times [`AxisParams`] follow.
    pub struct TransposeParams {
        pub rank,
    }
}

params! {
    /// An axis of the result.
    pub struct AxisParams {
        /// 0 for the batch.
        pub extent,
        /// Elements of the source from one index to the next.
        pub step,
        /// 1 where the batch lies further in, so that the step is so many times the batch.
        pub times_batch,
    }
}

impl Transpose {
    fn elements(&self) -> Extent {
        let len = self.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
        Extent { batch: self.dims.contains(&Dim::Batch), len }
    }

    fn axis(&self, axis: usize) -> AxisParams {
        let inner = &self.dims[axis + 1..];
        let step: usize = inner.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
        let extent = if let Dim::Const(n) = self.dims[axis] { n as u64 } else { 0 };
        AxisParams { extent, step: step as u64, times_batch: u64::from(inner.contains(&Dim::Batch)) }
    }
}

impl Library for Transpose {
    fn word(&self) -> String {
        "transpose".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let whole = |buffer, touch| Touched {
            buffer,
            touch,
            region: Region::Whole(self.elements()),
            reach: Reach::All,
        };
        vec![whole(self.from, Touch::Read), whole(self.to, Touch::Write)]
    }

    fn check(&self) -> Result<(), String> {
        let mut axes = self.permutation.clone();
        axes.sort_unstable();
        if !axes.iter().copied().eq(0..self.dims.len()) {
            return Err("not a permutation of the axes".to_string());
        }
        if self.dims.contains(&Dim::Const(0)) {
            return Err("an axis has no elements".to_string());
        }
        Ok(())
    }

    fn parts(&self) -> Parts {
        self.permutation.first().map_or(Parts::Const(1), |axis| Parts::shards(self.dims[*axis], SHARD_ROWS))
    }

    fn params(&self) -> Vec<u64> {
        let mut words = TransposeParams { rank: self.permutation.len() as u64 }.words();
        words.extend(self.permutation.iter().flat_map(|axis| self.axis(*axis).words()));
        words
    }

    fn cost(&self, rows: usize) -> Cost {
        Cost { flops: 0, bytes: 2 * 4 * self.elements().of(rows) }
    }

    fn work(&self) -> Work {
        let elements = self.elements();
        Work::each(elements.batch, ELEMENT * elements.len as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let rows = machine.rows();
        let dims: Vec<usize> =
            self.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { rows }).collect();
        let mut strides = vec![1; dims.len()];
        for i in (1..dims.len()).rev() {
            strides[i - 1] = strides[i] * dims[i];
        }
        let source = machine.floats(self.from);
        let total: usize = dims.iter().product();
        let mut result = Vec::with_capacity(total);
        for i in 0..total {
            let mut rest = i;
            let mut index = 0;
            for axis in self.permutation.iter().rev() {
                index += rest % dims[*axis] * strides[*axis];
                rest /= dims[*axis];
            }
            result.push(source[index]);
        }
        machine.floats_mut(self.to)[..total].copy_from_slice(&result);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (to, from) = (name(self.to), name(self.from));
        format!("{to} = {from}{} with axes {:?}", print::shape(&self.dims), self.permutation)
    }
}
