//! In a step that drops a branch, what is left in the branch's buffers is of another step: whoever loads it selects by the branch's coin, or serves the branch alone.

use std::collections::BTreeSet;

use super::traffic;
use crate::loops::branches::tells_others;
use crate::loops::{Binary, Branch, BufferId, Inst, Kernel, LoopKernel, Operand, Program, Reg, Stmt};

/// The first kernel that lets what is left pass.
pub(super) fn leftovers_are_discarded(program: &Program) -> Result<(), String> {
    for (i, branch) in program.branches.iter().enumerate() {
        for kernel in program.kernels.iter().filter(|kernel| !program.coins_of(kernel).contains(&i)) {
            let passed = match kernel {
                Kernel::Loop(k) => Values::of(branch, k).passed(),
                // Sums are exchanged together; what is of a branch stays among its buffers.
                _ if tells_others(kernel) => None,
                Kernel::Call { .. } | Kernel::Repeat { .. } | Kernel::Total { .. } => {
                    traffic(kernel).0.into_iter().find(|id| branch.buffers.contains(id))
                }
            };
            if let Some(id) = passed {
                let name = &program.buffers[id.0 as usize].name;
                return Err(format!("{}: {name} is read where its branch is dropped", kernel.name()));
            }
        }
    }
    Ok(())
}

/// Registers of a kernel.
struct Values<'p> {
    branch: &'p Branch,
    kernel: &'p LoopKernel,
    keys: BTreeSet<Reg>,
    thresholds: BTreeSet<Reg>,
    masks: BTreeSet<Reg>,
    /// Conditions that hold where the coin keeps.
    kept: BTreeSet<Reg>,
    /// What is left of another step where it drops, and of which buffer.
    left: Vec<(Reg, BufferId)>,
}

impl<'p> Values<'p> {
    fn of(branch: &'p Branch, kernel: &'p LoopKernel) -> Self {
        let none = BTreeSet::new;
        let (keys, thresholds, masks, kept) = (none(), none(), none(), none());
        Self { branch, kernel, keys, thresholds, masks, kept, left: Vec::new() }
    }

    /// The buffer of the branch whose contents leave the kernel.
    fn passed(mut self) -> Option<BufferId> {
        let body = &self.kernel.body;
        body.uniform.iter().for_each(|(reg, inst)| self.assign(*reg, inst));
        body.stmts().into_iter().find_map(|(_, _, stmt)| match stmt {
            Stmt::Let(reg, inst) => {
                self.assign(*reg, inst);
                None
            }
            Stmt::Accumulate { into, value, .. } | Stmt::Fold { into, value, .. } => {
                self.left.extend(self.left_in(*value).map(|id| (*into, id)));
                None
            }
            Stmt::Store { operand, value, .. } | Stmt::Partial { operand, value, .. } => {
                let own = self.operand(*operand).is_some_and(|id| self.branch.buffers.contains(&id));
                self.left_in(*value).filter(|_| !own)
            }
        })
    }

    fn operand(&self, operand: u32) -> Option<BufferId> {
        match self.kernel.operands.get(operand as usize) {
            Some(Operand::Buffer(id)) => Some(*id),
            _ => None,
        }
    }

    fn left_in(&self, reg: Reg) -> Option<BufferId> {
        self.left.iter().find(|(own, _)| *own == reg).map(|(_, id)| *id)
    }

    fn assign(&mut self, reg: Reg, inst: &Inst) {
        let coin = self.branch.coin;
        let operand = |at: &u32| self.kernel.operands.get(*at as usize).copied();
        match inst {
            Inst::RowKey { operand: at, by_update: true }
                if operand(at) == Some(Operand::Site(coin.site)) =>
            {
                self.keys.insert(reg);
            }
            Inst::Scalar { operand: at, .. } if operand(at) == Some(Operand::Scalar(coin.q)) => {
                self.thresholds.insert(reg);
            }
            Inst::KeepMask { key, q, .. } if self.keys.contains(key) && self.thresholds.contains(q) => {
                self.masks.insert(reg);
            }
            Inst::Binary(Binary::Less, _, mask) if self.masks.contains(mask) => {
                self.kept.insert(reg);
            }
            _ => {}
        }
        let left = match inst {
            Inst::Load { operand, .. } => {
                self.operand(*operand).filter(|id| self.branch.buffers.contains(id))
            }
            Inst::Select { condition, otherwise, .. } if self.kept.contains(condition) => {
                self.left_in(*otherwise)
            }
            _ => inst.arguments().into_iter().find_map(|arg| self.left_in(arg)),
        };
        self.left.extend(left.map(|id| (reg, id)));
    }
}
