//! Elementary functions, each written once over [`Arith`]; mean and spread of numbers ([`Moments`]).
//!
//! The interpreter runs them on [`Scalar32`]; code generation implements `Arith` by emitting instructions. Both therefore perform the same
//! operations in the same order, and results have equal bits wherever the two agree on [`fma`](Arith::fma). No C library is involved.
//!
//! Invariants, tested:
//! - NaN in, NaN out (its payload and sign are unspecified); infinities give the limits.
//! - Subnormal arguments of `ln` count as zero and results below the smallest normal number are zero; only arguments below 1e-36 in
//!   magnitude meet subnormal numbers on the way. For all others the bits are the same whether the processor flushes them or not.
//! - Relative error against f64 is a few units in the last place; every function states its bound.
//!
//! The polynomial coefficients are minimax fits (Remez exchange in double precision, coefficients rounded to f32 one after another, refitting
//! the rest), of the form and on the interval named beside them.

mod elementary;
mod erf;
mod exp;
mod log;
mod moments;
mod scalar;
mod student;
#[cfg(test)]
mod tests;

pub use elementary::{ln as ln_f64, power_of_two, sin_cos, slope, waves};
pub use erf::{erf, erfinv, gelu};
pub use exp::{exp, sigmoid, tanh};
pub use log::{ln, softplus};
pub use moments::{Moments, Running, rounding_of};
pub use scalar::Scalar32;
pub use student::student_quantile;

/// Arithmetic on f32 and i32 values, or on values that stand for vectors of them in code being generated.
///
/// Every required method is one x86-64 instruction on a vector of four (with the operands in registers), so that counting calls counts cost.
/// Integer operations wrap. Methods take `&mut self` because an implementation may append instructions. Operands may be used any number
/// of times and in any order, and constants may be asked for again: an implementation that emits them should hand out the one it has.
#[allow(clippy::wrong_self_convention)] // `self` is the machine, not the number
pub trait Arith {
    /// f32 value(s).
    type F: Copy;
    /// i32 value(s).
    type I: Copy;
    /// The outcome of a comparison, lane by lane.
    type M: Copy;

    fn f32(&mut self, value: f32) -> Self::F;
    fn i32(&mut self, value: i32) -> Self::I;

    fn add(&mut self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(&mut self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(&mut self, a: Self::F, b: Self::F) -> Self::F;
    fn div(&mut self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once where the target fuses, else after the product and after the sum.
    fn fma(&mut self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    fn sqrt(&mut self, a: Self::F) -> Self::F;

    /// `a < b`; false if either is NaN.
    fn lt(&mut self, a: Self::F, b: Self::F) -> Self::M;
    /// `a <= b`; false if either is NaN.
    fn le(&mut self, a: Self::F, b: Self::F) -> Self::M;
    /// `yes` where `mask` holds, else `no`.
    fn select(&mut self, mask: Self::M, yes: Self::F, no: Self::F) -> Self::F;

    fn iadd(&mut self, a: Self::I, b: Self::I) -> Self::I;
    fn imul(&mut self, a: Self::I, b: Self::I) -> Self::I;
    fn iand(&mut self, a: Self::I, b: Self::I) -> Self::I;
    fn ixor(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// `a << bits`, `bits` in 0..32.
    fn shl(&mut self, a: Self::I, bits: u8) -> Self::I;
    /// Logical shift to the right.
    fn shr(&mut self, a: Self::I, bits: u8) -> Self::I;
    /// Arithmetic shift to the right.
    fn sar(&mut self, a: Self::I, bits: u8) -> Self::I;
    /// `a < b`, signed.
    fn ilt(&mut self, a: Self::I, b: Self::I) -> Self::M;

    /// The f32 nearest to a signed integer, ties to even.
    fn to_f32(&mut self, a: Self::I) -> Self::F;
    /// The bit pattern.
    fn to_bits(&mut self, a: Self::F) -> Self::I;
    fn from_bits(&mut self, a: Self::I) -> Self::F;

    /// The larger; `b` if either is NaN. The order of operands is that of one `maxps`.
    fn max(&mut self, a: Self::F, b: Self::F) -> Self::F {
        let larger = self.lt(b, a);
        self.select(larger, a, b)
    }

    /// The smaller; `b` if either is NaN.
    fn min(&mut self, a: Self::F, b: Self::F) -> Self::F {
        let smaller = self.lt(a, b);
        self.select(smaller, a, b)
    }

    fn neg(&mut self, a: Self::F) -> Self::F {
        let sign = self.i32(i32::MIN);
        let bits = self.to_bits(a);
        let bits = self.ixor(bits, sign);
        self.from_bits(bits)
    }

    fn abs(&mut self, a: Self::F) -> Self::F {
        let magnitude = self.i32(i32::MAX);
        let bits = self.to_bits(a);
        let bits = self.iand(bits, magnitude);
        self.from_bits(bits)
    }
}

/// `c[0] + c[1] x + c[2] x^2 + ...` by Horner's rule.
fn polynomial<A: Arith>(a: &mut A, x: A::F, coefficients: &[f32]) -> A::F {
    let mut descending = coefficients.iter().rev();
    let mut sum = a.f32(descending.next().copied().unwrap_or(0.0));
    for &c in descending {
        let c = a.f32(c);
        sum = a.fma(sum, x, c);
    }
    sum
}

/// `magnitude` (not negative) with the sign of `x`.
fn with_sign<A: Arith>(a: &mut A, magnitude: A::F, x: A::F) -> A::F {
    let mask = a.i32(i32::MIN);
    let bits = a.to_bits(x);
    let sign = a.iand(bits, mask);
    let bits = a.to_bits(magnitude);
    let bits = a.ixor(bits, sign);
    a.from_bits(bits)
}
