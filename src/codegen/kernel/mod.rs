//! One loop kernel to one function: `extern "C" fn(operands: *const u64, args: *const Args, first_shard: u64, last_shard: u64)`.
//!
//! The nest is shards, rows, inner axes, sections, columns, taps; shards are visited one by one only where something is kept a shard. Columns
//! are visited eight at a time, as two vectors, and what is left over is one more visit with unused lanes. Invariants:
//! - a buffer has one alias region, shared by all operands in the same memory, so in-place kernels stay in order;
//! - everything read from `operands`, `args`, orders, streams and tables is constant during the call, so those loads are pure and
//!   Cranelift may hoist them; loads and stores of buffers keep their order within a region.

mod access;
mod columns;
mod draws;
mod inst;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32X4, I64};
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, BlockArg, InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;

use crate::graph::{Dim, Reduction};
use crate::loops::{
    AXES, Access, Axes, Domain, Inst, Reg, SHARD_ELEMENTS, Section, Stmt, TAPS, Taps, before_first,
};
use crate::math::Arith;

use super::abi::offset;
use super::lanes::Lanes;
use super::shape::{OperandShape, Shape};
use super::{CodegenError, lanes};

/// A register's value: two vectors of neighbouring columns, equal ones for a row or uniform register.
#[derive(Clone, Copy)]
pub(super) enum Val {
    F32([Value; 2]),
    I32([Value; 2]),
    /// All ones or all zeros a lane.
    Mask([Value; 2]),
    /// Halves of a row key, in every lane.
    Key {
        low: Value,
        high: Value,
    },
}

/// The columns that element code is emitted for.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    pub col: Col,
    /// Lanes in use of each of the two vectors: `[4, 4]` but for the last columns.
    pub lanes: [usize; 2],
    /// The columns of the first vector, as i32 lanes.
    pub cols: Option<Value>,
    /// Words of the draws of eight neighbouring units, `col / 2 + 0..4`.
    pub words: Option<Value>,
}

#[derive(Clone, Copy)]
pub(super) enum Col {
    At(Value),
    Const(usize),
}

/// Where code stands.
#[derive(Clone, Copy)]
pub(super) enum At<'c> {
    /// Uniform and row code: one value.
    Row,
    Columns(&'c Chunk),
}

impl At<'_> {
    fn vectors(self) -> usize {
        match self {
            At::Row => 1,
            At::Columns(chunk) => 1 + usize::from(chunk.lanes[1] > 0),
        }
    }
}

/// The row being visited, and the place in it.
#[derive(Clone, Copy)]
struct RowAt {
    row: Value,
    /// By axis; none where an axis has one place.
    axes: [Option<Value>; AXES],
}

pub(super) struct Emitter<'k, 'f, 'b> {
    lanes: Lanes<'f, 'b>,
    shape: &'k Shape<'k>,
    operands: Value,
    args: Value,
    /// Addresses of buffers, by operand.
    bases: Vec<Option<Value>>,
    /// Alias regions, by operand.
    regions: Vec<Option<AliasRegion>>,
    regs: Vec<Option<Val>>,
    /// None in uniform code and in flat domains, whose row is number 0.
    row: Option<RowAt>,
    /// The tap of the fold being emitted; none outside, and where an axis has one tap.
    taps: [Option<Value>; TAPS],
    shard: Option<Value>,
    /// Addresses made so far for this place, without taps.
    pointers: Vec<(u32, Access, Value)>,
    /// Registers that hold the constant 0.
    zeros: Vec<Reg>,
    /// Columns of the current loop section.
    section_cols: usize,
    /// Registers of the current loop section that are loaded before it.
    hoisted: Vec<Reg>,
}

type Emit<T> = Result<T, CodegenError>;

