//! Proof that every access of a program lies within its buffers, for any number of rows: [`extents`] of loop kernels, and those of library
//! calls. `loops::verify` proves the order of things; this is what lets `Compiled::run` be safe: a program that passes cannot leave the
//! arrays that `bind` checks.

use crate::graph::{DType, Dim};
use crate::loops::calls::{Axis, Region, Touched};
use crate::loops::{Buffer, BufferId, BufferKind, Call, Kernel, Program, Repeat, blocks_are_apart, extents};

use super::CodegenError;
use super::shape::row_len;

struct Checker<'p> {
    program: &'p Program,
    kernel: &'p str,
}

type Check<T = ()> = Result<T, CodegenError>;

pub(super) fn check(program: &Program) -> Check {
    program.kernels.iter().try_for_each(|kernel| check_kernel(program, kernel))?;
    // Every operand is in range now.
    blocks_are_apart(program).or_else(|reason| Checker { program, kernel: "a block" }.wrong(reason))
}

fn check_kernel(program: &Program, kernel: &Kernel) -> Check {
    match kernel {
        Kernel::Loop(k) => {
            extents(program, k).or_else(|reason| Checker { program, kernel: &k.name }.wrong(reason))
        }
        Kernel::Call { name, call } => Checker { program, kernel: name }.call(call),
        Kernel::Repeat { name, repeat } => Checker { program, kernel: name }.repeat(repeat),
        Kernel::Total { value, .. } => {
            let c = Checker { program, kernel: "total" };
            match row_len(c.buffer(*value)?) {
                1 => Ok(()),
                _ => c.wrong("the value of a total is one element"),
            }
        }
    }
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

    fn call(&self, call: &Call) -> Check {
        if let Err(reason) = call.check() {
            return self.wrong(reason);
        }
        call.operands().iter().try_for_each(|o| self.region(o))
    }

    /// Addresses move evenly from step to step: what the first and the last stay within, all do.
    fn repeat(&self, repeat: &Repeat) -> Check {
        if let Err(reason) = repeat.check() {
            return self.wrong(reason);
        }
        repeat.operands().iter().try_for_each(|o| self.region(o))?;
        for kernel in repeat.telling_turns().flat_map(|turn| repeat.at(turn)) {
            check_kernel(self.program, &kernel)?;
        }
        Ok(())
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
            Region::Gathered { len: own } => {
                own == len && matches!(buffer.kind, BufferKind::Input { .. }) && buffer.dtype == DType::I32
            }
            Region::Partials { cols, .. } => buffer.kind == BufferKind::Partials && cols == len,
        };
        if fits { Ok(()) } else { self.wrong(format!("{:?} leaves `{}`", operand.region, buffer.name)) }
    }
}
