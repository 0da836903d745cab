//! Proof that every access of a loop kernel lies within its buffers, for any number of rows: what lets native code be called safely, and a part of
//! what `verify` asks of every program.

use super::access::is_within;
use super::{
    Access, Base, Buffer, BufferKind, Domain, Inst, LoopKernel, Operand, Program, Ranges, Stmt, Taps,
};
use crate::graph::Dim;

/// The first access of `kernel` that may leave its buffer, or that the buffer is not made for, in words.
pub fn extents(program: &Program, kernel: &LoopKernel) -> Result<(), String> {
    if kernel.domain.places() == 0 {
        return Err("a row has no places".to_string());
    }
    let extents = Extents { program, kernel };
    for (cols, taps, inst) in kernel.body.insts() {
        extents.load(inst, cols, taps)?;
    }
    for (cols, taps, stmt) in kernel.body.stmts() {
        match stmt {
            Stmt::Store { operand, access, .. } => extents.store(*operand, *access, cols)?,
            Stmt::Partial { operand, .. } => extents.partial(*operand, cols)?,
            Stmt::Fold { stmts, .. } => {
                if stmts.iter().any(|s| !matches!(s, Stmt::Let(..))) {
                    return Err("a fold computes values and does nothing else".to_string());
                }
            }
            Stmt::Let(..) | Stmt::Accumulate { .. } => {}
        }
        if taps.contains(&0) {
            return Err("a fold has no taps".to_string());
        }
    }
    Ok(())
}

struct Extents<'p> {
    program: &'p Program,
    kernel: &'p LoopKernel,
}

impl<'p> Extents<'p> {
    fn operand(&self, operand: u32) -> Result<&'p Buffer, String> {
        let found = match self.kernel.operands.get(operand as usize) {
            Some(Operand::Buffer(id)) => self.program.buffers.get(id.0 as usize),
            _ => None,
        };
        found.ok_or_else(|| format!("operand {operand} is not a buffer"))
    }

    fn load(&self, inst: &Inst, cols: usize, taps: Taps) -> Result<(), String> {
        let Inst::Load { operand, access, dtype } = inst else { return Ok(()) };
        let buffer = self.operand(*operand)?;
        if buffer.dtype != *dtype {
            return Err(format!("`{}` is loaded as {dtype:?}", buffer.name));
        }
        self.access(buffer, *access, self.ranges(cols, taps))
    }

    /// Rows that are written must be apart: other threads write their neighbours.
    fn store(&self, operand: u32, access: Access, cols: usize) -> Result<(), String> {
        let buffer = self.operand(operand)?;
        let ranges = self.ranges(cols, [1; super::TAPS]);
        self.access(buffer, access, ranges)?;
        let several =
            !matches!(self.kernel.domain, Domain::Flat { .. } | Domain::Rows { rows: Dim::Const(1), .. });
        if several && !access.rows_are_apart(ranges) {
            return Err(format!("rows of `{}` overlap", buffer.name));
        }
        Ok(())
    }

    fn partial(&self, operand: u32, cols: usize) -> Result<(), String> {
        let buffer = self.operand(operand)?;
        if buffer.kind != BufferKind::Partials || buffer.row_len() != cols {
            return Err(format!("`{}` is not partials of {cols} columns", buffer.name));
        }
        Ok(())
    }

    /// A flat loop runs over the elements of its domain, whatever its section says.
    fn ranges(&self, cols: usize, taps: Taps) -> Ranges {
        let cols = if let Domain::Flat { len } = self.kernel.domain { len.max(cols) } else { cols };
        Ranges::new(self.kernel.domain, cols, taps)
    }

    fn access(&self, buffer: &Buffer, access: Access, ranges: Ranges) -> Result<(), String> {
        let domain = self.kernel.domain;
        let data = matches!(buffer.kind, BufferKind::Input { .. } | BufferKind::Target);
        let of_the_kind = match access.base {
            Base::Own => !data && buffer.kind != BufferKind::Output,
            Base::Data { .. } => data && domain.is_batch(),
            Base::Pass => buffer.kind == BufferKind::Output && domain.is_batch(),
        };
        if of_the_kind && is_within(access, domain, ranges, buffer.row_len(), buffer.is_batched()) {
            return Ok(());
        }
        Err(format!("[{}] over {} columns leaves `{}`", access.text(), ranges.cols, buffer.name))
    }
}
