//! Instructions of element, row and uniform code.

use cranelift_codegen::ir::types::{F32, F32X4, I32, I32X4, I64};
use cranelift_codegen::ir::{InstBuilder, Value};

use crate::codegen::abi::offset;
use crate::codegen::shape::OperandShape;
use crate::graph::DType;
use crate::loops::{Binary, Inst, Reg, Unary};
use crate::math::{self, Arith};

use super::{At, Emit, Emitter, Val};

impl Emitter<'_, '_, '_> {
    pub(super) fn inst(&mut self, at: At<'_>, inst: &Inst) -> Emit<Val> {
        match inst {
            Inst::Const(x) => Ok(Val::F32([self.lanes.f32(*x); 2])),
            Inst::Scalar { operand, dtype } => self.scalar(*operand, *dtype),
            Inst::Load { operand, access, dtype } => self.load(at, *operand, *access, *dtype),
            Inst::RowKey { operand, by_update } => self.row_key(*operand, *by_update),
            Inst::KeepMask { key, q, unit } => self.keep_mask(at, *key, *q, unit),
            Inst::KeepMaskAt { key, q, unit } => self.keep_mask_at(at, *key, *q, *unit),
            Inst::Noise { key, unit } => self.noise(at, *key, unit),
            Inst::Within { length, unit, stride, offset } => {
                self.within(at, *length, unit, (*stride, *offset))
            }
            Inst::OneHot { label, offset } => self.one_hot(at, *label, *offset),
            Inst::Unary(op, x) => {
                let x = self.f32s(*x)?;
                Ok(Val::F32(self.each_vector(at, |e, v| e.unary(*op, x[v]))))
            }
            Inst::Binary(op, a, b) => self.binary(at, *op, *a, *b),
            Inst::Select { condition, then, otherwise } => {
                let Val::Mask(mask) = self.get(*condition)? else {
                    return self.error("a selection needs a comparison");
                };
                let (a, b) = (self.f32s(*then)?, self.f32s(*otherwise)?);
                let (no_a, no_b) = (self.zeros.contains(then), self.zeros.contains(otherwise));
                Ok(Val::F32(self.each_vector(at, |e, v| match (no_a, no_b) {
                    (_, true) => e.lanes.only_where(mask[v], a[v]),
                    (true, _) => e.lanes.only_unless(mask[v], b[v]),
                    _ => e.lanes.select(mask[v], a[v], b[v]),
                })))
            }
        }
    }

    fn scalar(&mut self, operand: u32, dtype: DType) -> Emit<Val> {
        if !matches!(self.shape.operands.get(operand as usize), Some(OperandShape::Scalar)) {
            return self.error(format!("operand {operand} is not a scalar"));
        }
        let scalars = self.arg(offset!(step_scalars));
        let byte = self.operand_word(I64, operand as usize);
        let address = self.lanes.fb.ins().iadd(scalars, byte);
        if dtype == DType::I32 {
            let x = self.pure_load(I32, address, 0);
            return Ok(Val::I32([self.lanes.fb.ins().splat(I32X4, x); 2]));
        }
        let x = self.pure_load(F32, address, 0);
        Ok(Val::F32([self.lanes.fb.ins().splat(F32X4, x); 2]))
    }

    fn one_hot(&mut self, at: At<'_>, label: Reg, offset: usize) -> Emit<Val> {
        let label = self.i32s(label)?[0];
        let cols = match at {
            At::Row => Some(self.lanes.i32(0)),
            At::Columns(chunk) => chunk.cols,
        };
        let Some(cols) = cols else { return self.error("columns were not counted") };
        let offset = self.lanes.i32(offset as i32);
        let label = self.lanes.fb.ins().iadd(label, offset);
        Ok(Val::F32(self.each_vector(at, |e, v| {
            let cols = e.offset_columns(cols, v);
            let hit = e.lanes.equal(cols, label);
            e.lanes.one_where(hit)
        })))
    }

    fn unary(&mut self, op: Unary, x: Value) -> Value {
        match op {
            Unary::Neg => self.lanes.neg(x),
            Unary::Abs => self.lanes.abs(x),
            Unary::Sqrt => self.lanes.sqrt(x),
            Unary::Exp => math::exp(&mut self.lanes, x),
            Unary::Log => math::ln(&mut self.lanes, x),
            Unary::Tanh => math::tanh(&mut self.lanes, x),
            Unary::Sigmoid => math::sigmoid(&mut self.lanes, x),
            Unary::Softplus => math::softplus(&mut self.lanes, x),
            Unary::Erf => math::erf(&mut self.lanes, x),
        }
    }

    fn binary(&mut self, at: At<'_>, op: Binary, a: Reg, b: Reg) -> Emit<Val> {
        let (a, b) = (self.f32s(a)?, self.f32s(b)?);
        let values = self.each_vector(at, |e, v| {
            let (a, b) = (a[v], b[v]);
            match op {
                Binary::Add => e.lanes.add(a, b),
                Binary::Sub => e.lanes.sub(a, b),
                Binary::Mul => e.lanes.mul(a, b),
                Binary::Div => e.lanes.div(a, b),
                Binary::Max => e.lanes.max(a, b),
                Binary::Min => e.lanes.min(a, b),
                Binary::Less => e.lanes.lt(a, b),
            }
        });
        Ok(if op == Binary::Less { Val::Mask(values) } else { Val::F32(values) })
    }
}
