//! Kernels over rows on one block after another, each as if the minibatch had no other rows.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};

use super::{List, Runner};
use crate::codegen::abi::offset;
use crate::loops::Parts;

/// A step's rows: how many, the position of the first, and how many a whole block has; how many this process has, and which block begins them.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub all: Value,
    pub position: Value,
    pub block: Value,
    own: Value,
    first_block: Option<Value>,
}

impl Runner<'_, '_, '_> {
    pub(super) fn rows_of_step(&mut self, all: Value, position: Value) -> Rows {
        let block = match self.plan.blocks.count() as i64 {
            1 => all,
            count => {
                let up = self.fb.ins().iadd_imm_s(all, count - 1);
                self.fb.ins().udiv_imm_u(up, count)
            }
        };
        let first_block = (self.plan.blocks.ranks() > 1).then(|| self.constant(offset!(first_block)));
        let own = first_block.map_or(all, |first| self.own_rows(all, block, first));
        Rows { all, position, block, own, first_block }
    }

    /// The rows of this process's blocks: all that a run of them has, or what is left, or none.
    fn own_rows(&mut self, all: Value, block: Value, first_block: Value) -> Value {
        let before = self.fb.ins().imul(first_block, block);
        let before = self.fb.ins().umin(before, all);
        let left = self.fb.ins().isub(all, before);
        let most = self.fb.ins().imul_imm_s(block, self.plan.blocks.own() as i64);
        self.fb.ins().umin(left, most)
    }

    /// The parts of all of this process's blocks that have rows: of whole blocks, and of a last one that is not.
    pub(super) fn count_in_blocks(&mut self, parts: Parts, rows: Rows) -> Value {
        let whole = self.fb.ins().udiv(rows.own, rows.block);
        let within = self.fb.ins().imul(whole, rows.block);
        let left = self.fb.ins().isub(rows.own, within);
        let each = self.count(parts, rows.block);
        let all = self.fb.ins().imul(whole, each);
        let of_rest = self.count(parts, left);
        let with_rest = self.fb.ins().iadd(all, of_rest);
        self.fb.ins().select(left, with_rest, all)
    }

    /// Parts `from..to` of a list, once for all, or those of each block by itself: `inside` is given the block and its parts.
    pub(super) fn in_blocks(
        &mut self,
        list: List,
        rows: Rows,
        (from, to): (Value, Value),
        mut inside: impl FnMut(&mut Self, Option<Value>, (Value, Value)),
    ) {
        if !list.by_block {
            return inside(self, None, (from, to));
        }
        let each = self.count(list.parts, rows.block);
        let (head, body, after) = (self.fb.create_block(), self.fb.create_block(), self.fb.create_block());
        let at = self.fb.append_block_param(head, I64);
        self.fb.ins().jump(head, &[BlockArg::from(from)]);
        self.fb.switch_to_block(head);
        let more = self.fb.ins().icmp(IntCC::UnsignedLessThan, at, to);
        self.fb.ins().brif(more, body, &[], after, &[]);
        self.fb.switch_to_block(body);
        let block = self.fb.ins().udiv(at, each);
        self.enter(block, rows);
        let start = self.fb.ins().imul(block, each);
        let end = self.fb.ins().iadd(start, each);
        let end = self.fb.ins().umin(end, to);
        let own = (self.fb.ins().isub(at, start), self.fb.ins().isub(end, start));
        inside(self, Some(block), own);
        self.fb.ins().jump(head, &[BlockArg::from(end)]);
        self.fb.switch_to_block(after);
        self.set(offset!(rows), rows.all);
        self.set(offset!(position), rows.position);
    }

    /// Makes the rows of a block those that kernels see; blocks are counted from the first of this process.
    fn enter(&mut self, block: Value, rows: Rows) {
        let block = rows.first_block.map_or(block, |first| self.fb.ins().iadd(block, first));
        let first = self.fb.ins().imul(block, rows.block);
        let left = self.fb.ins().isub(rows.all, first);
        let own = self.fb.ins().umin(left, rows.block);
        let position = self.fb.ins().iadd(rows.position, first);
        self.set(offset!(rows), own);
        self.set(offset!(position), position);
    }
}
