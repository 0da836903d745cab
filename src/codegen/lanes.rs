//! Four f32 or i32 lanes in a Cranelift function: the instructions that element, row and uniform code are made of.
//!
//! Row and uniform values are vectors with equal lanes, and the last columns of a row are a vector with unused lanes, so there is
//! one way to compute anything and its bits do not depend on where it stands. Masks are i32 lanes, all ones or all zeros.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32X4, I8X16, I32, I32X4, I64};
use cranelift_codegen::ir::{ConstantData, Endianness, InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;

use crate::graph::Reduction;
use crate::math::Arith;

pub(super) struct Lanes<'f, 'b> {
    pub fb: &'f mut FunctionBuilder<'b>,
    /// Whether `fma` rounds once; without such an instruction it would be four calls.
    pub fused: bool,
}

impl Lanes<'_, '_> {
    pub fn i64(&mut self, x: i64) -> Value {
        self.fb.ins().iconst(I64, x)
    }

    /// Four different constants.
    pub fn lanes(&mut self, lanes: [u32; 4]) -> Value {
        let bytes: Vec<u8> = lanes.iter().flat_map(|x| x.to_le_bytes()).collect();
        let constant = self.fb.func.dfg.constants.insert(ConstantData::from(bytes));
        self.fb.ins().vconst(I32X4, constant)
    }

    /// The low 32 bits of an i64, in every lane.
    pub fn splat_low(&mut self, x: Value) -> Value {
        let low = self.fb.ins().ireduce(I32, x);
        self.fb.ins().splat(I32X4, low)
    }

    /// The same bits as another vector type.
    pub fn cast(&mut self, to: Type, x: Value) -> Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.fb.ins().bitcast(to, flags, x)
    }

    pub fn equal(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().icmp(IntCC::Equal, a, b)
    }

    /// `x` where the mask is set, else 0.
    pub fn only_where(&mut self, mask: Value, x: Value) -> Value {
        let mask = self.from_bits(mask);
        self.fb.ins().band(x, mask)
    }

    /// 0 where the mask is set, else `x`.
    pub fn only_unless(&mut self, mask: Value, x: Value) -> Value {
        let mask = self.from_bits(mask);
        self.fb.ins().band_not(x, mask)
    }

    /// 1 where the mask is set, else 0.
    pub fn one_where(&mut self, mask: Value) -> Value {
        let one = self.f32(1.0);
        self.only_where(mask, one)
    }

    /// 0 where the mask is set, else 1.
    pub fn one_unless(&mut self, mask: Value) -> Value {
        let one = self.f32(1.0);
        self.only_unless(mask, one)
    }

    pub fn reduce(&mut self, reduction: Reduction, a: Value, b: Value) -> Value {
        match reduction {
            Reduction::Sum => self.add(a, b),
            Reduction::Max | Reduction::First => self.max(a, b),
        }
    }

    pub fn identity(&mut self, reduction: Reduction) -> Value {
        self.f32(identity(reduction))
    }

    /// The eight running values of a loop to one, in every lane, in the order that `loops::Stmt::Accumulate` fixes.
    pub fn horizontal(&mut self, reduction: Reduction, pair: [Value; 2]) -> Value {
        let four = self.reduce(reduction, pair[0], pair[1]);
        let high = self.shuffle(four, [2, 3, 2, 3]);
        let two = self.reduce(reduction, four, high);
        let odd = self.shuffle(two, [1, 1, 1, 1]);
        let one = self.reduce(reduction, two, odd);
        self.shuffle(one, [0, 0, 0, 0])
    }

    fn shuffle(&mut self, x: Value, lanes: [u8; 4]) -> Value {
        let bytes: Vec<u8> = lanes.iter().flat_map(|&l| (0..4).map(move |b| 4 * l + b)).collect();
        let mask = self.fb.func.dfg.immediates.push(ConstantData::from(bytes));
        let x = self.cast(I8X16, x);
        let x = self.fb.ins().shuffle(x, x, mask);
        self.cast(F32X4, x)
    }
}

/// Masks are i32 lanes, all ones or all zeros. Constants may be asked for again: equal ones become one.
impl Arith for Lanes<'_, '_> {
    type F = Value;
    type I = Value;
    type M = Value;

    fn f32(&mut self, value: f32) -> Value {
        let scalar = self.fb.ins().f32const(value);
        self.fb.ins().splat(F32X4, scalar)
    }
    fn i32(&mut self, value: i32) -> Value {
        let scalar = self.fb.ins().iconst(I32, i64::from(value.cast_unsigned()));
        self.fb.ins().splat(I32X4, scalar)
    }
    fn add(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fadd(a, b)
    }
    fn sub(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fsub(a, b)
    }
    fn mul(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fmul(a, b)
    }
    fn div(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fdiv(a, b)
    }
    fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        if self.fused {
            return self.fb.ins().fma(a, b, c);
        }
        let product = self.fb.ins().fmul(a, b);
        self.fb.ins().fadd(product, c)
    }
    fn sqrt(&mut self, a: Value) -> Value {
        self.fb.ins().sqrt(a)
    }
    fn lt(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fcmp(FloatCC::LessThan, a, b)
    }
    fn le(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().fcmp(FloatCC::LessThanOrEqual, a, b)
    }
    /// After `lt` in the forms of `max` and `min` this is one `maxps` or `minps`.
    fn select(&mut self, mask: Value, yes: Value, no: Value) -> Value {
        let mask = self.from_bits(mask);
        self.fb.ins().bitselect(mask, yes, no)
    }
    fn iadd(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().iadd(a, b)
    }
    fn imul(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().imul(a, b)
    }
    fn iand(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().band(a, b)
    }
    fn ixor(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().bxor(a, b)
    }
    fn shl(&mut self, a: Value, bits: u8) -> Value {
        let bits = self.fb.ins().iconst(I32, i64::from(bits));
        self.fb.ins().ishl(a, bits)
    }
    fn shr(&mut self, a: Value, bits: u8) -> Value {
        let bits = self.fb.ins().iconst(I32, i64::from(bits));
        self.fb.ins().ushr(a, bits)
    }
    fn sar(&mut self, a: Value, bits: u8) -> Value {
        let bits = self.fb.ins().iconst(I32, i64::from(bits));
        self.fb.ins().sshr(a, bits)
    }
    /// Greater-than with operands exchanged: the one signed comparison the processor has.
    fn ilt(&mut self, a: Value, b: Value) -> Value {
        self.fb.ins().icmp(IntCC::SignedGreaterThan, b, a)
    }
    fn to_f32(&mut self, a: Value) -> Value {
        self.fb.ins().fcvt_from_sint(F32X4, a)
    }
    fn to_bits(&mut self, a: Value) -> Value {
        self.cast(I32X4, a)
    }
    fn from_bits(&mut self, a: Value) -> Value {
        self.cast(F32X4, a)
    }
}

pub(super) fn identity(reduction: Reduction) -> f32 {
    match reduction {
        Reduction::Sum => 0.0,
        Reduction::Max | Reduction::First => f32::NEG_INFINITY,
    }
}
