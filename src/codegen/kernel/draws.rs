//! Random draws: row keys, keep masks, normal deviates. The hash is `draws::hash32`; here its operands are made.

use crate::draws::{self, Words};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{InstBuilder, Value};

use crate::codegen::abi::offset;
use crate::codegen::shape::OperandShape;
use crate::loops::{AXES, Affine, Inst, Reg, Stmt};
use crate::math::Arith;

use super::{At, Chunk, Emit, Emitter, Val};

/// A key in registers, and the first unit of this step of time where units move with it.
#[derive(Clone, Copy)]
pub(super) struct Drawer {
    low: Value,
    high: Value,
    first: Option<Value>,
}

/// Words in registers.
impl Words for Emitter<'_, '_, '_> {
    type W = Value;

    fn plus(&mut self, a: Value, b: Value) -> Value {
        self.lanes.fb.ins().iadd(a, b)
    }

    fn times(&mut self, a: Value, factor: u64) -> Value {
        self.lanes.fb.ins().imul_imm_s(a, factor.cast_signed())
    }

    fn xor(&mut self, a: Value, b: Value) -> Value {
        self.lanes.fb.ins().bxor(a, b)
    }

    fn shr(&mut self, a: Value, bits: u32) -> Value {
        self.lanes.fb.ins().ushr_imm_u(a, i64::from(bits))
    }
}