/// Emits the body of the function for `shape` and leaves the builder complete but for `finalize`.
pub(super) fn emit(fb: &mut FunctionBuilder<'_>, shape: &Shape<'_>, fused: bool) -> Emit<()> {
    let entry = fb.create_block();
    fb.append_block_params_for_function_params(entry);
    fb.switch_to_block(entry);
    let params = fb.block_params(entry).to_vec();
    let [operands, args, first, last] = params[..] else {
        return Err(error(shape, "the signature of kernels has four parameters"));
    };
    let count = shape.operands.len();
    let mut e = Emitter {
        lanes: Lanes { fb, fused },
        shape,
        operands,
        args,
        bases: vec![None; count],
        regions: vec![None; count],
        regs: vec![None; shape.body.registers as usize],
        row: None,
        taps: [None; TAPS],
        shard: None,
        pointers: Vec::new(),
        zeros: zeros(shape),
        section_cols: 0,
        hoisted: Vec::new(),
    };
    e.open_operands();
    for (reg, inst) in &shape.body.uniform {
        let value = e.inst(At::Row, inst)?;
        e.set(*reg, value)?;
    }
    match shape.domain {
        Domain::Rows { rows, inner, grain } => e.rows(rows, inner, grain, first, last)?,
        Domain::Flat { len } => e.flat(len, first, last)?,
    }
    e.lanes.fb.ins().return_(&[]);
    e.lanes.fb.seal_all_blocks();
    Ok(())
}

/// A selection against the constant 0 (not -0) is one instruction less.
fn zeros(shape: &Shape<'_>) -> Vec<Reg> {
    let stmts = shape.body.stmts().into_iter().filter_map(|(.., stmt)| match stmt {
        Stmt::Let(reg, inst) => Some((*reg, inst)),
        _ => None,
    });
    let uniform = shape.body.uniform.iter().map(|(reg, inst)| (*reg, inst));
    let zero = |inst: &Inst| matches!(inst, Inst::Const(x) if x.to_bits() == 0);
    uniform.chain(stmts).filter(|(_, inst)| zero(inst)).map(|(reg, _)| reg).collect()
}

fn error(shape: &Shape<'_>, reason: impl Into<String>) -> CodegenError {
    CodegenError::Program { kernel: shape.name.to_string(), reason: reason.into() }
}

