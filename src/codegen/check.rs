//! Proof that every access of a program lies within its buffers, for any number of rows. `loops::verify` proves the order of things; this is
//! about extents only, and it is what lets `Compiled::run` be safe: a program that passes cannot leave the arrays that `bind` checks.

use crate::graph::Dim;
use crate::loops::calls::{Axis, Region, Touched};
use crate::loops::{
    Access, Buffer, BufferId, BufferKind, Call, Domain, Inst, Kernel, LoopKernel, Operand, Program, Section,
    Stmt, Units,
};

use super::CodegenError;
use super::shape::row_len;

struct Checker<'p> {
    program: &'p Program,
    kernel: &'p str,
}

type Check<T = ()> = Result<T, CodegenError>;

pub(super) fn check(program: &Program) -> Check {
    for kernel in &program.kernels {
        match kernel {
            Kernel::Loop(k) => Checker { program, kernel: &k.name }.loop_kernel(k)?,
            Kernel::Call { name, call } => Checker { program, kernel: name }.call(call)?,
            Kernel::Total { value, .. } => {
                let c = Checker { program, kernel: "total" };
                if row_len(c.buffer(*value)?) != 1 {
                    return c.wrong("the value of a total is one element");
                }
            }
        }
    }
    Ok(())
}

fn batched(buffer: &Buffer) -> bool {
    buffer.dims.contains(&Dim::Batch)
}

impl<'p> Checker<'p> {
    fn wrong<T>(&self, reason: impl Into<String>) -> Check<T> {
        Err(CodegenError::Program { kernel: self.kernel.into(), reason: reason.into() })
    }

