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
mod fold;
mod inst;
mod nest;
mod strips;

use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, InstBuilder, MemFlagsData, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;

use crate::graph::Reduction;
use crate::loops::{Access, Domain, Inst, Reg, Stmt, TAPS};
use crate::math::Arith;

use super::CodegenError;
use super::lanes::Lanes;
use super::shape::{OperandShape, Shape};
use nest::RowAt;

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
        /// The first unit of this step of time, where units move with it.
        first: Option<Value>,
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
    strip: Option<strips::Strip>,
    call_conv: CallConv,
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
    let fb_call_conv = fb.func.signature.call_conv;
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
        strip: None,
        call_conv: fb_call_conv,
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

    fn stmts(&mut self, at: At<'_>, stmts: &[Stmt], running: &mut [[Value; 2]]) -> Emit<()> {
        let mut accumulator = 0;
        for stmt in stmts {
            match stmt {
                Stmt::Let(reg, _) if matches!(at, At::Columns(_)) && self.hoisted.contains(reg) => {}
                Stmt::Let(reg, inst) => {
                    let known = match at {
                        At::Columns(chunk) => self.in_strip(*reg, chunk)?,
                        At::Row => None,
                    };
                    let value = match known {
                        Some(value) => value,
                        None => self.inst(at, inst)?,
                    };
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
