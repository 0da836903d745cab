//! Sweeps over bit patterns against f64, with and without fused products.

use crate::kernels::fpenv::FlushSubnormals;
use crate::math::{Arith, Scalar32, erf, erfinv, exp, gelu, ln, sigmoid, softplus, tanh};

/// Steps of a sweep over all bit patterns: prime, so that mantissas vary.
const STEP: usize = 16_381;

/// Distance in units of the last place of the f32 nearest to `want`, where results below the normal numbers count as zero.
fn ulps(got: f32, want: f64) -> f64 {
    let smallest = f64::from(f32::MIN_POSITIVE);
    if want.abs() < 1.0001 * smallest && f64::from(got.abs()) < 1.0001 * smallest {
        return 0.0;
    }
    if want.abs() > f64::from(f32::MAX) {
        return if f64::from(got) == want || (got.is_infinite() && got.is_sign_positive() == (want > 0.0)) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let exponent = want.abs().max(smallest).log2().floor();
    (f64::from(got) - want).abs() / 2f64.powf(exponent - 23.0)
}

/// The worst of f over every STEP-th pattern and over 100 000 points of [-20, 20], for arguments in the domain.
fn worst(
    f: impl Fn(&mut Scalar32, f32) -> f32,
    reference: impl Fn(f64) -> f64,
    domain: impl Fn(f32) -> bool,
) -> f64 {
    let patterns = (0..=u32::MAX).step_by(STEP).map(f32::from_bits);
    let plain = (-50_000..50_000).map(|i| i as f32 * 4.000_1e-4);
    let mut worst = (0.0, 0.0);
    for x in patterns.chain(plain).filter(|x| x.is_normal() && domain(*x)) {
        for fma in [false, true] {
            let error = ulps(f(&mut Scalar32 { fma }, x), reference(f64::from(x)));
            if error.is_nan() || error > worst.0 {
                worst = (error, x);
            }
        }
    }
    println!("worst {:.3} at {:e}", worst.0, worst.1);
    worst.0
}

/// By its Taylor series below 3, by the continued fraction of the complement above: both to 1e-14.
fn erf_reference(x: f64) -> f64 {
    let a = x.abs();
    let y = if a < 3.0 {
        let mut term = a;
        let mut sum = a;
        for k in 1..80 {
            term *= -a * a / f64::from(k);
            sum += term / f64::from(2 * k + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..60).rev().fold(a, |f, k| a + 0.5 * f64::from(k) / f);
        1.0 - (-a * a).exp() / (fraction * std::f64::consts::PI.sqrt())
    };
    y.copysign(x)
}

#[test]
fn exponential_and_its_kin() {
    let all = |_| true;
    assert!(worst(exp, f64::exp, all) < 1.5);
    assert!(
        worst(sigmoid, |x| if x > 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }, all)
            < 2.5
    );
    assert!(worst(tanh, f64::tanh, all) < 3.0);
}

#[test]
fn logarithm_and_softplus() {
    assert!(worst(ln, f64::ln, |x| x > 0.0) < 2.0);
    assert!(worst(softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), |_| true) < 3.0);
}

#[test]
fn error_function() {
    assert!(worst(erf, erf_reference, |_| true) < 3.0);
    for i in -40_000..40_000 {
        let x = i as f32 * 3e-4;
        let want = 0.5 * f64::from(x) * (1.0 + erf_reference(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2));
        let got = gelu(&mut Scalar32 { fma: true }, x);
        assert!((f64::from(got) - want).abs() <= 2e-7 * f64::from(x.abs()).max(1.0), "{x} {got} {want}");
    }
}

#[test]
fn inverse_error_function_inverts() {
    // Newton's step against the reference gives the true inverse to the second order.
    let mut worst = 0.0_f64;
    for i in (1..(1 << 24)).step_by(997) {
        let x = i as f32 / 8_388_608.0 - 1.0;
        for fma in [false, true] {
            let got = f64::from(erfinv(&mut Scalar32 { fma }, x));
            let slope = 2.0 / std::f64::consts::PI.sqrt() * (-got * got).exp();
            let error = (erf_reference(got) - f64::from(x)) / slope;
            worst = worst.max((error / got.abs().max(1e-30)).abs());
        }
    }
    println!("worst relative {worst:e}");
    assert!(worst < 5e-7);
}