    fn buffer(&self, id: BufferId) -> Check<&'p Buffer> {
        match self.program.buffers.get(id.0 as usize) {
            Some(buffer) => Ok(buffer),
            None => self.wrong(format!("buffer {} does not exist", id.0)),
        }
    }

    fn operand(&self, kernel: &LoopKernel, operand: u32) -> Check<&'p Buffer> {
        match kernel.operands.get(operand as usize) {
            Some(Operand::Buffer(id)) => self.buffer(*id),
            _ => self.wrong(format!("operand {operand} is not a buffer")),
        }
    }

    fn loop_kernel(&self, kernel: &LoopKernel) -> Check {
        let row_domain = match kernel.domain {
            Domain::Rows { inner, .. } => inner > 0,
            Domain::Flat { .. } => true,
        };
        if !row_domain {
            return self.wrong("a batch row has no rows");
        }
        for (_, inst) in &kernel.body.uniform {
            self.inst(kernel, inst, 1)?;
        }
        for section in &kernel.body.sections {
            let (cols, stmts) = match (section, kernel.domain) {
                (Section::Row(stmts), _) => (1, stmts),
                (Section::Columns { stmts, .. }, Domain::Flat { len }) => (len, stmts),
                (Section::Columns { cols, stmts }, Domain::Rows { .. }) => (*cols, stmts),
            };
            for stmt in stmts {
                match stmt {
                    Stmt::Let(_, inst) => self.inst(kernel, inst, cols)?,
                    Stmt::Store { operand, access, .. } => self.access(kernel, *operand, *access, cols)?,
                    Stmt::Partial { operand, .. } => {
                        let buffer = self.operand(kernel, *operand)?;
                        if buffer.kind != BufferKind::Partials || row_len(buffer) != cols {
                            return self
                                .wrong(format!("`{}` is not partials of {cols} columns", buffer.name));
                        }
                    }
                    Stmt::Accumulate { .. } => {}
                }
            }
        }
        Ok(())
    }

    fn inst(&self, kernel: &LoopKernel, inst: &Inst, cols: usize) -> Check {
        match inst {
            Inst::Load { operand, access, dtype } => {
                let buffer = self.operand(kernel, *operand)?;
                if buffer.dtype != *dtype {
                    return self.wrong(format!("`{}` is loaded as {dtype:?}", buffer.name));
                }
                self.access(kernel, *operand, *access, cols)
            }
            Inst::KeepMask { units: Units::Table(t), .. } | Inst::Noise { units: Units::Table(t), .. } => {
                let inner = if let Domain::Rows { inner, .. } = kernel.domain { inner } else { 1 };
                if t.len() < inner * cols { self.wrong("a table of units is too short") } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn access(&self, kernel: &LoopKernel, operand: u32, access: Access, cols: usize) -> Check {
        let buffer = self.operand(kernel, operand)?;
        let len = row_len(buffer);
        let (rows, inner) = match kernel.domain {
            Domain::Rows { rows, inner } => (rows, inner),
            Domain::Flat { .. } => (Dim::Const(1), 1),
        };
        let in_batch = rows == Dim::Batch;
        let within = |rows: usize, stride: usize, offset: usize, cols: usize| {
            rows.saturating_sub(1).saturating_mul(stride).saturating_add(offset).saturating_add(cols) <= len
        };
        let per_row = |stride: usize, offset: usize, cols: usize| match (rows, batched(buffer)) {
            // Rows follow each other by `len`, so what holds for one batch row holds for all.
            (Dim::Batch, true) => inner.saturating_mul(stride) <= len && within(inner, stride, offset, cols),
            (Dim::Batch, false) => stride == 0 && within(1, 0, offset, cols),
            (Dim::Const(n), _) => within(n.saturating_mul(inner), stride, offset, cols),
        };
        let data = matches!(buffer.kind, BufferKind::Input { .. } | BufferKind::Target);
        let passes = data || buffer.kind == BufferKind::Output;
        let fits = match access {
            Access::Full { stride, offset } => !passes && per_row(stride, offset, cols),
            Access::Row { stride, offset } => !passes && per_row(stride, offset, 1),
            Access::Gathered { stride, .. } => data && in_batch && stride == len && cols <= len,
            Access::Positioned { stride, offset } => {
                buffer.kind == BufferKind::Output && in_batch && per_row(stride, offset, cols)
            }
            Access::Col { offset } => !passes && within(1, 0, offset, cols),
            Access::Inner { stride, offset } => !passes && within(inner, stride, offset, 1),
            Access::One => !passes && len >= 1,
        };
        if fits { Ok(()) } else { self.wrong(format!("{access:?} leaves `{}`", buffer.name)) }
    }

    fn call(&self, call: &Call) -> Check {
        if let Err(reason) = call.check() {
            return self.wrong(reason);
        }
        call.operands().iter().try_for_each(|o| self.region(o))
    }

    /// What a library kernel touches of a buffer lies in it.
    fn region(&self, operand: &Touched) -> Check {
        let buffer = self.buffer(operand.buffer)?;
        let len = row_len(buffer);
        let data = matches!(buffer.kind, BufferKind::Input { .. } | BufferKind::Target | BufferKind::Output);
        let fits = match operand.region {
            Region::Grid { offset, axes } => {
                let past = |axis: &Axis| axis.count.len.saturating_sub(1).saturating_mul(axis.step);
                let last = axes.iter().map(past).fold(offset, usize::saturating_add);
                // Rows of the batch follow each other by `len`, so what holds for one holds for all.
                let (batch, follow) = match axes.iter().filter(|a| a.count.batch).collect::<Vec<_>>()[..] {
                    [] => (false, true),
                    [axis] => (true, axis.count.len.saturating_mul(axis.step) <= len),
                    [..] => (true, false),
                };
                last < len && follow && batch == batched(buffer) && !data
            }
            Region::Whole(extent) => extent.len == len && extent.batch == batched(buffer) && !data,
            Region::Partials { cols, .. } => buffer.kind == BufferKind::Partials && cols == len,
        };
        if fits { Ok(()) } else { self.wrong(format!("{:?} leaves `{}`", operand.region, buffer.name)) }
    }
}
