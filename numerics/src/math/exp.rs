//! The exponential and what stands on it: sigmoid, hyperbolic tangent.

use super::{Arith, polynomial, with_sign};

/// Below this the result would come near the subnormal numbers; it is zero instead.
pub(super) const LOWEST: f32 = -87.3365;
/// The largest argument whose exponential is finite.
const HIGHEST: f32 = 88.722_83;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts; the first has so few bits that its product with an exponent is exact even without fused products.
pub(super) const LN2_HIGH: f32 = 355.0 / 512.0;
pub(super) const LN2_LOW: f32 = -2.121_944_4e-4;

/// Adding `1.5 * 2^23` rounds to an integer, which then stands in the low bits of the sum.
const ROUNDER: f32 = 12_582_912.0;

/// `(e^r - 1 - r) / r^2` on `|r| <= ln(2) / 2`; the error relative to `e^r - 1` is 1.4e-8.
const EXPM1: [f32; 5] = [0.499_999_97, 0.166_665_39, 0.041_667_75, 0.008_367_088, 0.001_383_785_6];

/// `x = n ln 2 + r` with an integer n and `|r| <= ln(2) / 2`: gives `(e^r - 1, bits)`, where n is the low 9 bits of `bits`.
fn reduce<A: Arith>(a: &mut A, x: A::F) -> (A::F, A::I) {
    let log2_e = a.f32(LOG2_E);
    let rounder = a.f32(ROUNDER);
    let shifted = a.fma(x, log2_e, rounder);
    let n = a.sub(shifted, rounder);
    let high = a.f32(-LN2_HIGH);
    let r = a.fma(n, high, x);
    let low = a.f32(-LN2_LOW);
    let r = a.fma(n, low, r);
    let q = polynomial(a, r, &EXPM1);
    let square = a.mul(r, r);
    let q = a.fma(square, q, r);
    (q, a.to_bits(shifted))
}

/// e^x. Within 1.5 units in the last place; zero below -87.3365, infinite above 88.72283.
pub fn exp<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let (q, bits) = reduce(a, x);
    let one = a.f32(1.0);
    let p = a.add(q, one);
    // 2^n is applied to the exponent's bits: as a factor it would overflow for n = 128, where p < 1 and the result is finite.
    let exponent = a.shl(bits, 23);
    let p = a.to_bits(p);
    let y = a.iadd(p, exponent);
    let y = a.from_bits(y);
    let zero = a.f32(0.0);
    let lowest = a.f32(LOWEST);
    let tiny = a.lt(x, lowest);
    let y = a.select(tiny, zero, y);
    // Whatever is not in range here is too large or NaN: adding infinity serves both. (-inf is in range and zero already.)
    let infinity = a.f32(f32::INFINITY);
    let beyond = a.add(x, infinity);
    let highest = a.f32(HIGHEST);
    let finite = a.le(x, highest);
    a.select(finite, y, beyond)
}

/// `(e^x - 1, 2^n)` parts for `|x| <= 80`: e^x = s + s q. NaN passes through q.
pub(super) fn bounded<A: Arith>(a: &mut A, x: A::F) -> (A::F, A::F) {
    let (q, bits) = reduce(a, x);
    let exponent = a.shl(bits, 23);
    let one = a.i32(0x3F80_0000);
    let s = a.iadd(exponent, one);
    (q, a.from_bits(s))
}

/// 1 / (1 + e^-x). Within 2.5 units in the last place; zero below -87.3365.
pub fn sigmoid<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let minus = a.neg(x);
    let e = exp(a, minus);
    let one = a.f32(1.0);
    let denominator = a.add(e, one);
    let y = a.div(one, denominator);
    let lowest = a.f32(LOWEST);
    let tiny = a.lt(x, lowest);
    let zero = a.f32(0.0);
    a.select(tiny, zero, y)
}

/// tanh |x| = m / (m + 2) with m = e^(2|x|) - 1, which has no cancellation anywhere. Within 3 units in the last place.
pub fn tanh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let magnitude = a.abs(x);
    // At 10 the result has long been 1. The order of operands keeps NaN.
    let ten = a.f32(10.0);
    let magnitude = a.min(ten, magnitude);
    let twice = a.add(magnitude, magnitude);
    let (q, s) = bounded(a, twice);
    let minus_one = a.f32(-1.0);
    let rest = a.add(s, minus_one);
    let m = a.fma(s, q, rest);
    let two = a.f32(2.0);
    let denominator = a.add(m, two);
    let y = a.div(m, denominator);
    with_sign(a, y, x)
}
