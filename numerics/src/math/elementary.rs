//! Sine, cosine, logarithm and powers of two in f64 from sums and products alone: the same bits on every C library. The host's, for generated points and
//! tables.
//!
//! Accuracy: within 4e-16 of the true value for sine and cosine (|x| < 1e5) and 1e-15 relative for the logarithm.

use std::f64::consts::{FRAC_2_PI, LN_2, SQRT_2};

/// pi/2 in two parts: the first has few bits, so its multiples by small whole numbers are exact.
const HALF_PI_HIGH: f64 = 1.570_796_326_734_125_6;
const HALF_PI_LOW: f64 = 6.077_100_506_506_192e-11;

/// Sine and cosine of an angle in radians.
#[inline]
pub fn sin_cos(x: f64) -> (f64, f64) {
    let quarter = (x * FRAC_2_PI).round();
    let r = (x - quarter * HALF_PI_HIGH) - quarter * HALF_PI_LOW;
    let (sin, cos) = (series(r, r, 1.0), series(1.0, r, 0.0));
    match (quarter as i64).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// The Taylor series that begins with `term` = r^n / n!, whose next term is -term r^2 / ((n+1)(n+2)).
/// In line, so that its divisors are constants where `n` is one.
#[inline(always)]
fn series(term: f64, r: f64, n: f64) -> f64 {
    let (mut term, mut n) = (term, n);
    let mut terms = [0.0; 10];
    for slot in &mut terms {
        *slot = term;
        term *= -r * r / ((n + 1.0) * (n + 2.0));
        n += 2.0;
    }
    terms.iter().rev().sum()
}

/// The natural logarithm of a positive, normal number: 2 artanh((m - 1) / (m + 1)) + exponent ln 2, m in [1/sqrt 2, sqrt 2).
#[inline]
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut m = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if m >= SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    let z = (m - 1.0) / (m + 1.0);
    let odd = (0..12).rev().fold(0.0, |sum, k| sum * z * z + 1.0 / f64::from(2 * k + 1));
    2.0 * z * odd + exponent as f64 * LN_2
}

/// `2^x` for `-1000 < x <= 0`.
#[inline]
pub fn power_of_two(x: f64) -> f64 {
    let whole = x.floor();
    let r = (x - whole) * LN_2;
    let series = (1..20).rev().fold(1.0, |sum, n| 1.0 + sum * r / f64::from(n));
    (0..whole.abs() as u32).fold(series, |power, _| power * 0.5)
}

/// Sines and cosines of places over wavelengths from 2 pi to nearly 2 pi 10 000, in a geometric sequence: a row a place of `width` numbers, pairs side by side, or
/// with all sines before all cosines (`apart`).
pub fn waves(places: usize, width: usize, apart: bool) -> Vec<f32> {
    /// The base 2 logarithm of 10 000.
    const LOG_LONGEST: f64 = 13.287_712_379_549_449;
    let half = width / 2;
    let mut all = vec![0.0; places * width];
    for (place, row) in all.chunks_exact_mut(width.max(1)).enumerate() {
        for i in 0..half {
            let (sin, cos) = sin_cos(place as f64 * power_of_two(-LOG_LONGEST * i as f64 / half as f64));
            let [at_sin, at_cos] = if apart { [i, half + i] } else { [2 * i, 2 * i + 1] };
            (row[at_sin], row[at_cos]) = (sin as f32, cos as f32);
        }
    }
    all
}

/// What the score of attention loses in this head for each place between query and key (Press et al. 2022, as their code has it for any number of heads).
pub fn slope(head: usize, heads: usize) -> f64 {
    // The power of two at or below the number of heads has a geometric sequence; what is left, every other one of the next.
    let whole = 1_usize << heads.max(1).ilog2();
    let (number, of) = match head < whole {
        true => (head + 1, whole),
        false => (2 * (head - whole) + 1, 2 * whole),
    };
    power_of_two(-8.0 * number as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_c_library() {
        for i in -3000..3000 {
            let x = f64::from(i) * 0.0137;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() < 1e-15 && (cos - x.cos()).abs() < 1e-15, "{x}");
            let power = power_of_two(-x.abs());
            assert!((power / (-x.abs()).exp2() - 1.0).abs() < 1e-14, "{x}");
        }
        for i in 1..4000 {
            for x in [f64::from(i) * 0.00027, f64::from(i) * 1e-17, f64::from(i) * 3.1e9] {
                assert!((ln(x) - x.ln()).abs() <= 1e-15 * x.ln().abs().max(1.0), "{x}");
            }
        }
    }

    #[test]
    fn known_bits() {
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(
            (sin_cos(1.0).0.to_bits(), ln(10.0).to_bits()),
            (0x3fea_ed54_8f09_0cee, 0x4002_6bb1_bbb5_5515)
        );
    }

    /// The figures of the paper for 8 heads, and of its code for 12.
    #[test]
    fn slopes_are_a_geometric_sequence() {
        let slopes = |heads: usize| (0..heads).map(|head| slope(head, heads)).collect::<Vec<f64>>();
        for (slope, exponent) in slopes(8).into_iter().zip(1..) {
            assert!((slope / 0.5_f64.powi(exponent) - 1.0).abs() < 1e-15, "{slope} {exponent}");
        }
        let twelve = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.5, 1.5, 2.5, 3.5];
        for (slope, exponent) in slopes(12).into_iter().zip(twelve) {
            assert!((slope / 0.5_f64.powf(exponent) - 1.0).abs() < 1e-14, "{slope} {exponent}");
        }
    }

    #[test]
    fn waves_begin_at_zero_and_one() {
        assert_eq!(waves(1, 4, false), [0.0, 1.0, 0.0, 1.0]);
        let (near, apart) = (waves(3, 4, false), waves(3, 4, true));
        assert_eq!(apart[4..8], [near[4], near[6], near[5], near[7]]);
        assert!((near[8] - 2.0_f32.sin()).abs() < 1e-7 && (near[11] - 0.02_f32.cos()).abs() < 1e-7);
    }
}
