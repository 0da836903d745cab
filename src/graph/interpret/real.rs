//! The numbers the interpreter computes with: f32 by the polynomials that native code runs, f64 as the oracle for derivatives and accuracy.
//!
//! Invariants: f32 results have the bits of native elementwise code with the same `fma`; f64 results are within 1e-12 (relative, `erf`
//! absolute) of the true value.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::math::{self, Scalar32};

/// `fma` says whether the single-precision polynomials round products and sums together; it means nothing for f64.
pub trait Real:
    Copy
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    fn from_f32(x: f32) -> Self;
    fn to_f64(self) -> f64;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn exp(self, fma: bool) -> Self;
    fn log(self, fma: bool) -> Self;
    fn tanh(self, fma: bool) -> Self;
    fn sigmoid(self, fma: bool) -> Self;
    fn softplus(self, fma: bool) -> Self;
    fn erf(self, fma: bool) -> Self;
}

impl Real for f32 {
    fn from_f32(x: f32) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn abs(self) -> Self {
        f32::abs(self)
    }
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    fn exp(self, fma: bool) -> Self {
        math::exp(&mut Scalar32 { fma }, self)
    }
    fn log(self, fma: bool) -> Self {
        math::ln(&mut Scalar32 { fma }, self)
    }
    fn tanh(self, fma: bool) -> Self {
        math::tanh(&mut Scalar32 { fma }, self)
    }
    fn sigmoid(self, fma: bool) -> Self {
        math::sigmoid(&mut Scalar32 { fma }, self)
    }
    fn softplus(self, fma: bool) -> Self {
        math::softplus(&mut Scalar32 { fma }, self)
    }
    fn erf(self, fma: bool) -> Self {
        math::erf(&mut Scalar32 { fma }, self)
    }
}

impl Real for f64 {
    fn from_f32(x: f32) -> Self {
        f64::from(x)
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn abs(self) -> Self {
        f64::abs(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn exp(self, _: bool) -> Self {
        f64::exp(self)
    }
    fn log(self, _: bool) -> Self {
        f64::ln(self)
    }
    fn tanh(self, _: bool) -> Self {
        f64::tanh(self)
    }
    fn sigmoid(self, _: bool) -> Self {
        1.0 / (1.0 + f64::exp(-self))
    }
    fn softplus(self, _: bool) -> Self {
        // NaN passes: `max` alone would lose it, the second term does not.
        self.max(0.0) + f64::exp(-self.abs()).ln_1p()
    }
    fn erf(self, _: bool) -> Self {
        erf(self)
    }
}

/// erf(x) by its series of positive terms (Abramowitz & Stegun 7.1.6) up to 3, then by the continued fraction of erfc (7.1.14).
fn erf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let size = x.abs();
    let value = if size < 3.0 {
        let (mut term, mut sum) = (size, size);
        let mut n = 1.0;
        while term > 1e-18 * sum {
            term *= 2.0 * size * size / (2.0 * n + 1.0);
            sum += term;
            n += 1.0;
        }
        std::f64::consts::FRAC_2_SQRT_PI * f64::exp(-size * size) * sum
    } else {
        // sqrt(pi) e^(x^2) erfc(x) = 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from the inside.
        let fraction = (1..=60).rev().fold(size, |inner, k| size + 0.5 * f64::from(k) / inner);
        1.0 - f64::exp(-size * size) / (fraction * std::f64::consts::PI.sqrt())
    };
    value.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of erf to 15 digits, A&S table 7.1.
    #[test]
    fn erf_to_twelve_digits() {
        let table = [
            (0.1, 0.112_462_916_018_285),
            (0.5, 0.520_499_877_813_047),
            (1.0, 0.842_700_792_949_715),
            (1.5, 0.966_105_146_475_311),
            (2.0, 0.995_322_265_018_953),
            (3.0, 0.999_977_909_503_001),
            (4.0, 0.999_999_984_582_742),
        ];
        for (x, y) in table {
            assert!((erf(x) - y).abs() < 1e-12 && (erf(-x) + y).abs() < 1e-12, "erf({x}) = {}", erf(x));
        }
        // The two forms meet.
        assert!((erf(3.0 - 1e-13) - erf(3.0)).abs() < 1e-13);
        assert_eq!((erf(f64::INFINITY), erf(0.0)), (1.0, 0.0));
        assert!(erf(f64::NAN).is_nan());
    }
}
