//! Addresses, loads and stores: how an [`Access`] and the place in the nest become memory operands.
//!
//! An address is a pointer made once a row and a column added to it; Cranelift folds the addition into the instruction. Unused lanes of
//! the last columns are neither read nor written, so buffers need no padding.

use cranelift_codegen::ir::types::{F32, F32X4, F64, F64X2, I8, I8X16, I32, I32X4, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};

use crate::codegen::Storage;
use crate::codegen::abi::offset;
use crate::codegen::shape::{OperandShape, loads_as};
use crate::graph::{DType, Reduction};
use crate::loops::{AXES, Access, Base, Inst, Stmt};
use crate::math::Arith;

use super::{At, Chunk, Col, Emit, Emitter, Val};

impl Emitter<'_, '_, '_> {
    pub(super) fn region_of(&self, operand: u32) -> Option<u32> {
        match self.shape.operands.get(operand as usize) {
            Some(OperandShape::Buffer { region, .. }) => Some(*region),
            _ => None,
        }
    }

    fn storage_of(&self, operand: u32) -> Emit<Storage> {
        match self.shape.operands.get(operand as usize) {
            Some(OperandShape::Buffer { storage, .. }) => Ok(*storage),
            _ => self.error(format!("operand {operand} is not a buffer")),
        }
    }

    fn base(&self, operand: u32) -> Emit<Value> {
        match self.bases.get(operand as usize).copied().flatten() {
            Some(base) => Ok(base),
            None => self.error(format!("operand {operand} is not a buffer")),
        }
    }

    fn flags(&self, operand: u32) -> MemFlagsData {
        let region = self.regions.get(operand as usize).copied().flatten();
        MemFlagsData::new().with_notrap().with_alias_region(region)
    }

    /// The address of column 0 at the current place and tap.
    pub(super) fn pointer(&mut self, operand: u32, access: Access) -> Emit<Value> {
        let size = self.storage_of(operand)?.bytes() as i64;
        let found = self.pointers.iter().find(|(o, a, _)| (*o, *a) == (operand, access));
        let pointer = match found {
            Some(&(.., pointer)) => pointer,
            None => {
                let pointer = self.untapped(operand, access, size)?;
                self.pointers.push((operand, access, pointer));
                pointer
            }
        };
        Ok(self.further(pointer, access.at.taps, self.taps, size))
    }

    fn untapped(&mut self, operand: u32, access: Access, size: i64) -> Emit<Value> {
        let base = self.base(operand)?;
        let row = match access.base {
            Base::Own => self.row.map(|r| r.row),
            Base::Data { partner } => Some(self.gathered_row(partner)?),
            Base::Pass => Some(self.positioned_row()?),
        };
        let axes = self.row.map_or([None; AXES], |r| r.axes);
        let pointer = self.further(base, [access.at.row], [row], size);
        let pointer = self.further(pointer, access.at.axes, axes, size);
        Ok(match access.at.offset as i64 {
            0 => pointer,
            offset => self.lanes.fb.ins().iadd_imm_s(pointer, offset * size),
        })
    }

    /// `pointer`, moved by `steps` elements for each of `places`.
    fn further<const N: usize>(
        &mut self,
        mut pointer: Value,
        steps: [usize; N],
        places: [Option<Value>; N],
        size: i64,
    ) -> Value {
        for (step, place) in steps.into_iter().zip(places) {
            if let (1.., Some(place)) = (step, place) {
                let bytes = self.lanes.fb.ins().imul_imm_s(place, step as i64 * size);
                pointer = self.lanes.fb.ins().iadd(pointer, bytes);
            }
        }
        pointer
    }

    /// Makes the addresses that `stmts` need, where all of them can see them.
    pub(super) fn pointers_of(&mut self, stmts: &[Stmt]) -> Emit<()> {
        for stmt in stmts {
            match stmt {
                Stmt::Let(_, Inst::Load { operand, access, .. }) | Stmt::Store { operand, access, .. } => {
                    self.pointer(*operand, *access)?;
                }
                Stmt::Fold { stmts, .. } => self.pointers_of(stmts)?,
                Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Partial { .. } => {}
            }
        }
        Ok(())
    }

    fn gathered_row(&mut self, partner: bool) -> Emit<Value> {
        let order = if partner { offset!(partner) } else { offset!(order) };
        let position = self.positioned_row()?;
        Ok(self.word_at(order, position))
    }

    /// `position + row`
    fn positioned_row(&mut self) -> Emit<Value> {
        let Some(row) = self.row else { return self.error("a flat domain has no positions") };
        let first = self.arg(offset!(position));
        Ok(self.lanes.fb.ins().iadd(first, row.row))
    }

    /// The word of a position in a table of the arguments, as i64.
    pub(super) fn word_at(&mut self, table: i32, position: Value) -> Value {
        let table = self.arg(table);
        let byte = self.lanes.fb.ins().imul_imm_s(position, 4);
        let address = self.lanes.fb.ins().iadd(table, byte);
        let word = self.pure_load(I32, address, 0);
        self.lanes.fb.ins().uextend(I64, word)
    }

    /// The address of a shard's row of partials.
    pub(super) fn partial_pointer(&mut self, operand: u32, cols: usize) -> Emit<Value> {
        let base = self.base(operand)?;
        let Some(shard) = self.shard else { return self.error("partials need shards") };
        let bytes = self.lanes.fb.ins().imul_imm_s(shard, 4 * cols as i64);
        Ok(self.lanes.fb.ins().iadd(base, bytes))
    }

    /// The address and constant displacement of one of a chunk's vectors.
    fn vector_address(&mut self, pointer: Value, chunk: &Chunk, vector: usize, size: i64) -> (Value, i32) {
        let lanes = 4 * vector as i64;
        match chunk.col {
            Col::At(col) => {
                let bytes = self.lanes.fb.ins().imul_imm_s(col, size);
                (self.lanes.fb.ins().iadd(pointer, bytes), (lanes * size) as i32)
            }
            Col::Const(col) => match i32::try_from((col as i64 + lanes) * size) {
                Ok(displacement) => (pointer, displacement),
                Err(_) => (self.lanes.fb.ins().iadd_imm_s(pointer, (col as i64 + lanes) * size), 0),
            },
        }
    }

    pub(super) fn load(&mut self, at: At<'_>, operand: u32, access: Access, dtype: DType) -> Emit<Val> {
        let storage = self.storage_of(operand)?;
        if !loads_as(storage, dtype) {
            return self.error(format!("operand {operand} cannot be loaded as {dtype:?}"));
        }
        let pointer = self.pointer(operand, access)?;
        let flags = self.flags(operand);
        let vectors = match at {
            At::Columns(chunk) if !access.is_row_constant() => match storage {
                Storage::Words => self.load_words(flags, pointer, chunk, dtype),
                Storage::Bytes => self.load_bytes(operand, flags, pointer, chunk),
            },
            _ => self.load_one(operand, storage, flags, pointer, dtype),
        };
        Ok(match dtype {
            DType::I32 => Val::I32(vectors),
            _ => Val::F32(vectors),
        })
    }

    fn load_one(
        &mut self,
        operand: u32,
        storage: Storage,
        flags: MemFlagsData,
        pointer: Value,
        dtype: DType,
    ) -> [Value; 2] {
        match storage {
            Storage::Words => {
                let (scalar, vector) = types(dtype);
                let x = self.lanes.fb.ins().load(scalar, flags, pointer, 0);
                [self.lanes.fb.ins().splat(vector, x); 2]
            }
            Storage::Bytes => {
                let x = self.lanes.fb.ins().uload8(I32, flags, pointer, 0);
                let x = self.lanes.fb.ins().splat(I32X4, x);
                [self.affine(operand, x); 2]
            }
        }
    }

    fn load_words(&mut self, flags: MemFlagsData, pointer: Value, chunk: &Chunk, dtype: DType) -> [Value; 2] {
        let vector = types(dtype).1;
        self.each_vector(At::Columns(chunk), |e, v| {
            let (address, at) = e.vector_address(pointer, chunk, v, 4);
            match chunk.lanes[v] {
                4 => e.lanes.fb.ins().load(vector, flags, address, at),
                n => e.load_lanes(flags, address, at, n, vector),
            }
        })
    }

    /// One to three lanes; the others are of no account.
    fn load_lanes(&mut self, flags: MemFlagsData, address: Value, at: i32, n: usize, vector: Type) -> Value {
        let mut x = if n == 1 {
            let x = self.lanes.fb.ins().load(F32, flags, address, at);
            self.lanes.fb.ins().scalar_to_vector(F32X4, x)
        } else {
            let x = self.lanes.fb.ins().load(F64, flags, address, at);
            let x = self.lanes.fb.ins().scalar_to_vector(F64X2, x);
            self.lanes.from_bits(x)
        };
        if n == 3 {
            let last = self.lanes.fb.ins().load(F32, flags, address, at + 8);
            x = self.lanes.fb.ins().insertlane(x, last, 2u8);
        }
        if vector == I32X4 { self.lanes.to_bits(x) } else { x }
    }

    /// Bytes to floats, through the array's affine map.
    fn load_bytes(&mut self, operand: u32, flags: MemFlagsData, pointer: Value, chunk: &Chunk) -> [Value; 2] {
        if chunk.lanes == [4, 4] {
            let (address, at) = self.vector_address(pointer, chunk, 0, 1);
            let eight = self.lanes.fb.ins().uload8x8(flags, address, at);
            let low = self.lanes.fb.ins().uwiden_low(eight);
            let high = self.lanes.fb.ins().uwiden_high(eight);
            return [self.affine(operand, low), self.affine(operand, high)];
        }
        self.each_vector(At::Columns(chunk), |e, v| {
            let (address, at) = e.vector_address(pointer, chunk, v, 1);
            let four = match chunk.lanes[v] {
                4 => e.load_four_bytes(flags, address, at),
                n => e.load_some_bytes(flags, address, at, n),
            };
            e.affine(operand, four)
        })
    }

    fn load_four_bytes(&mut self, flags: MemFlagsData, address: Value, at: i32) -> Value {
        let word = self.lanes.fb.ins().load(I32, flags, address, at);
        let word = self.lanes.fb.ins().scalar_to_vector(I32X4, word);
        let bytes = self.lanes.cast(I8X16, word);
        let halves = self.lanes.fb.ins().uwiden_low(bytes);
        self.lanes.fb.ins().uwiden_low(halves)
    }

    fn load_some_bytes(&mut self, flags: MemFlagsData, address: Value, at: i32, n: usize) -> Value {
        let mut four = self.lanes.i32(0);
        for lane in 0..n {
            let x = self.lanes.fb.ins().load(I8, flags, address, at + lane as i32);
            let x = self.lanes.fb.ins().uextend(I32, x);
            four = self.lanes.fb.ins().insertlane(four, x, lane as u8);
        }
        four
    }

    /// `byte * scale + shift`, each rounded.
    fn affine(&mut self, operand: u32, bytes: Value) -> Value {
        let word = 8 * self.shape.affine_word(operand) as i32;
        let scale = self.pure_load(F32, self.operands, word);
        let shift = self.pure_load(F32, self.operands, word + 4);
        let scale = self.lanes.fb.ins().splat(F32X4, scale);
        let shift = self.lanes.fb.ins().splat(F32X4, shift);
        let x = self.lanes.fb.ins().fcvt_from_sint(F32X4, bytes);
        let x = self.lanes.fb.ins().fmul(x, scale);
        self.lanes.fb.ins().fadd(x, shift)
    }

    pub(super) fn store(&mut self, at: At<'_>, operand: u32, access: Access, value: Val) -> Emit<()> {
        if self.storage_of(operand)? != Storage::Words || matches!(access.base, Base::Data { .. }) {
            return self.error("data of the caller is not written");
        }
        if matches!(at, At::Columns(_)) && access.is_row_constant() {
            return self.error("a loop over columns stores to an element that does not depend on the column");
        }
        let pointer = self.pointer(operand, access)?;
        self.store_at(operand, pointer, at, value)
    }

    pub(super) fn store_at(&mut self, operand: u32, pointer: Value, at: At<'_>, value: Val) -> Emit<()> {
        let vectors = match value {
            Val::F32(v) => v,
            Val::I32(v) => [self.lanes.from_bits(v[0]), self.lanes.from_bits(v[1])],
            _ => return self.error("only f32 and i32 values are stored"),
        };
        let flags = self.flags(operand);
        let At::Columns(chunk) = at else {
            let one = self.lanes.fb.ins().extractlane(vectors[0], 0u8);
            self.lanes.fb.ins().store(flags, one, pointer, 0);
            return Ok(());
        };
        for (v, &vector) in vectors.iter().enumerate().take(at.vectors()) {
            let (address, byte) = self.vector_address(pointer, chunk, v, 4);
            match chunk.lanes[v] {
                4 => {
                    self.lanes.fb.ins().store(flags, vector, address, byte);
                }
                n => self.store_lanes(flags, vector, address, byte, n),
            }
        }
        Ok(())
    }

    fn store_lanes(&mut self, flags: MemFlagsData, x: Value, address: Value, at: i32, n: usize) {
        if n >= 2 {
            let pair = self.lanes.cast(F64X2, x);
            let pair = self.lanes.fb.ins().extractlane(pair, 0u8);
            self.lanes.fb.ins().store(flags, pair, address, at);
        }
        if n != 2 {
            let last = self.lanes.fb.ins().extractlane(x, (n - 1) as u8);
            self.lanes.fb.ins().store(flags, last, address, at + 4 * (n as i32 - 1));
        }
    }

    /// `partial = reduce(partial, value)`.
    pub(super) fn partial(
        &mut self,
        at: At<'_>,
        operand: u32,
        reduction: Reduction,
        value: [Value; 2],
    ) -> Emit<()> {
        let flat = self.shape.domain.is_flat();
        let (cols, old) = match at {
            At::Row => (1, None),
            At::Columns(_) if flat => return self.error("a flat domain has partials in row code only"),
            At::Columns(chunk) => (self.section_cols, Some(chunk)),
        };
        let pointer = self.partial_pointer(operand, cols)?;
        let flags = self.flags(operand);
        let old = match old {
            None => self.load_one(operand, Storage::Words, flags, pointer, DType::F32),
            Some(chunk) => self.load_words(flags, pointer, chunk, DType::F32),
        };
        let mut new = old;
        for v in 0..at.vectors() {
            new[v] = self.lanes.reduce(reduction, old[v], value[v]);
        }
        self.store_at(operand, pointer, at, Val::F32(new))
    }
}

fn types(dtype: DType) -> (Type, Type) {
    if dtype == DType::I32 { (I32, I32X4) } else { (F32, F32X4) }
}
