//! The nest of a kernel: shards, rows and the places in them, or the elements of a flat domain, with the sections inside.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};

use crate::graph::{Dim, Reduction};
use crate::loops::{AXES, Axes, SHARD_ELEMENTS, Section, Stmt};
use crate::math::Arith;

use super::{At, Emit, Emitter, Val};
use crate::codegen::abi::offset;
use crate::codegen::lanes;

/// The row being visited, and the place in it.
#[derive(Clone, Copy)]
pub(super) struct RowAt {
    pub row: Value,
    /// By axis; none where an axis has one place.
    pub axes: [Option<Value>; AXES],
}

impl Emitter<'_, '_, '_> {
    /// `for (i = from; i < to; i += 1) body(i)`, tested at the top: the range may be empty.
    pub(super) fn count(
        &mut self,
        from: Value,
        to: Value,
        body: impl FnOnce(&mut Self, Value) -> Emit<()>,
    ) -> Emit<()> {
        let (head, inside, after) =
            (self.lanes.fb.create_block(), self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let i = self.lanes.fb.append_block_param(head, I64);
        self.lanes.fb.ins().jump(head, &[BlockArg::from(from)]);
        self.lanes.fb.switch_to_block(head);
        let more = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, i, to);
        self.lanes.fb.ins().brif(more, inside, &[], after, &[]);
        self.lanes.fb.switch_to_block(inside);
        body(self, i)?;
        let next = self.lanes.fb.ins().iadd_imm_s(i, 1);
        self.lanes.fb.ins().jump(head, &[BlockArg::from(next)]);
        self.lanes.fb.switch_to_block(after);
        Ok(())
    }

    pub(super) fn rows(
        &mut self,
        rows: Dim,
        inner: Axes,
        grain: usize,
        first: Value,
        last: Value,
    ) -> Emit<()> {
        let total = match rows {
            Dim::Batch => self.arg(offset!(rows)),
            Dim::Const(n) => self.lanes.i64(n as i64),
        };
        let grain = grain as i64;
        let partials = self.partials()?;
        if partials.is_empty() {
            let from = self.lanes.fb.ins().imul_imm_s(first, grain);
            let to = self.lanes.fb.ins().imul_imm_s(last, grain);
            let to = self.lanes.fb.ins().umin(to, total);
            return self.row_range(from, to, inner);
        }
        self.count(first, last, |e, shard| {
            e.shard = Some(shard);
            for &(operand, reduction, cols) in &partials {
                e.clear_partial(operand, reduction, cols)?;
            }
            let from = e.lanes.fb.ins().imul_imm_s(shard, grain);
            let to = e.lanes.fb.ins().iadd_imm_s(from, grain);
            let to = e.lanes.fb.ins().umin(to, total);
            e.row_range(from, to, inner)
        })
    }

    fn row_range(&mut self, from: Value, to: Value, inner: Axes) -> Emit<()> {
        self.count(from, to, |e, row| e.places(&inner, RowAt { row, axes: [None; AXES] }))
    }

    /// The sections at each place of the axes that `at` does not know yet, which are the last `extents.len()`.
    fn places(&mut self, extents: &[usize], at: RowAt) -> Emit<()> {
        let Some((n, rest)) = extents.split_first() else {
            self.row = Some(at);
            self.pointers.clear();
            return self.sections(None);
        };
        if *n == 1 {
            return self.places(rest, at);
        }
        let (zero, end) = (self.lanes.i64(0), self.lanes.i64(*n as i64));
        self.count(zero, end, |e, place| {
            let mut at = at;
            at.axes[AXES - extents.len()] = Some(place);
            e.places(rest, at)
        })
    }

    pub(super) fn flat(&mut self, len: usize, first: Value, last: Value) -> Emit<()> {
        let end = self.lanes.i64(len as i64);
        let grain = SHARD_ELEMENTS as i64;
        if !self.keeps_something_a_shard() {
            let from = self.lanes.fb.ins().imul_imm_s(first, grain);
            let to = self.lanes.fb.ins().imul_imm_s(last, grain);
            let to = self.lanes.fb.ins().umin(to, end);
            return self.sections(Some((from, to, len)));
        }
        let partials = self.partials()?;
        self.count(first, last, |e, shard| {
            e.shard = Some(shard);
            e.pointers.clear();
            for &(operand, reduction, cols) in &partials {
                e.clear_partial(operand, reduction, cols)?;
            }
            let from = e.lanes.fb.ins().imul_imm_s(shard, grain);
            let to = e.lanes.fb.ins().iadd_imm_s(from, grain);
            let to = e.lanes.fb.ins().umin(to, end);
            e.sections(Some((from, to, len)))
        })
    }

    /// The sections in order; with `range`, loops run over those elements of a flat domain.
    fn sections(&mut self, range: Option<(Value, Value, usize)>) -> Emit<()> {
        for section in &self.shape.body.sections {
            match section {
                Section::Row(stmts) => self.stmts(At::Row, stmts, &mut [])?,
                Section::Columns { cols, stmts } => match range {
                    None => self.columns(*cols, stmts)?,
                    Some((from, to, len)) => self.elements(from, to, len, stmts)?,
                },
            }
        }
        Ok(())
    }

    fn keeps_something_a_shard(&self) -> bool {
        self.shape.body.sections.iter().any(|s| match s {
            Section::Row(_) => true,
            Section::Columns { stmts, .. } => stmts.iter().any(|s| matches!(s, Stmt::Accumulate { .. })),
        })
    }

    /// Operands that hold partials, with the columns of their rows; each once.
    fn partials(&self) -> Emit<Vec<(u32, Reduction, usize)>> {
        let mut found: Vec<(u32, Reduction, usize)> = Vec::new();
        for section in &self.shape.body.sections {
            let width = section.cols();
            for stmt in section.stmts() {
                let Stmt::Partial { operand, reduction, .. } = stmt else { continue };
                if width > 1 && self.shape.domain.is_flat() {
                    return self.error("a flat domain has partials in row code only");
                }
                match found.iter().find(|(o, ..)| o == operand) {
                    None => found.push((*operand, *reduction, width)),
                    Some(&(_, r, w)) if (r, w) == (*reduction, width) => {}
                    Some(_) => return self.error("one buffer holds two kinds of partials"),
                }
            }
        }
        Ok(found)
    }

    fn clear_partial(&mut self, operand: u32, reduction: Reduction, cols: usize) -> Emit<()> {
        let pointer = self.partial_pointer(operand, cols)?;
        let value = Val::F32([self.lanes.f32(lanes::identity(reduction)); 2]);
        self.each_chunk(cols, |e, chunk| e.store_at(operand, pointer, At::Columns(chunk), value))
    }
}