#[test]
fn special_values() {
    type Function = fn(&mut Scalar32, f32) -> f32;
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let rows: [(&str, Function, f32, f32, f32, f32); 7] = [
        // name, f, at -inf, at -0, at 0, at inf
        ("exp", exp, 0.0, 1.0, 1.0, inf),
        ("sigmoid", sigmoid, 0.0, 0.5, 0.5, 1.0),
        ("tanh", tanh, -1.0, -0.0, 0.0, 1.0),
        ("erf", erf, -1.0, -0.0, 0.0, 1.0),
        ("ln", ln, nan, -inf, -inf, inf),
        ("softplus", softplus, 0.0, std::f32::consts::LN_2, std::f32::consts::LN_2, inf),
        ("gelu", gelu, -0.0, -0.0, 0.0, inf),
    ];
    for (name, f, low, minus, plus, high) in rows {
        for fma in [false, true] {
            let mut a = Scalar32 { fma };
            for x in [nan, -nan, f32::from_bits(0x7F80_0001), f32::from_bits(0xFFFF_FFFF)] {
                assert!(f(&mut a, x).is_nan(), "{name}(NaN)");
            }
            for (x, want) in [(-inf, low), (-0.0, minus), (0.0, plus), (inf, high)] {
                let got = f(&mut a, x);
                assert!(
                    got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()),
                    "{name}({x}) = {got}, not {want}"
                );
            }
        }
    }
}

#[test]
fn flushing_subnormals_changes_no_bit() {
    type Function = fn(&mut Scalar32, f32) -> f32;
    let functions: [(&str, Function); 6] = [
        ("exp", exp),
        ("sigmoid", sigmoid),
        ("tanh", tanh),
        ("ln", ln),
        ("softplus", softplus),
        ("erf", erf),
    ];
    for (name, f) in functions {
        for x in (0..=u32::MAX)
            .step_by(8 * STEP)
            .map(f32::from_bits)
            .filter(|x| *x == 0.0 || x.abs() > 1e-36 || x.is_nan())
        {
            for fma in [false, true] {
                let plain = f(&mut Scalar32 { fma }, x);
                let flushed = {
                    let _flush = FlushSubnormals::begin();
                    f(&mut Scalar32 { fma }, x)
                };
                assert!(
                    plain.to_bits() == flushed.to_bits() || plain.is_nan(),
                    "{name}({x:e}): {plain:e} {flushed:e}"
                );
            }
        }
    }
}

#[test]
fn edges_of_the_exponential() {
    let mut a = Scalar32 { fma: false };
    assert_eq!(exp(&mut a, 89.0), f32::INFINITY);
    assert_eq!(exp(&mut a, 88.722_84), f32::INFINITY);
    assert!(exp(&mut a, 88.722_83).is_finite());
    assert_eq!(exp(&mut a, -87.34), 0.0);
    assert!(exp(&mut a, -87.336).is_normal());
    assert_eq!(exp(&mut a, f32::MAX), f32::INFINITY);
    assert_eq!(exp(&mut a, f32::MIN), 0.0);
    assert_eq!(ln(&mut a, f32::from_bits(1)), f32::NEG_INFINITY);
    assert_eq!(ln(&mut a, 1.0), 0.0);
    assert!(ln(&mut a, -1.0).is_nan());
}

#[test]
fn largest_and_smallest_take_the_second_of_nan() {
    let mut a = Scalar32 { fma: false };
    assert_eq!(a.max(f32::NAN, 1.0), 1.0);
    assert!(a.max(1.0, f32::NAN).is_nan());
    assert_eq!((a.max(1.0, 2.0), a.min(1.0, 2.0), a.neg(1.0), a.abs(-3.0)), (2.0, 1.0, -1.0, 3.0));
}
