//! What a kernel does, counted: operations, and bytes of the buffers it reads and writes, each element once.
//!
//! An instruction of a loop kernel is one operation, whatever it is: a count of work, not of time. Memory that stays in a cache
//! counts as well.

use crate::graph::Dim;

use super::{Access, Domain, Inst, Kernel, LoopKernel, Operand, Program, Ranges, Stmt};

/// Of one step with a given number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub flops: usize,
    pub bytes: usize,
}

impl Kernel {
    pub fn name(&self) -> &str {
        match self {
            Kernel::Loop(k) => &k.name,
            Kernel::Call { name, .. } | Kernel::Repeat { name, .. } => name,
            Kernel::Total { .. } => "total",
        }
    }
}

impl Program {
    /// The cost of a kernel for a batch of `rows` rows.
    pub fn cost(&self, kernel: &Kernel, rows: usize) -> Cost {
        match kernel {
            Kernel::Loop(k) => self.loop_cost(k, rows),
            Kernel::Call { call, .. } => call.cost(rows),
            Kernel::Repeat { repeat, .. } => repeat.cost(rows),
            Kernel::Total { .. } => Cost { flops: 1, bytes: 4 },
        }
    }

    fn loop_cost(&self, kernel: &LoopKernel, rows: usize) -> Cost {
        let mut cost = Cost::default();
        let visits = kernel.domain.visits(rows);
        let mut seen: Vec<(u32, Access)> = Vec::new();
        for (cols, taps, stmt) in kernel.body.stmts() {
            // A fold adds once a tap.
            let taps = if let Stmt::Fold { taps, .. } = stmt { *taps } else { taps };
            let touched = match stmt {
                Stmt::Let(_, Inst::Load { operand, access, .. }) => Some((*operand, *access)),
                Stmt::Store { operand, access, .. } => Some((*operand, *access)),
                Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Partial { .. } | Stmt::Fold { .. } => {
                    cost.flops += visits * cols * taps.iter().product::<usize>();
                    None
                }
            };
            if let Some(touch) = touched.filter(|touch| !seen.contains(touch)) {
                seen.push(touch);
                let elements = touch.1.elements(kernel.domain, rows, Ranges::new(kernel.domain, cols, taps));
                cost.bytes += self.element_bytes(kernel, touch.0) * elements;
            }
        }
        cost
    }

    /// A data set's bytes are counted as the four of its f32: how they are stored is not the program's to know.
    fn element_bytes(&self, kernel: &LoopKernel, operand: u32) -> usize {
        usize::from(matches!(kernel.operands.get(operand as usize), Some(Operand::Buffer(_)))) * 4
    }
}

impl Domain {
    /// Visits of the body for a batch of `rows` rows; a flat domain is one visit of all its columns.
    fn visits(self, rows: usize) -> usize {
        self.row_count(rows) * self.places()
    }

    fn row_count(self, rows: usize) -> usize {
        match self {
            Domain::Rows { rows: Dim::Batch, .. } => rows,
            Domain::Rows { rows: Dim::Const(n), .. } => n,
            Domain::Flat { .. } => 1,
        }
    }
}

impl Access {
    /// Different elements that it reaches: of what moves it, all places.
    fn elements(self, domain: Domain, rows: usize, ranges: Ranges) -> usize {
        let rows = if self.at.row > 0 { domain.row_count(rows) } else { 1 };
        let moved = |steps: &[usize], extents: &[usize]| -> usize {
            steps.iter().zip(extents).filter(|(s, _)| **s > 0).map(|(_, n)| *n).product()
        };
        let cols = if self.at.col > 0 { ranges.cols } else { 1 };
        rows * moved(&self.at.axes, &ranges.axes) * moved(&self.at.taps, &ranges.taps) * cols
    }
}

#[cfg(test)]
mod tests {
    use crate::{check::check_source, loops::fuse, lower::lower_train};

    #[test]
    fn costs_of_a_small_net() {
        let source = "net {
            input x: real[784]
            dense 512 -> relu -> dropout 0.5
            dense 10
            output y: class[10]
        }
        train {
            loss cross_entropy
            optimizer adam, lr=1e-3
            epochs 1
        }";
        let program =
            fuse(&lower_train(&check_source(source, &Default::default()).model.expect("a model")).graph)
                .expect("kernels");
        let lines: Vec<String> = program
            .kernels
            .iter()
            .map(|kernel| {
                let cost = program.cost(kernel, 128);
                format!("{}: {} operations, {} bytes", kernel.name(), cost.flops, cost.bytes)
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
