//! [`Arith`] on one f32 at a time: what the interpreter and the host's own computations run.

use super::Arith;

/// Plain f32 arithmetic. `fma` tells whether [`Arith::fma`] rounds once, as on hosts whose native code fuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar32 {
    pub fma: bool,
}

impl Arith for Scalar32 {
    type F = f32;
    type I = i32;
    type M = bool;

    fn f32(&mut self, value: f32) -> f32 {
        value
    }
    fn i32(&mut self, value: i32) -> i32 {
        value
    }
    fn add(&mut self, a: f32, b: f32) -> f32 {
        a + b
    }
    fn sub(&mut self, a: f32, b: f32) -> f32 {
        a - b
    }
    fn mul(&mut self, a: f32, b: f32) -> f32 {
        a * b
    }
    fn div(&mut self, a: f32, b: f32) -> f32 {
        a / b
    }
    fn fma(&mut self, a: f32, b: f32, c: f32) -> f32 {
        if self.fma { a.mul_add(b, c) } else { a * b + c }
    }
    fn sqrt(&mut self, a: f32) -> f32 {
        a.sqrt()
    }
    fn lt(&mut self, a: f32, b: f32) -> bool {
        a < b
    }
    fn le(&mut self, a: f32, b: f32) -> bool {
        a <= b
    }
    fn select(&mut self, mask: bool, yes: f32, no: f32) -> f32 {
        if mask { yes } else { no }
    }
    fn iadd(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
    fn imul(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_mul(b)
    }
    fn iand(&mut self, a: i32, b: i32) -> i32 {
        a & b
    }
    fn ixor(&mut self, a: i32, b: i32) -> i32 {
        a ^ b
    }
    fn shl(&mut self, a: i32, bits: u8) -> i32 {
        a.wrapping_shl(u32::from(bits))
    }
    fn shr(&mut self, a: i32, bits: u8) -> i32 {
        a.cast_unsigned().wrapping_shr(u32::from(bits)).cast_signed()
    }
    fn sar(&mut self, a: i32, bits: u8) -> i32 {
        a.wrapping_shr(u32::from(bits))
    }
    fn ilt(&mut self, a: i32, b: i32) -> bool {
        a < b
    }
    fn to_f32(&mut self, a: i32) -> f32 {
        a as f32
    }
    fn to_bits(&mut self, a: f32) -> i32 {
        a.to_bits().cast_signed()
    }
    fn from_bits(&mut self, a: i32) -> f32 {
        f32::from_bits(a.cast_unsigned())
    }
}
