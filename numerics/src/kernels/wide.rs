//! Probabilities of many logits at once, in f64: loops that a compiler turns into vectors, of four where the processor has AVX2. Products are
//! never fused, so the bits are the same on all.

/// `$name` as `$body` compiled for AVX2 where there is one, else as it is.
macro_rules! widened {
    ($(#[$doc:meta])* $name:ident = $body:ident ($($arg:ident: $ty:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        pub fn $name($($arg: $ty),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn with_avx2($($arg: $ty),*) $(-> $result)? {
                    $body($($arg),*)
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has what the function is compiled for.
                    return unsafe { with_avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

widened! {
    /// The weighted sum of `sigmoid(sign (z + by))` over logits.
    sigmoids = sigmoids_body(logits: &[f64], by: f64, sign: f64, weights: &[f64], scratch: &mut Vec<f64>) -> f64
}
widened! {
    /// Weighted sums of `softmax(z + by)` over sets of logits, `logits[class][mask]`; added to `sums`. `scratch` has one more than classes.
    softmaxes = softmaxes_body(logits: &[Vec<f64>], by: &[f64], weights: &[f64], scratch: &mut [Vec<f64>], sums: &mut [f64])
}

widened! {
    /// `p ln p` in place, 0 of 0, to a few units in the last place; for normal numbers that are not negative.
    times_log = times_log_body(values: &mut [f64])
}

widened! {
    /// `e^x` in place, to a few units in the last place; beyond +-700 it stays at the limit.
    powers = powers_body(values: &mut [f64])
}

#[inline(always)]
fn powers_body(values: &mut [f64]) {
    exp(values);
}

/// `p = m 2^n`, `m` from sqrt(1/2) to sqrt(2): `ln m = 2 artanh s` with `s = (m - 1) / (m + 1)`, `|s| <= 0.172`, whose series to s^21 is off by
/// less than 2^-55.
#[inline(always)]
fn times_log_body(values: &mut [f64]) {
    /// The bits of sqrt(1/2), and those of 2^52, in whose low bits a whole number stands.
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    const WHOLE: u64 = 0x4330_0000_0000_0000;
    for value in values {
        let bits = value.to_bits().wrapping_sub(ROOT_HALF);
        // The exponent, moved up so that it is never negative.
        let n = f64::from_bits((bits.wrapping_add(1024 << 52) >> 52) | WHOLE)
            - (4_503_599_627_370_496.0 + 1024.0);
        let m = f64::from_bits((bits & ((1 << 52) - 1)) + ROOT_HALF);
        let s = (m - 1.0) / (m + 1.0);
        let square = s * s;
        let mut sum = 1.0 / 21.0;
        for odd in ODD {
            sum = sum * square + odd;
        }
        let log = n * std::f64::consts::LN_2 + 2.0 * s * sum;
        *value = if *value > 0.0 { *value * log } else { 0.0 };
    }
}

/// 1/19, 1/17 ... 1
const ODD: [f64; 10] = [
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];

/// `e^x` in place, to a few units in the last place; beyond +-700 it stays at the limit.
///
/// `x = n ln 2 + r`, `|r| <= ln 2 / 2`: the series of `e^r` to r^12 is off by less than 2^-51 there, and `n` goes into the exponent.
#[inline(always)]
fn exp(values: &mut [f64]) {
    /// Adding it rounds to a whole number, whose low bits then stand in the mantissa.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    for value in values {
        let x = value.clamp(-700.0, 700.0);
        let shifted = x * std::f64::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = (x - n * LN2_HIGH) - n * LN2_LOW;
        let mut sum = 1.0 / 479_001_600.0;
        for factorial in FACTORIALS {
            sum = sum * r + factorial;
        }
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
        *value = sum * power;
    }
}

/// 1 / 11! ... 1 / 0!
const FACTORIALS: [f64; 12] = [
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Sums of partial sums: four at a time, so that they run side by side.
#[inline(always)]
fn total(values: &[f64], weights: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    let (weight_chunks, weight_rest) = weights.as_chunks::<4>();
    for (v, w) in chunks.iter().zip(weight_chunks) {
        (0..4).for_each(|i| sums[i] += v[i] * w[i]);
    }
    let rest: f64 = rest.iter().zip(weight_rest).map(|(v, w)| v * w).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[inline(always)]
fn sigmoids_body(logits: &[f64], by: f64, sign: f64, weights: &[f64], scratch: &mut Vec<f64>) -> f64 {
    scratch.clear();
    scratch.extend(logits.iter().map(|z| -sign * (z + by)));
    exp(scratch);
    scratch.iter_mut().for_each(|e| *e = 1.0 / (1.0 + *e));
    total(scratch, weights)
}

#[inline(always)]
fn softmaxes_body(
    logits: &[Vec<f64>],
    by: &[f64],
    weights: &[f64],
    scratch: &mut [Vec<f64>],
    sums: &mut [f64],
) {
    let (powers, norms) = scratch.split_at_mut(logits.len());
    let norm = &mut norms[0];
    norm.clear();
    norm.resize(weights.len(), f64::NEG_INFINITY);
    for (class, by) in logits.iter().zip(by) {
        norm.iter_mut().zip(class).for_each(|(top, z)| *top = top.max(z + by));
    }
    for ((power, class), by) in powers.iter_mut().zip(logits).zip(by) {
        power.clear();
        power.extend(class.iter().zip(&*norm).map(|(z, top)| z + by - top));
        exp(power);
    }
    norm.fill(0.0);
    for power in &*powers {
        norm.iter_mut().zip(power).for_each(|(sum, p)| *sum += p);
    }
    norm.iter_mut().zip(weights).for_each(|(sum, w)| *sum = w / *sum);
    for (sum, power) in sums.iter_mut().zip(&*powers) {
        *sum += total(power, norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_library() {
        let xs: Vec<f64> = (-70_000..=70_000).map(|i| f64::from(i) * 0.009_999_7).collect();
        let mut powers = xs.clone();
        exp(&mut powers);
        for (x, e) in xs.iter().zip(&powers) {
            assert!((e / x.exp() - 1.0).abs() < 1e-15, "{x}: {e} {}", x.exp());
        }
    }

    #[test]
    fn logarithms_are_those_of_the_library() {
        let ps: Vec<f64> =
            (0..100_000).map(|i| f64::from(i) * 1.3e-5).chain([1.0, 1e-45, 0.5, 0.707]).collect();
        let mut own = ps.clone();
        times_log(&mut own);
        assert_eq!(own[0], 0.0);
        for (p, x) in ps.iter().zip(&own).skip(1) {
            let expected = p * p.ln();
            assert!((x - expected).abs() <= 1e-15 * expected.abs().max(0.01 * p), "{p}: {x} {expected}");
        }
    }

    #[test]
    fn weighted_probabilities_are_those_of_one_at_a_time() {
        let z: Vec<f64> = (0..37).map(|i| f64::from(i) * 0.7 - 12.0).collect();
        let w: Vec<f64> = (0..37).map(|i| 1.0 / f64::from(i + 1)).collect();
        let plain: f64 = z.iter().zip(&w).map(|(z, w)| w / (1.0 + (-(z + 0.5)).exp())).sum();
        assert!((sigmoids(&z, 0.5, 1.0, &w, &mut Vec::new()) - plain).abs() < 1e-14);
        let turned = w.iter().sum::<f64>() - plain;
        assert!((sigmoids(&z, 0.5, -1.0, &w, &mut Vec::new()) - turned).abs() < 1e-14);
        let logits = [z.clone(), z.iter().map(|z| z * 0.5).collect()];
        let mut sums = [0.0; 2];
        softmaxes(&logits, &[0.5, 0.0], &w, &mut vec![Vec::new(); 3], &mut sums);
        let first = |z: f64| 1.0 / (1.0 + (0.5 * z - (z + 0.5)).exp());
        let plain: f64 = z.iter().zip(&w).map(|(z, w)| w * first(*z)).sum();
        assert!((sums[0] - plain).abs() < 1e-14 && (sums[0] + sums[1] - w.iter().sum::<f64>()).abs() < 1e-14);
    }
}
