//! Proof that every access of a program lies within its buffers, for any number of rows: [`extents`] of loop kernels, and those of library
//! calls. `loops::verify` proves the order of things; this is what lets `Compiled::run` be safe: a program that passes cannot leave the
//! arrays that `bind` checks.

use crate::graph::Dim;
use crate::loops::{
    Buffer, BufferId, BufferKind, Extent, Kernel, Matrix, Product, Program, extents,
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
            Kernel::Loop(k) => {
                extents(program, k).or_else(|reason| Checker { program, kernel: &k.name }.wrong(reason))?
            }
            Kernel::Product(p) => Checker { program, kernel: &p.name }.product(p)?,
            Kernel::Combine { name, partials, .. } => {
                let c = Checker { program, kernel: name };
                if c.buffer(*partials)?.kind != BufferKind::Partials {
                    return c.wrong("combines a buffer that holds no partials");
                }
            }
            Kernel::Total { value, .. } => {
                let c = Checker { program, kernel: "total" };
                if row_len(c.buffer(*value)?) != 1 {
                    return c.wrong("the value of a total is one element");
                }
            }
            Kernel::Transpose { name, from, to, dims, permutation } => {
                Checker { program, kernel: name }.transpose(*from, *to, dims, permutation)?;
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

    fn product(&self, p: &Product) -> Check {
        self.matrix(p.a, p.m, p.k)?;
        self.matrix(p.b, p.k, p.n)?;
        self.matrix(p.c, p.m, p.n)?;
        let cols = if p.c.transposed { p.m } else { p.n };
        if cols.len > p.c.stride {
            return self.wrong("rows of the result overlap");
        }
        Ok(())
    }

    /// `matrix`, read as rows x cols, lies in its buffer.
    fn matrix(&self, matrix: Matrix, rows: Extent, cols: Extent) -> Check {
        let buffer = self.buffer(matrix.buffer)?;
        let (rows, cols) = if matrix.transposed { (cols, rows) } else { (rows, cols) };
        let len = row_len(buffer);
        let last = rows.len.saturating_sub(1).saturating_mul(matrix.stride);
        let one = last.saturating_add(matrix.offset).saturating_add(cols.len) <= len;
        let kind = matches!(buffer.kind, BufferKind::Input { .. } | BufferKind::Target | BufferKind::Output);
        let batch = rows.batch == batched(buffer) && !cols.batch;
        let follow = !rows.batch || rows.len.saturating_mul(matrix.stride) <= len;
        if one && batch && follow && !kind {
            Ok(())
        } else {
            self.wrong(format!("a matrix leaves `{}`", buffer.name))
        }
    }

    fn transpose(&self, from: BufferId, to: BufferId, dims: &[Dim], permutation: &[usize]) -> Check {
        let mut axes = permutation.to_vec();
        axes.sort_unstable();
        if !axes.iter().copied().eq(0..dims.len()) {
            return self.wrong("not a permutation of the axes");
        }
        let len: usize = dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
        for id in [from, to] {
            let buffer = self.buffer(id)?;
            if row_len(buffer) != len || batched(buffer) != dims.contains(&Dim::Batch) {
                return self.wrong(format!("`{}` has other extents", buffer.name));
            }
        }
        Ok(())
    }
}