impl Emitter<'_, '_, '_> {
    fn error<T>(&self, reason: impl Into<String>) -> Emit<T> {
        Err(error(self.shape, reason))
    }

    fn open_operands(&mut self) {
        for i in 0..self.shape.operands.len() {
            if let OperandShape::Buffer { region, .. } = self.shape.operands[i] {
                let data =
                    AliasRegionData { user_id: region, description: format!("memory {region}").into() };
                self.regions[i] = Some(self.lanes.fb.func.dfg.alias_regions.insert(data));
                self.bases[i] = Some(self.operand_word(I64, i));
            }
        }
    }

    /// A word of this kernel's row of the operand table.
    fn operand_word(&mut self, ty: Type, index: usize) -> Value {
        self.pure_load(ty, self.operands, 8 * index as i32)
    }

    /// A load from memory that does not change during the call.
    fn pure_load(&mut self, ty: Type, address: Value, offset: i32) -> Value {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.lanes.fb.ins().load(ty, flags, address, offset)
    }

    fn arg(&mut self, offset: i32) -> Value {
        self.pure_load(I64, self.args, offset)
    }

    fn set(&mut self, reg: Reg, value: Val) -> Emit<()> {
        match self.regs.get_mut(reg.0 as usize) {
            Some(slot) => *slot = Some(value),
            None => return self.error(format!("register {} is beyond the body's count", reg.0)),
        }
        Ok(())
    }

    /// `for (i = from; i < to; i += 1) body(i)`, tested at the top: the range may be empty.
    fn count(&mut self, from: Value, to: Value, body: impl FnOnce(&mut Self, Value) -> Emit<()>) -> Emit<()> {
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

    fn rows(&mut self, rows: Dim, inner: Axes, grain: usize, first: Value, last: Value) -> Emit<()> {
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

    fn flat(&mut self, len: usize, first: Value, last: Value) -> Emit<()> {
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

    fn stmts(&mut self, at: At<'_>, stmts: &[Stmt], running: &mut [[Value; 2]]) -> Emit<()> {
        let mut accumulator = 0;
        for stmt in stmts {
            match stmt {
                Stmt::Let(reg, _) if matches!(at, At::Columns(_)) && self.hoisted.contains(reg) => {}
                Stmt::Let(reg, inst) => {
                    let value = self.inst(at, inst)?;
                    self.set(*reg, value)?;
                }
                Stmt::Store { operand, access, value } => {
                    let value = self.get(*value)?;
                    self.store(at, *operand, *access, value)?;
                }
                Stmt::Partial { operand, reduction, value } => {
                    let value = self.f32s(*value)?;
                    self.partial(at, *operand, *reduction, value)?;
                }
                Stmt::Accumulate { reduction, value, .. } => {
                    let value = self.f32s(*value)?;
                    let Some(pair) = running.get_mut(accumulator) else {
                        return self.error("an accumulator stands outside a loop over columns");
                    };
                    self.accumulate(at, *reduction, value, pair);
                    accumulator += 1;
                }
                Stmt::Fold { taps, stmts, into, reduction, value } => {
                    let folded = self.fold(at, *taps, stmts, *reduction, *value)?;
                    self.set(*into, Val::F32(folded))?;
                }
            }
        }
        Ok(())
    }

    /// `pair[v] = reduce(pair[v], value[v])` in the lanes in use.
    fn accumulate(&mut self, at: At<'_>, reduction: Reduction, value: [Value; 2], pair: &mut [Value; 2]) {
        let At::Columns(chunk) = at else { return };
        for v in 0..at.vectors() {
            let mut next = self.lanes.reduce(reduction, pair[v], value[v]);
            if chunk.lanes[v] < 4 {
                let used = std::array::from_fn(|lane| if lane < chunk.lanes[v] { u32::MAX } else { 0 });
                let used = self.lanes.lanes(used);
                next = self.lanes.select(used, next, pair[v]);
            }
            pair[v] = next;
        }
    }

    /// `stmts` for each tap, and `value` reduced in the order of the taps.
    fn fold(
        &mut self,
        at: At<'_>,
        taps: Taps,
        stmts: &[Stmt],
        reduction: Reduction,
        value: Reg,
    ) -> Emit<[Value; 2]> {
        self.pointers_of(stmts)?;
        let start = self.lanes.f32(before_first(reduction));
        let folded = self.fold_taps(at, &taps, stmts, reduction, value, [start; 2])?;
        self.taps = [None; TAPS];
        Ok(folded)
    }

    /// The same over the last `extents.len()` axes of taps, going on from `running`.
    fn fold_taps(
        &mut self,
        at: At<'_>,
        extents: &[usize],
        stmts: &[Stmt],
        reduction: Reduction,
        value: Reg,
        running: [Value; 2],
    ) -> Emit<[Value; 2]> {
        let Some((n, rest)) = extents.split_first() else {
            self.stmts(at, stmts, &mut [])?;
            let value = self.f32s(value)?;
            return Ok(self.each_vector(at, |e, v| e.lanes.reduce(reduction, running[v], value[v])));
        };
        if *n == 1 {
            return self.fold_taps(at, rest, stmts, reduction, value, running);
        }
        let (body, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let zero = self.lanes.i64(0);
        self.lanes.fb.ins().jump(body, &[zero, running[0], running[1]].map(BlockArg::from));
        let tap = self.lanes.fb.append_block_param(body, I64);
        let running = [(); 2].map(|()| self.lanes.fb.append_block_param(body, F32X4));
        self.lanes.fb.switch_to_block(body);
        self.taps[TAPS - extents.len()] = Some(tap);
        let folded = self.fold_taps(at, rest, stmts, reduction, value, running)?;
        let next = self.lanes.fb.ins().iadd_imm_s(tap, 1);
        let more = self.lanes.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, next, *n as i64);
        self.lanes.fb.ins().brif(more, body, &[next, folded[0], folded[1]].map(BlockArg::from), after, &[]);
        self.lanes.fb.switch_to_block(after);
        Ok(folded)
    }

    /// A value for each vector in use; an unused second one repeats the first.
    fn each_vector(&mut self, at: At<'_>, mut f: impl FnMut(&mut Self, usize) -> Value) -> [Value; 2] {
        let first = f(self, 0);
        [first, if at.vectors() == 2 { f(self, 1) } else { first }]
    }

    fn get(&self, reg: Reg) -> Emit<Val> {
        match self.regs.get(reg.0 as usize).copied().flatten() {
            Some(value) => Ok(value),
            None => self.error(format!("register {} is used before it is assigned", reg.0)),
        }
    }

    fn f32s(&self, reg: Reg) -> Emit<[Value; 2]> {
        match self.get(reg)? {
            Val::F32(v) => Ok(v),
            _ => self.error(format!("register {} is not f32", reg.0)),
        }
    }

    fn i32s(&self, reg: Reg) -> Emit<[Value; 2]> {
        match self.get(reg)? {
            Val::I32(v) => Ok(v),
            _ => self.error(format!("register {} is not i32", reg.0)),
        }
    }
}
