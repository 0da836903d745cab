//! Curves (`exp`, `tanh`, ...) of wide rows, in wider vectors than generated code has.
//!
//! Generated code has four lanes, which Cranelift ends at; a processor may have sixteen. So a loop over many columns is cut into strips: in each, the
//! arguments of the curves go to a stack slot, a function of the host makes their values of them (`kernels/curve`), and then the loop proper runs over the
//! strip and reads them there. What an argument is made of is computed in both loops: it is loads and little arithmetic.
//!
//! Order and lanes of everything else stay as they are, and the host's curves have the bits of generated ones, so cutting changes no bit.

use std::ops::Range;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32X4, I64};
use cranelift_codegen::ir::{
    AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, StackSlot, StackSlotData, StackSlotKind, Value,
};

use super::columns::{CHUNK, Carried};
use super::{Chunk, Col, Emit, Emitter, Val};
use crate::codegen::abi::offset;
use crate::kernels::curve::{self, Curve};
use crate::loops::{Inst, Reg, Stmt, Unary};

/// Columns of a strip of a wide row.
const STRIP: usize = 128;
/// So many columns and fewer are one strip.
const ONE_STRIP: usize = 256;
/// Fewer columns are computed in place.
const LEAST: usize = 64;

/// Curves of a loop that have slots; further ones are computed in place.
const MOST_SLOTS: usize = 8;

/// A curve that the host computes.
#[derive(Clone, Copy)]
struct Slot {
    /// What its values are called.
    reg: Reg,
    argument: Reg,
    curve: Curve,
    /// 0 of an argument without such a curve in it, otherwise one more than the highest of those.
    level: usize,
    memory: StackSlot,
}

/// The strip whose code is being emitted.
pub(super) struct Strip {
    slots: Vec<Slot>,
    /// Its first column.
    base: Value,
    /// Curves of lower levels have their values, arguments of this one are stored.
    level: usize,
}

/// How many columns the first strips of so many columns have, whole visits; none where cutting does not pay.
fn width(cols: usize) -> Option<usize> {
    match cols {
        0..LEAST => None,
        LEAST..=ONE_STRIP => Some(cols - cols % CHUNK),
        _ => Some(STRIP),
    }
}

fn curve_of(op: Unary) -> Option<Curve> {
    match op {
        Unary::Exp => Some(Curve::Exp),
        Unary::Log => Some(Curve::Log),
        Unary::Tanh => Some(Curve::Tanh),
        Unary::Sigmoid => Some(Curve::Sigmoid),
        Unary::Softplus => Some(Curve::Softplus),
        Unary::Erf => Some(Curve::Erf),
        Unary::Neg | Unary::Abs | Unary::Sqrt => None,
    }
}

