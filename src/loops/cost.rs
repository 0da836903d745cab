//! What a kernel does, counted: operations, and bytes of the buffers it reads and writes, each element once.
//!
//! An instruction of a loop kernel is one operation, whatever it is: a count of work, not of time. Memory that stays in a cache
//! counts as well.

use crate::graph::Dim;

use super::{Access, Domain, Inst, Kernel, LoopKernel, Operand, Program, Section, Stmt};

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
            Kernel::Call { name, .. } => name,
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
            Kernel::Total { .. } => Cost { flops: 1, bytes: 4 },
        }
    }

    fn loop_cost(&self, kernel: &LoopKernel, rows: usize) -> Cost {
        let mut cost = Cost::default();
        let visits = kernel.domain.visits(rows);
        let mut seen: Vec<(u32, Access)> = Vec::new();
        for section in &kernel.body.sections {
            let (cols, stmts) = match section {
                Section::Row(stmts) => (1, stmts),
                Section::Columns { cols, stmts } => (*cols, stmts),
            };
            for stmt in stmts {
                let touched = match stmt {
                    Stmt::Let(_, Inst::Load { operand, access, .. }) => Some((*operand, *access)),
                    Stmt::Store { operand, access, .. } => Some((*operand, *access)),
                    Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Partial { .. } => {
                        cost.flops += visits * cols;
                        None
                    }
                };
                if let Some(touch) = touched.filter(|touch| !seen.contains(touch)) {
                    seen.push(touch);
                    cost.bytes += self.element_bytes(kernel, touch.0) * touch.1.elements(visits, cols);
                }
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
        match self {
            Domain::Rows { rows: Dim::Batch, inner } => rows * inner,
            Domain::Rows { rows: Dim::Const(n), inner } => n * inner,
            Domain::Flat { .. } => 1,
        }
    }
}

impl Access {
    /// Different elements that it reaches.
    fn elements(self, visits: usize, cols: usize) -> usize {
        match self {
            Access::Full { stride: 0, .. } | Access::Col { .. } => cols,
            Access::Full { .. } | Access::Gathered { .. } | Access::Positioned { .. } => visits * cols,
            Access::Row { .. } => visits,
            Access::Inner { .. } | Access::One => 1,
        }
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
            fuse(&lower_train(&check_source(source, &Default::default()).model.expect("a model")).graph);
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
