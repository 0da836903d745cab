//! How long a step takes, roughly: enough to say whether a second thread would be awake before it is over.

use super::{Domain, Kernel, Program, Section};
use crate::graph::Dim;

/// An estimate of a step's cost, in units of one multiplication of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    pub per_row: f64,
    pub fixed: f64,
}

/// An element of a loop kernel against a multiplication of a product: about one cycle against a 32nd.
pub(super) const ELEMENT: f64 = 32.0;
/// A number of a matrix that is read for a row or two: 4 bytes at 50 GB/s against a multiplication at 60 GFLOP/s.
pub(super) const READ: f64 = 2.5;

impl Work {
    /// Of all kernels of a step.
    pub fn of(program: &Program) -> Self {
        program.kernels.iter().fold(Self::default(), |sum, kernel| {
            let own = Self::of_kernel(kernel);
            Self { per_row: sum.per_row + own.per_row, fixed: sum.fixed + own.fixed }
        })
    }

    /// `work` for each row of a batch if `batch`, else once a step.
    pub(super) fn each(batch: bool, work: f64) -> Self {
        match batch {
            true => Self { per_row: work, fixed: 0.0 },
            false => Self { per_row: 0.0, fixed: work },
        }
    }

    /// Of a step with `rows` rows.
    pub fn total(&self, rows: usize) -> f64 {
        self.fixed + self.per_row * rows as f64
    }

    fn of_kernel(kernel: &Kernel) -> Self {
        match kernel {
            Kernel::Loop(k) => {
                let visited: usize = k.body.sections.iter().map(Section::work).sum();
                let elements = (k.domain.places() * visited) as f64;
                match k.domain {
                    Domain::Rows { rows: Dim::Batch, .. } => Self::each(true, ELEMENT * elements),
                    Domain::Rows { rows: Dim::Const(n), .. } => {
                        Self::each(false, ELEMENT * elements * n as f64)
                    }
                    Domain::Flat { len } => Self::each(false, ELEMENT * len as f64),
                }
            }
            Kernel::Call { call, .. } => call.work(),
            Kernel::Repeat { repeat, .. } => repeat.work(),
            Kernel::Total { .. } => Self::default(),
        }
    }
}