impl Emitter<'_, '_, '_> {
    /// The strips of a loop over `cols` columns, from the first on; returns the first column that is left.
    pub(super) fn strips(&mut self, cols: usize, stmts: &[Stmt], carried: &mut Carried) -> Emit<usize> {
        let mut from = 0;
        while let Some(width) = width(cols - from) {
            let slots = self.slots(width, stmts);
            if slots.is_empty() {
                break;
            }
            let to = cols - (cols - from) % width;
            self.strips_of(width, from..to, (slots, stmts), carried)?;
            from = to;
        }
        Ok(from)
    }

    /// The strips of some columns.
    fn strips_of(
        &mut self,
        width: usize,
        cols: Range<usize>,
        (slots, stmts): (Vec<Slot>, &[Stmt]),
        carried: &mut Carried,
    ) -> Emit<()> {
        let levels = slots.iter().map(|slot| slot.level + 1).max().unwrap_or(0);
        let parts: Vec<Vec<Stmt>> = (0..levels).map(|level| arguments_of(&slots, level, stmts)).collect();
        let (body, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let start = self.lanes.i64(cols.start as i64);
        let base = self.enter(body, start, carried);
        self.strip = Some(Strip { slots, base, level: 0 });
        let end = self.lanes.fb.ins().iadd_imm_s(base, width as i64);
        for (level, part) in parts.iter().enumerate() {
            self.set_level(level);
            let mut counted = carried.counters();
            self.column_loop(part, (base, end), &mut counted)?;
            self.call_curves(level, width);
        }
        self.set_level(levels);
        self.column_loop(stmts, (base, end), carried)?;
        self.strip = None;
        let whole = self.lanes.i64(cols.end as i64);
        let more = self.lanes.fb.ins().icmp(IntCC::UnsignedLessThan, end, whole);
        let mut args = vec![BlockArg::from(end)];
        args.extend(carried.args());
        self.lanes.fb.ins().brif(more, body, &args, after, &[]);
        self.lanes.fb.switch_to_block(after);
        Ok(())
    }

    /// The curves of a loop that get slots. An argument may be computed twice if neither draws nor folds are in it, and if nothing that it reads is
    /// written by the loop but at its own place.
    fn slots(&mut self, width: usize, stmts: &[Stmt]) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        // Where the processor has no such vectors, or multiplies and adds otherwise, curves stay where they are.
        if self.lanes.fused != curve::fuses() || !curve::fuses() || !assigned_once(stmts) {
            return slots;
        }
        for stmt in stmts {
            let Stmt::Let(reg, Inst::Unary(op, argument)) = stmt else { continue };
            let Some(curve) = curve_of(*op).filter(|_| slots.len() < MOST_SLOTS) else { continue };
            let Some(needed) = needed(*argument, stmts, &slots) else { continue };
            if !needed.iter().all(|stmt| self.may_repeat(stmt, stmts)) {
                continue;
            }
            let level = needed.iter().filter_map(|stmt| slot_of(stmt, &slots)).map(|slot| slot.level + 1);
            let level = level.max().unwrap_or(0);
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 4 * width as u32, 6);
            let memory = self.lanes.fb.create_sized_stack_slot(data);
            slots.push(Slot { reg: *reg, argument: *argument, curve, level, memory });
        }
        slots
    }

    fn may_repeat(&self, stmt: &Stmt, all: &[Stmt]) -> bool {
        let Stmt::Let(_, inst) = stmt else { return false };
        match inst {
            Inst::KeepMask { .. } | Inst::KeepMaskAt { .. } | Inst::Noise { .. } => false,
            Inst::Load { operand, access, .. } => all.iter().all(|stmt| match stmt {
                Stmt::Store { operand: o, access: a, .. } => {
                    self.region_of(*o) != self.region_of(*operand) || a == access
                }
                Stmt::Partial { operand: o, .. } => self.region_of(*o) != self.region_of(*operand),
                _ => true,
            }),
            _ => true,
        }
    }

    fn set_level(&mut self, level: usize) {
        if let Some(strip) = &mut self.strip {
            strip.level = level;
        }
    }

    /// The values of all curves of a level, in place of their arguments.
    fn call_curves(&mut self, level: usize, width: usize) {
        let slots = self.strip.iter().flat_map(|strip| strip.slots.iter().copied());
        let slots: Vec<Slot> = slots.filter(|slot| slot.level == level).collect();
        let mut signature = Signature::new(self.call_conv);
        signature.params.extend([AbiParam::new(I64); 3]);
        let signature = self.lanes.fb.import_signature(signature);
        for slot in slots {
            let function = self.arg(offset!(curve));
            let numbers = self.lanes.fb.ins().stack_addr(I64, slot.memory, 0);
            let (number, len) = (self.lanes.i64(slot.curve as i64), self.lanes.i64(width as i64));
            self.lanes.fb.ins().call_indirect(signature, function, &[number, len, numbers]);
        }
    }

    /// What a `Let` is inside of a strip, if it is a curve with a slot: its values, or nothing yet, and its argument goes to the slot.
    pub(super) fn in_strip(&mut self, reg: Reg, chunk: &Chunk) -> Emit<Option<Val>> {
        let Some(strip) = &self.strip else { return Ok(None) };
        let Some(slot) = strip.slots.iter().find(|slot| slot.reg == reg).copied() else { return Ok(None) };
        let (base, is_known) = (strip.base, slot.level < strip.level);
        let Col::At(col) = chunk.col else { return self.error("a strip has whole visits") };
        let col = self.lanes.fb.ins().isub(col, base);
        let byte = self.lanes.fb.ins().imul_imm_s(col, 4);
        let address = self.lanes.fb.ins().stack_addr(I64, slot.memory, 0);
        let address = self.lanes.fb.ins().iadd(address, byte);
        let flags = MemFlagsData::trusted();
        if is_known {
            let load = |e: &mut Self, v: i32| e.lanes.fb.ins().load(F32X4, flags, address, 16 * v);
            return Ok(Some(Val::F32([load(self, 0), load(self, 1)])));
        }
        let arguments = self.f32s(slot.argument)?;
        for (v, x) in arguments.into_iter().enumerate() {
            self.lanes.fb.ins().store(flags, x, address, 16 * v as i32);
        }
        Ok(Some(Val::F32(arguments)))
    }
}

fn assigned(stmt: &Stmt) -> Option<Reg> {
    match stmt {
        Stmt::Let(reg, _) | Stmt::Accumulate { into: reg, .. } | Stmt::Fold { into: reg, .. } => Some(*reg),
        Stmt::Store { .. } | Stmt::Partial { .. } => None,
    }
}

fn assigned_once(stmts: &[Stmt]) -> bool {
    let regs: Vec<Reg> = stmts.iter().filter_map(assigned).collect();
    regs.iter().enumerate().all(|(i, reg)| !regs[..i].contains(reg))
}

fn slot_of<'s>(stmt: &Stmt, slots: &'s [Slot]) -> Option<&'s Slot> {
    let Stmt::Let(reg, _) = stmt else { return None };
    slots.iter().find(|slot| slot.reg == *reg)
}

/// The statements of a loop that make a register, in order, back to what lies in slots; none where a fold or a running value is among them.
fn needed<'s>(reg: Reg, stmts: &'s [Stmt], slots: &[Slot]) -> Option<Vec<&'s Stmt>> {
    let (mut wanted, mut found) = (vec![reg], Vec::new());
    for stmt in stmts.iter().rev() {
        let Some(reg) = assigned(stmt).filter(|reg| wanted.contains(reg)) else { continue };
        let Stmt::Let(_, inst) = stmt else { return None };
        if !slots.iter().any(|slot| slot.reg == reg) {
            wanted.extend(inst.arguments());
        }
        found.push(stmt);
    }
    found.reverse();
    Some(found)
}

/// What the loop runs that stores the arguments of a level.
fn arguments_of(slots: &[Slot], level: usize, stmts: &[Stmt]) -> Vec<Stmt> {
    let own: Vec<&Slot> = slots.iter().filter(|slot| slot.level == level).collect();
    let lower: Vec<Slot> = slots.iter().filter(|slot| slot.level < level).copied().collect();
    let parts: Vec<Vec<&Stmt>> =
        own.iter().map(|slot| needed(slot.argument, stmts, &lower).unwrap_or_default()).collect();
    let is_one = |stmt: &&Stmt| {
        own.iter().any(|slot| assigned(stmt) == Some(slot.reg))
            || parts.iter().flatten().any(|part| std::ptr::eq(*part, *stmt))
    };
    stmts.iter().filter(is_one).cloned().collect()
}