impl Emitter<'_, '_, '_> {
    /// The key of a row in its stream; its ordinal is the row's position or the update's number; in code that is sampled, the
    /// stream is the sample's and the ordinal the row's number or 0.
    pub(super) fn row_key(&mut self, operand: u32, by_update: bool) -> Emit<Val> {
        let moves = match self.shape.operands.get(operand as usize) {
            Some(OperandShape::Site) => false,
            Some(OperandShape::Over { .. }) => true,
            _ => return self.error(format!("operand {operand} is not a site")),
        };
        let first = self.arg(offset!(position));
        let position = match (by_update, self.row) {
            (true, _) => first,
            (false, Some(row)) => self.lanes.fb.ins().iadd(first, row.row),
            (false, None) => return self.error("a key of rows is made where there are none"),
        };
        let (streams, ordinal) = match (self.shape.sampled, by_update) {
            (false, true) => (self.arg(offset!(streams)), self.arg(offset!(update))),
            (true, true) => (self.sample_streams(position), self.lanes.i64(0)),
            (false, false) => {
                let place = self.place(position);
                (self.arg(offset!(streams)), self.numbered(place))
            }
            (true, false) => {
                let row = self.word_at(offset!(order), position);
                (self.sample_streams(position), self.numbered(row))
            }
        };
        let mut index = self.operand_word(I64, operand as usize);
        let mut first = None;
        if moves {
            first = Some(self.lanes.fb.ins().ushr_imm_u(index, 32));
            index = self.lanes.fb.ins().band_imm_u(index, i64::from(u32::MAX));
        }
        let bytes = self.lanes.fb.ins().ishl_imm_u(index, 3);
        let address = self.lanes.fb.ins().iadd(streams, bytes);
        let stream = self.pure_load(I64, address, 0);
        let key = draws::key_of_row(self, stream, ordinal);
        let low = self.lanes.splat_low(key);
        let high = self.lanes.fb.ins().ushr_imm_u(key, 32);
        let high = self.lanes.splat_low(high);
        Ok(Val::Key { low, high, first })
    }

    /// What a position counts as: its word in the table of places, or itself where there is none. Without a branch: where there is no table, the word that is
    /// read and not used is the first of the arguments.
    fn place(&mut self, position: Value) -> Value {
        let (table, args) = (self.arg(offset!(places)), self.args);
        let bytes = self.lanes.fb.ins().imul_imm_s(position, 4);
        let word = self.lanes.fb.ins().iadd(table, bytes);
        let word = self.lanes.fb.ins().select(table, word, args);
        let word = self.pure_load(I32, word, 0);
        let word = self.lanes.fb.ins().uextend(I64, word);
        self.lanes.fb.ins().select(table, word, position)
    }

    fn numbered(&mut self, position: Value) -> Value {
        let base = self.arg(offset!(position_base));
        self.lanes.fb.ins().iadd(base, position)
    }

    /// The list of streams of the sample at a position.
    fn sample_streams(&mut self, position: Value) -> Value {
        let sample = self.word_at(offset!(samples), position);
        let stride = self.arg(offset!(sample_stride));
        let bytes = self.lanes.fb.ins().imul(sample, stride);
        let streams = self.arg(offset!(streams));
        self.lanes.fb.ins().iadd(streams, bytes)
    }

    pub(super) fn key(&self, reg: Reg) -> Emit<Drawer> {
        match self.get(reg)? {
            Val::Key { low, high, first } => Ok(Drawer { low, high, first }),
            _ => self.error(format!("register {} is not a key", reg.0)),
        }
    }

    /// 1 where the 16-bit draw is at least `q`: a signed comparison, since draws have their top bit flipped.
    pub(super) fn keep_mask(&mut self, at: At<'_>, reg: Reg, q: Reg, unit: &Affine) -> Emit<Val> {
        let key = self.key(reg)?;
        let threshold = self.threshold(q)?;
        if let (At::Columns(chunk), true) = (at, self.are_eight(reg, unit)) {
            let hash = self.eight_draws(chunk, key, unit)?;
            return Ok(Val::F32(self.each_vector(at, |e, v| {
                let dropped = match v {
                    0 => draws::dropped_low(&mut e.lanes, hash, threshold),
                    _ => draws::dropped_high(&mut e.lanes, hash, threshold),
                };
                e.lanes.one_unless(dropped)
            })));
        }
        let units = self.units(at, key.first, unit)?;
        Ok(Val::F32(self.each_vector(at, |e, v| {
            let dropped = e.dropped(key, units[v], threshold);
            e.lanes.one_unless(dropped)
        })))
    }

    /// The same of units that are in a register.
    pub(super) fn keep_mask_at(&mut self, at: At<'_>, key: Reg, q: Reg, unit: Reg) -> Emit<Val> {
        let (key, units) = (self.key(key)?, self.i32s(unit)?);
        let threshold = self.threshold(q)?;
        Ok(Val::F32(self.each_vector(at, |e, v| {
            let dropped = e.dropped(key, units[v], threshold);
            e.lanes.one_unless(dropped)
        })))
    }

    /// What a signed draw is held against.
    fn threshold(&mut self, q: Reg) -> Emit<Value> {
        let q = self.i32s(q)?[0];
        let q = self.lanes.shl(q, 16);
        let flip = self.lanes.i32(i32::MIN);
        Ok(self.lanes.ixor(q, flip))
    }

    /// The hashes of eight neighbouring units, four to each half.
    fn eight_draws(&mut self, chunk: &Chunk, key: Drawer, unit: &Affine) -> Emit<Value> {
        let Some(mut words) = chunk.words else { return self.error("draw words were not counted") };
        if let Some(first) = self.first_unit(key.first, unit) {
            let first = self.lanes.fb.ins().ushr_imm_u(first, 1);
            let first = self.lanes.splat_low(first);
            words = self.lanes.iadd(words, first);
        }
        Ok(draws::hash32(&mut self.lanes, key.low, key.high, words))
    }

    /// Whether units in no particular order are dropped, each by its own hash: counter `4 (u / 8) + u % 4`, low half if `u % 8 < 4`.
    fn dropped(&mut self, Drawer { low, high, .. }: Drawer, unit: Value, threshold: Value) -> Value {
        let eight = self.lanes.shr(unit, 3);
        let word = self.lanes.shl(eight, 2);
        let three = self.lanes.i32(3);
        let rest = self.lanes.iand(unit, three);
        let word = self.lanes.iadd(word, rest);
        let hash = draws::hash32(&mut self.lanes, low, high, word);
        let by_low = draws::dropped_low(&mut self.lanes, hash, threshold);
        let by_high = draws::dropped_high(&mut self.lanes, hash, threshold);
        let four = self.lanes.i32(4);
        let half = self.lanes.iand(unit, four);
        let is_high = self.lanes.equal(half, four);
        self.lanes.fb.ins().bitselect(is_high, by_high, by_low)
    }

    pub(super) fn noise(&mut self, at: At<'_>, key: Reg, unit: &Affine) -> Emit<Val> {
        let key = self.key(key)?;
        let units = self.units(at, key.first, unit)?;
        Ok(Val::F32(self.each_vector(at, |e, v| {
            let hash = draws::hash32(&mut e.lanes, key.low, key.high, units[v]);
            draws::normal_of(&mut e.lanes, hash)
        })))
    }

    /// 1 where `stride * unit + offset` is below the length.
    pub(super) fn within(
        &mut self,
        at: At<'_>,
        length: Reg,
        unit: &Affine,
        (stride, offset): (usize, isize),
    ) -> Emit<Val> {
        let length = self.i32s(length)?[0];
        let units = self.units(at, None, unit)?;
        let (stride, offset) = (self.lanes.i32(stride as i32), self.lanes.i32(offset as i32));
        Ok(Val::F32(self.each_vector(at, |e, v| {
            let place = e.lanes.imul(units[v], stride);
            let place = e.lanes.iadd(place, offset);
            let within = e.lanes.ilt(place, length);
            e.lanes.one_where(within)
        })))
    }

    /// Whether every visit of eight columns is one group of eight units.
    fn are_eight(&self, key: Reg, unit: &Affine) -> bool {
        let eights = |steps: &[usize]| steps.iter().all(|step| step % 8 == 0);
        let starts = eights(&[unit.row, unit.offset]) && eights(&unit.axes) && eights(&unit.taps);
        unit.col == 1 && starts && self.moves_by_eight(key)
    }

    /// Whether the units that a key draws for move with time, if at all, by whole groups of eight.
    fn moves_by_eight(&self, key: Reg) -> bool {
        let stmts = self.shape.body.stmts();
        let lets = stmts.iter().filter_map(|(.., stmt)| match stmt {
            Stmt::Let(reg, inst) => Some((reg, inst)),
            _ => None,
        });
        let uniform = self.shape.body.uniform.iter().map(|(reg, inst)| (reg, inst));
        let site = uniform.chain(lets).find_map(|(reg, inst)| match inst {
            Inst::RowKey { operand, .. } if *reg == key => self.shape.operands.get(*operand as usize),
            _ => None,
        });
        !matches!(site, Some(OperandShape::Over { by_eight: false }))
    }

    pub(super) fn draws_by_eight(&self, inst: &Inst) -> bool {
        matches!(inst, Inst::KeepMask { key, unit, .. } if self.are_eight(*key, unit))
    }

    /// Whether an instruction needs the columns as numbers.
    pub(super) fn reads_columns(&self, inst: &Inst) -> bool {
        match inst {
            Inst::OneHot { .. } => true,
            Inst::KeepMask { key, unit, .. } => unit.col == 1 && !self.are_eight(*key, unit),
            Inst::Noise { unit, .. } | Inst::Within { unit, .. } => unit.col == 1,
            _ => false,
        }
    }

    /// The unit of column 0 at the current place and tap, as an i64; none if it is 0.
    fn first_unit(&mut self, start: Option<Value>, unit: &Affine) -> Option<Value> {
        let row = self.row;
        let places = row.map_or([None; AXES], |r| r.axes).into_iter().chain(self.taps);
        let steps = unit.axes.into_iter().chain(unit.taps);
        let moved = std::iter::once((unit.row, row.map(|r| r.row))).chain(steps.zip(places));
        let mut first = start;
        for (step, place) in moved.collect::<Vec<_>>() {
            if let (1.., Some(place)) = (step, place) {
                let term = self.lanes.fb.ins().imul_imm_s(place, step as i64);
                first = Some(first.map_or(term, |sum| self.lanes.fb.ins().iadd(sum, term)));
            }
        }
        match (first, unit.offset as i64) {
            (first, 0) => first,
            (None, offset) => Some(self.lanes.i64(offset)),
            (Some(first), offset) => Some(self.lanes.fb.ins().iadd_imm_s(first, offset)),
        }
    }

    /// Unit numbers, lane by lane.
    fn units(&mut self, at: At<'_>, start: Option<Value>, unit: &Affine) -> Emit<[Value; 2]> {
        let first = self.first_unit(start, unit);
        let cols = match at {
            At::Columns(chunk) if unit.col == 1 => chunk.cols,
            _ => Some(self.lanes.i32(0)),
        };
        let Some(mut low) = cols else { return self.error("columns were not counted") };
        if let Some(first) = first {
            let first = self.lanes.splat_low(first);
            low = self.lanes.iadd(low, first);
        }
        Ok(self.each_vector(at, |e, v| if unit.col == 1 { e.offset_columns(low, v) } else { low }))
    }

    /// The columns of the second vector are four further on.
    pub(super) fn offset_columns(&mut self, cols: Value, vector: usize) -> Value {
        if vector == 0 {
            return cols;
        }
        let four = self.lanes.i32(4);
        self.lanes.iadd(cols, four)
    }
}
