//! Which loops work on elements by themselves, so that whoever has some of the elements can do without the others.

use super::{Access, Affine, BufferId, Inst, LoopKernel, Operand, Stmt};

impl LoopKernel {
    /// Whether it visits elements one by one, sums none of them up, and touches the buffers that `of` names at the element that it is at and nowhere else.
    pub(super) fn is_by_element(&self, of: impl Fn(BufferId) -> bool) -> bool {
        let names = |operand: u32| match self.operands.get(operand as usize) {
            Some(Operand::Buffer(id)) => of(*id),
            _ => false,
        };
        let own = Access::own(Affine::cols(0));
        let fits = |stmt: &Stmt| match stmt {
            Stmt::Let(_, Inst::Load { operand, access, .. }) | Stmt::Store { operand, access, .. } => {
                !names(*operand) || *access == own
            }
            Stmt::Let(..) => true,
            Stmt::Accumulate { .. } | Stmt::Partial { .. } | Stmt::Fold { .. } => false,
        };
        let looks_ahead = |inst: &Inst| matches!(inst, Inst::Load { operand, .. } if names(*operand));
        self.domain.is_flat()
            && self.body.stmts().into_iter().all(|(_, _, stmt)| fits(stmt))
            && !self.body.uniform.iter().any(|(_, inst)| looks_ahead(inst))
    }
}
