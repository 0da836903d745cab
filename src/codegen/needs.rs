//! What a program asks of every pass: which buffers it writes, which tables by id it reads and how far.

use crate::loops::calls::Region;
use crate::loops::{Access, Base, Branch, BufferId, Inst, Kernel, Operand, Program, Stmt};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    written: Vec<bool>,
    /// Words of scalars a step, stream keys, totals.
    pub scalars: usize,
    pub streams: usize,
    pub totals: usize,
    pub order: bool,
    pub partner: bool,
}

impl Needs {
    pub fn of(program: &Program) -> Self {
        let mut needs = Self { written: vec![false; program.buffers.len()], ..Self::default() };
        needs.kernels(&program.kernels);
        for Branch { coin, .. } in &program.branches {
            needs.scalars = needs.scalars.max(coin.q.index() + 1);
            needs.streams = needs.streams.max(coin.site.index() + 1);
        }
        needs
    }

    fn kernels(&mut self, kernels: &[Kernel]) {
        let needs = self;
        for kernel in kernels {
            match kernel {
                Kernel::Loop(k) => {
                    for operand in &k.operands {
                        match *operand {
                            Operand::Scalar(s) => needs.scalars = needs.scalars.max(s.index() + 1),
                            Operand::Site(s) | Operand::Over { site: s, .. } => {
                                needs.streams = needs.streams.max(s.index() + 1)
                            }
                            Operand::Buffer(_) => {}
                        }
                    }
                    for (.., inst) in k.body.insts() {
                        needs.inst(inst);
                    }
                    for (.., stmt) in k.body.stmts() {
                        needs.stmt(&k.operands, stmt);
                    }
                }
                Kernel::Call { call, .. } => {
                    needs.order |=
                        call.operands().iter().any(|o| matches!(o.region, Region::Gathered { .. }));
                    call.operands().iter().filter(|o| o.touch.writes()).for_each(|o| needs.write(o.buffer));
                    call.scalars().iter().for_each(|s| needs.scalars = needs.scalars.max(s.index() + 1));
                    call.sites().iter().for_each(|s| needs.streams = needs.streams.max(s.index() + 1));
                }
                // Numbers and streams are its body's, memory its own.
                Kernel::Repeat { repeat, .. } => {
                    let written = std::mem::take(&mut needs.written);
                    needs.kernels(&repeat.body.kernels);
                    needs.written = written;
                    repeat.operands().iter().filter(|o| o.touch.writes()).for_each(|o| needs.write(o.buffer));
                }
                Kernel::Total { index, .. } => needs.totals = needs.totals.max(*index as usize + 1),
            }
        }
    }

    pub fn written(&self, id: BufferId) -> bool {
        self.written.get(id.0 as usize).copied().unwrap_or(false)
    }

    fn write(&mut self, id: BufferId) {
        if let Some(written) = self.written.get_mut(id.0 as usize) {
            *written = true;
        }
    }

    fn inst(&mut self, inst: &Inst) {
        if let Inst::Load { access: Access { base: Base::Data { partner }, .. }, .. } = inst {
            self.order |= !partner;
            self.partner |= partner;
        }
    }

    fn stmt(&mut self, operands: &[Operand], stmt: &Stmt) {
        match stmt {
            Stmt::Store { operand, .. } | Stmt::Partial { operand, .. } => {
                if let Some(Operand::Buffer(id)) = operands.get(*operand as usize) {
                    self.write(*id);
                }
            }
            Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Fold { .. } => {}
        }
    }
}
