//! Loops over columns and over the elements of a flat domain, eight at a time.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32X4, I32X4, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value};

use crate::graph::Reduction;
use crate::loops::{Inst, Reg, Stmt};
use crate::math::Arith;

use super::{At, Chunk, Col, Emit, Emitter, Val};

/// Columns of one visit.
pub(super) const CHUNK: usize = 8;

/// What a loop carries from visit to visit besides its counter.
pub(super) struct Carried {
    accumulators: Vec<(Reg, Reduction)>,
    running: Vec<[Value; 2]>,
    /// The columns as numbers, if any statement asks for them.
    cols: Option<Value>,
    /// Draw words, likewise.
    words: Option<Value>,
}

impl Carried {
    fn values(&self) -> Vec<Value> {
        self.running.iter().flatten().copied().chain(self.cols).chain(self.words).collect()
    }

    pub(super) fn args(&self) -> Vec<BlockArg> {
        self.values().into_iter().map(BlockArg::from).collect()
    }

    /// The counters alone.
    pub(super) fn counters(&self) -> Self {
        Self { accumulators: Vec::new(), running: Vec::new(), cols: self.cols, words: self.words }
    }

    /// The same with other values, in the order of `values`.
    fn with(&self, values: &[Value]) -> Self {
        let (running, rest) = values.split_at(2 * self.running.len());
        let mut rest = rest.iter().copied();
        Self {
            accumulators: self.accumulators.clone(),
            running: running.chunks_exact(2).map(|p| [p[0], p[1]]).collect(),
            cols: self.cols.and_then(|_| rest.next()),
            words: self.words.and_then(|_| rest.next()),
        }
    }
}

