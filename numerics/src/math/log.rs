//! The logarithm and softplus, both by `ln(u) = 2 atanh((u - 1) / (u + 1))`: one division, but few coefficients to keep in registers.

use super::exp::{LN2_HIGH, LN2_LOW, exp};
use super::{Arith, polynomial};

/// The bits of sqrt(1/2), where the mantissa's interval is cut.
const SQRT_HALF: i32 = 0x3F35_04F3;

/// `(atanh(s) - s) / s^3` in `t = s^2`, `|s| <= 0.1716`; error relative to atanh 8e-10.
const ATANH_NARROW: [f32; 3] = [0.333_333_88, 0.199_887_92, 0.149_354_04];
/// The same for `s <= 1/3`: 5e-9.
const ATANH_WIDE: [f32; 4] = [0.333_332_06, 0.200_108_75, 0.139_991_06, 0.140_147_15];

/// Natural logarithm. Within 2 units in the last place. Zero, also negative or subnormal, gives -infinity; other negative numbers NaN.
pub fn ln<A: Arith>(a: &mut A, x: A::F) -> A::F {
    // x = 2^e m, m in [sqrt(1/2), sqrt(2)).
    let bits = a.to_bits(x);
    let minus_cut = a.i32(-SQRT_HALF);
    let bits = a.iadd(bits, minus_cut);
    let e = a.sar(bits, 23);
    let e = a.to_f32(e);
    let mantissa = a.i32(0x007F_FFFF);
    let m = a.iand(bits, mantissa);
    let cut = a.i32(SQRT_HALF);
    let m = a.iadd(m, cut);
    let m = a.from_bits(m);

    let minus_one = a.f32(-1.0);
    let f = a.add(m, minus_one);
    let two = a.f32(2.0);
    let denominator = a.add(f, two);
    let s = a.div(f, denominator);
    let t = a.mul(s, s);
    let p = polynomial(a, t, &ATANH_NARROW);
    let p = a.mul(p, t);
    let twice = a.add(s, s);
    let low = a.f32(LN2_LOW);
    let small = a.mul(e, low);
    let small = a.fma(p, twice, small);
    let y = a.add(twice, small);
    let high = a.f32(LN2_HIGH);
    let y = a.fma(e, high, y);

    let infinity = a.f32(f32::INFINITY);
    let finite = a.lt(x, infinity);
    let y = a.select(finite, y, x);
    let normal = a.f32(f32::MIN_POSITIVE);
    let small = a.lt(x, normal);
    let minus_infinity = a.f32(f32::NEG_INFINITY);
    let y = a.select(small, minus_infinity, y);
    let minus_normal = a.f32(-f32::MIN_POSITIVE);
    let negative = a.le(x, minus_normal);
    let nan = a.f32(f32::NAN);
    a.select(negative, nan, y)
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). Within 3 units in the last place, also where it is nearly e^x.
pub fn softplus<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let magnitude = a.abs(x);
    let minus = a.neg(magnitude);
    let e = exp(a, minus);
    let two = a.f32(2.0);
    let denominator = a.add(e, two);
    let s = a.div(e, denominator);
    let t = a.mul(s, s);
    let p = polynomial(a, t, &ATANH_WIDE);
    let p = a.mul(p, t);
    let twice = a.add(s, s);
    let rest = a.fma(p, twice, twice);
    let zero = a.f32(0.0);
    let positive = a.max(x, zero);
    a.add(positive, rest)
}