impl Emitter<'_, '_, '_> {
    /// A loop section over the `cols` columns of the current row.
    pub(super) fn columns(&mut self, cols: usize, stmts: &[Stmt]) -> Emit<()> {
        self.section_cols = cols;
        self.before_loop(stmts)?;
        let mut carried = self.start(stmts, None);
        let from = self.strips(cols, stmts, &mut carried)?;
        let (visits, rest) = ((cols - from) / CHUNK, cols % CHUNK);
        match visits {
            0 => {}
            1 => self.const_visit(stmts, from, CHUNK, &mut carried)?,
            _ => {
                let end = self.lanes.i64((cols - rest) as i64);
                let start = self.lanes.i64(from as i64);
                self.column_loop(stmts, (start, end), &mut carried)?;
            }
        }
        if rest > 0 {
            self.const_visit(stmts, cols - rest, rest, &mut carried)?;
        }
        self.finish(carried)
    }

    /// The loop itself, tested at the bottom: from the first to the second is at least one visit.
    pub(super) fn column_loop(
        &mut self,
        stmts: &[Stmt],
        (start, end): (Value, Value),
        carried: &mut Carried,
    ) -> Emit<()> {
        let (body, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let col = self.enter(body, start, carried);
        let next = self.visit(stmts, col, carried)?;
        let more = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, next, end);
        let mut args = vec![BlockArg::from(next)];
        args.extend(carried.args());
        self.lanes.fb.ins().brif(more, body, &args, after, &[]);
        self.lanes.fb.switch_to_block(after);
        Ok(())
    }

    /// A loop section over elements `from..to` of a flat domain of `len`; `from` is a multiple of the visit.
    pub(super) fn elements(&mut self, from: Value, to: Value, len: usize, stmts: &[Stmt]) -> Emit<()> {
        self.section_cols = len;
        self.before_loop(stmts)?;
        let mut carried = self.start(stmts, Some(from));
        let mask = self.lanes.i64(-(CHUNK as i64));
        let whole = self.lanes.fb.ins().band(to, mask);
        let (head, body, after) =
            (self.lanes.fb.create_block(), self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let col = self.enter(head, from, &mut carried);
        let outside = carried.values();
        let more = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, col, whole);
        self.lanes.fb.ins().brif(more, body, &[], after, &[]);
        self.lanes.fb.switch_to_block(body);
        let next = self.visit(stmts, col, &mut carried)?;
        let mut args = vec![BlockArg::from(next)];
        args.extend(carried.args());
        self.lanes.fb.ins().jump(head, &args);
        self.lanes.fb.switch_to_block(after);
        let mut carried = carried.with(&outside);
        if !len.is_multiple_of(CHUNK) {
            self.last_elements(from, to, len, stmts, &mut carried)?;
        }
        self.finish(carried)
    }

    /// What is left of the domain, if this range reaches its end and is not empty.
    fn last_elements(
        &mut self,
        from: Value,
        to: Value,
        len: usize,
        stmts: &[Stmt],
        carried: &mut Carried,
    ) -> Emit<()> {
        let (inside, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let end = self.lanes.i64(len as i64);
        let reaches = self.lanes.fb.ins().icmp(IntCC::Equal, to, end);
        let some = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, from, to);
        let both = self.lanes.fb.ins().band(reaches, some);
        let merged: Vec<Value> = carried
            .values()
            .into_iter()
            .map(|v| {
                let ty = self.lanes.fb.func.dfg.value_type(v);
                self.lanes.fb.append_block_param(after, ty)
            })
            .collect();
        self.lanes.fb.ins().brif(both, inside, &[], after, &carried.args());
        self.lanes.fb.switch_to_block(inside);
        self.const_visit(stmts, len - len % CHUNK, len % CHUNK, carried)?;
        let args = carried.args();
        self.lanes.fb.ins().jump(after, &args);
        self.lanes.fb.switch_to_block(after);
        *carried = carried.with(&merged);
        Ok(())
    }

    /// Jumps to a loop's first block and replaces what is carried by its parameters; returns the counter.
    pub(super) fn enter(&mut self, block: Block, start: Value, carried: &mut Carried) -> Value {
        let mut args = vec![BlockArg::from(start)];
        args.extend(carried.args());
        self.lanes.fb.ins().jump(block, &args);
        let col = self.lanes.fb.append_block_param(block, I64);
        let params: Vec<Value> = carried
            .values()
            .into_iter()
            .map(|v| {
                let ty = self.lanes.fb.func.dfg.value_type(v);
                debug_assert!(ty == F32X4 || ty == I32X4);
                self.lanes.fb.append_block_param(block, ty)
            })
            .collect();
        *carried = carried.with(&params);
        self.lanes.fb.switch_to_block(block);
        col
    }

    /// Eight columns from `col`; returns the next column and leaves in `carried` what the next visit gets.
    fn visit(&mut self, stmts: &[Stmt], col: Value, carried: &mut Carried) -> Emit<Value> {
        let chunk = Chunk { col: Col::At(col), lanes: [4, 4], cols: carried.cols, words: carried.words };
        self.stmts(At::Columns(&chunk), stmts, &mut carried.running)?;
        for (counter, step) in [(&mut carried.cols, CHUNK), (&mut carried.words, CHUNK / 2)] {
            if let Some(value) = counter {
                let step = self.lanes.i32(step as i32);
                *counter = Some(self.lanes.fb.ins().iadd(*value, step));
            }
        }
        Ok(self.lanes.fb.ins().iadd_imm_s(col, CHUNK as i64))
    }

    /// `count` columns, at most eight, from a constant one that is a multiple of eight.
    fn const_visit(&mut self, stmts: &[Stmt], col: usize, count: usize, carried: &mut Carried) -> Emit<()> {
        let chunk = self.const_chunk(col, count);
        self.stmts(At::Columns(&chunk), stmts, &mut carried.running)
    }

    fn const_chunk(&mut self, col: usize, count: usize) -> Chunk {
        Chunk {
            col: Col::Const(col),
            lanes: [count.min(4), count.saturating_sub(4)],
            cols: Some(self.lanes.lanes(std::array::from_fn(|l| (col + l) as u32))),
            words: Some(self.lanes.lanes(std::array::from_fn(|l| (col / 2 + l) as u32))),
        }
    }

    /// Runs `f` over columns `0..cols`, without anything carried.
    pub(super) fn each_chunk(&mut self, cols: usize, f: impl Fn(&mut Self, &Chunk) -> Emit<()>) -> Emit<()> {
        let whole = cols - cols % CHUNK;
        if whole > 0 {
            let (body, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
            let start = self.lanes.i64(0);
            self.lanes.fb.ins().jump(body, &[BlockArg::from(start)]);
            let col = self.lanes.fb.append_block_param(body, I64);
            self.lanes.fb.switch_to_block(body);
            f(self, &Chunk { col: Col::At(col), lanes: [4, 4], cols: None, words: None })?;
            let next = self.lanes.fb.ins().iadd_imm_s(col, CHUNK as i64);
            let end = self.lanes.i64(whole as i64);
            let more = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, next, end);
            self.lanes.fb.ins().brif(more, body, &[BlockArg::from(next)], after, &[]);
            self.lanes.fb.switch_to_block(after);
        }
        if cols > whole {
            let chunk = self.const_chunk(whole, cols - whole);
            f(self, &chunk)?;
        }
        Ok(())
    }

    /// Makes addresses, and loads what is the same in all columns, before the loop is entered.
    fn before_loop(&mut self, stmts: &[Stmt]) -> Emit<()> {
        self.hoisted.clear();
        for stmt in stmts {
            match stmt {
                Stmt::Let(reg, Inst::Load { operand, access, dtype }) => {
                    if access.is_row_constant() && !self.stores_to(stmts, *operand) {
                        let value = self.load(At::Row, *operand, *access, *dtype)?;
                        self.set(*reg, value)?;
                        self.hoisted.push(*reg);
                    } else {
                        self.pointer(*operand, *access)?;
                    }
                }
                Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Partial { .. } => {}
                Stmt::Store { .. } | Stmt::Fold { .. } => self.pointers_of(std::slice::from_ref(stmt))?,
            }
        }
        Ok(())
    }

    fn stores_to(&self, stmts: &[Stmt], operand: u32) -> bool {
        stmts.iter().any(|s| match s {
            Stmt::Store { operand: o, .. } | Stmt::Partial { operand: o, .. } => {
                self.region_of(*o) == self.region_of(operand)
            }
            _ => false,
        })
    }

    /// The state before the first visit, at column `from` or 0.
    fn start(&mut self, stmts: &[Stmt], from: Option<Value>) -> Carried {
        let mut accumulators = Vec::new();
        let mut running = Vec::new();
        let (mut needs_cols, mut needs_words) = (false, false);
        for stmt in stmts {
            if let Stmt::Accumulate { into, reduction, .. } = stmt {
                accumulators.push((*into, *reduction));
                running.push([self.lanes.identity(*reduction); 2]);
            }
            let inside = if let Stmt::Fold { stmts, .. } = stmt { stmts } else { std::slice::from_ref(stmt) };
            for stmt in inside {
                if let Stmt::Let(_, inst) = stmt {
                    needs_cols |= self.reads_columns(inst);
                    needs_words |= self.draws_by_eight(inst);
                }
            }
        }
        let cols = needs_cols.then(|| self.counter(from, 0));
        let words = needs_words.then(|| self.counter(from, 1));
        Carried { accumulators, running, cols, words }
    }

    /// `(from >> shift) + 0..4`
    fn counter(&mut self, from: Option<Value>, shift: i64) -> Value {
        let lanes = self.lanes.lanes([0, 1, 2, 3]);
        let Some(from) = from else { return lanes };
        let first = self.lanes.fb.ins().ushr_imm_u(from, shift);
        let first = self.lanes.splat_low(first);
        self.lanes.fb.ins().iadd(first, lanes)
    }

    /// Reduces the running values and assigns the accumulators' registers.
    fn finish(&mut self, carried: Carried) -> Emit<()> {
        for ((reg, reduction), pair) in carried.accumulators.iter().zip(&carried.running) {
            let value = self.lanes.horizontal(*reduction, *pair);
            self.set(*reg, Val::F32([value; 2]))?;
        }
        Ok(())
    }
}
