//! Random streams of the host: shuffles, initial weights, shares of mixup.
//!
//! A stream is ChaCha with 8 rounds, keyed by (seed, purpose, coordinates), so nothing depends on what was drawn before. Integers are
//! drawn here, not by a crate, whose way of drawing may change; the streams themselves are fixed by the cipher. Normal deviates are our own
//! quantiles: a crate's go through the C library's logarithm and differ between hosts. Beta deviates are `rand_distr`'s.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Beta, Distribution};

use crate::{
    draws::{fnv1a64, mix64, normal_of},
    math::Scalar32,
};

/// The stream of one purpose at one place.
pub fn stream(seed: u64, purpose: &str, coordinates: &[u64]) -> ChaCha8Rng {
    let mut key = mix64(seed ^ fnv1a64(purpose));
    for coordinate in coordinates {
        key = mix64(key ^ *coordinate).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }
    let mut bytes = [0; 32];
    for (i, word) in bytes.chunks_exact_mut(8).enumerate() {
        word.copy_from_slice(&mix64(key.wrapping_add(i as u64)).to_le_bytes());
    }
    ChaCha8Rng::from_seed(bytes)
}

/// A uniform integer below `n`, by rejection: without bias.
#[inline]
pub fn below(rng: &mut ChaCha8Rng, n: u64) -> u64 {
    let limit = u64::MAX - u64::MAX % n;
    loop {
        let x = rng.next_u64();
        if x < limit {
            return x % n;
        }
    }
}

/// A uniform number in `[0, 1)` with 53 bits.
#[inline]
pub fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A permutation of `0..n`, by Fisher and Yates.
pub fn shuffle(seed: u64, purpose: &str, coordinates: &[u64], n: usize) -> Vec<u32> {
    let mut rng = stream(seed, purpose, coordinates);
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        let j = below(&mut rng, i as u64 + 1) as usize;
        order.swap(i, j);
    }
    order
}

/// Fills with numbers uniform on `(-limit, limit)`: midpoints of 2^24 equal intervals, one word each.
pub fn fill_uniform(rng: &mut ChaCha8Rng, limit: f64, values: &mut [f32]) {
    for value in values {
        let k = f64::from(rng.next_u32() >> 8) + 0.5;
        *value = ((k / 8_388_608.0 - 1.0) * limit) as f32;
    }
}

/// Fills with normal deviates of this mean and standard deviation: quantiles of the midpoints of 2^23 equal intervals, one word each,
/// so within 5.4 deviations.
pub fn fill_normal(rng: &mut ChaCha8Rng, mean: f64, sd: f64, values: &mut [f32]) {
    // Never with fused products, so that weights start from the same bits on every host.
    let mut arith = Scalar32 { fma: false };
    for value in values {
        let z = normal_of(&mut arith, rng.next_u32().cast_signed());
        *value = (f64::from(z) * sd + mean) as f32;
    }
}

/// The same, deviates beyond `within` standard deviations being drawn anew.
pub fn fill_truncated(rng: &mut ChaCha8Rng, mean: f64, sd: f64, within: f64, values: &mut [f32]) {
    let mut arith = Scalar32 { fma: false };
    for value in values {
        *value = loop {
            let z = f64::from(normal_of(&mut arith, rng.next_u32().cast_signed()));
            if z.abs() <= within {
                break (z * sd + mean) as f32;
            }
        };
    }
}

/// The share of a statement's own rows: `Beta(alpha, alpha)`, one a minibatch.
pub fn beta(seed: u64, path: &str, epoch: u64, update: u64, alpha: f64) -> f64 {
    let mut rng = stream(seed, &format!("{path}.lambda"), &[epoch, update]);
    // A positive alpha is checked where it is written.
    Beta::new(alpha, alpha).map_or(1.0, |beta| beta.sample(&mut rng))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_are_known_and_keyed() {
        assert_eq!(shuffle(0, "order", &[0], 8), KNOWN);
        assert_ne!(shuffle(0, "order", &[1], 8), KNOWN);
        assert_ne!(shuffle(1, "order", &[0], 8), KNOWN);
        assert_ne!(shuffle(0, "mixup", &[0], 8), KNOWN);
        let mut all = shuffle(3, "order", &[5], 1000);
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..1000));
    }
    const KNOWN: [u32; 8] = [1, 0, 2, 3, 7, 5, 4, 6];

    /// Computed by a separate program with its own ChaCha; the Beta deviates are the crate's, frozen.
    #[test]
    fn known_answers() {
        let mut rng = stream(42, "order", &[3]);
        let words = [rng.next_u64(), rng.next_u64(), rng.next_u64()];
        assert_eq!(words, [0xfbbf_dc21_3a09_fa0c, 0x4905_7671_22a5_a778, 0x70c1_4aa7_2e1c_78bd]);
        let mut rng = stream(42, "order", &[3]);
        assert_eq!([unit(&mut rng), unit(&mut rng)], [0.983_396_299_468_985_4, 0.285_239_603_634_769_97]);
        let order = shuffle(42, "order", &[3], 16);
        assert_eq!(order, [6, 1, 11, 4, 2, 3, 15, 8, 7, 13, 5, 14, 10, 9, 0, 12]);
        let mut values = [0.0; 4];
        fill_uniform(&mut stream(42, "init", &[0]), 0.5, &mut values);
        assert_eq!(values, [0.094_046_146, -0.112_307_996, -0.347_515_37, -0.444_663_67]);
        fill_normal(&mut stream(42, "init", &[0]), 0.0, 0.5, &mut values);
        for (got, want) in values.into_iter().zip([0.118_982_88, -0.142_669_74, -0.512_917_7, -0.797_588_65])
        {
            assert!((got / want - 1.0_f32).abs() < 4e-7, "{got} {want}");
        }
        let shares =
            [beta(42, "mixup", 0, 0, 0.2), beta(42, "mixup", 0, 1, 0.2), beta(42, "mixup", 1, 0, 1.0)];
        for (got, want) in
            shares.iter().zip([0.997_899_531_567_099_5, 0.995_219_454_096_118_1, 0.961_359_102_720_387_7])
        {
            assert!((got / want - 1.0).abs() < 1e-12, "{got} {want}");
        }
    }

    #[test]
    fn streams_differ_by_every_coordinate() {
        let mut firsts = Vec::new();
        for seed in 0..4 {
            for purpose in ["", "order", "init"] {
                firsts.push(stream(seed, purpose, &[]).next_u64());
                for a in 0..4 {
                    firsts.push(stream(seed, purpose, &[a]).next_u64());
                    firsts.extend((0..4).map(|b| stream(seed, purpose, &[a, b]).next_u64()));
                }
            }
        }
        let count = firsts.len();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), count);
    }

    #[test]
    fn integers_are_unbiased_near_the_top() {
        // Of 2^63 + 1 numbers nearly half of all words must be rejected; a remainder alone would favour the small.
        let n = (1 << 63) + 1;
        let mut rng = stream(1, "below", &[]);
        let draws: Vec<u64> = (0..10_000).map(|_| below(&mut rng, n)).collect();
        assert!(draws.iter().all(|d| *d < n));
        let low = draws.iter().filter(|d| **d < n / 2).count() as f64;
        assert!((low - 5000.0).abs() < 4.0 * 50.0, "{low}");
    }

    #[test]
    fn fills_have_their_moments() {
        let mut values = vec![0.0; 100_000];
        let moments = |values: &[f32]| {
            let n = values.len() as f64;
            let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            (mean, values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n)
        };
        fill_uniform(&mut stream(5, "init", &[1]), 0.1, &mut values);
        let (mean, variance) = moments(&values);
        assert!(values.iter().all(|v| v.abs() < 0.1));
        assert!(mean.abs() < 8e-4 && (variance * 300.0 - 1.0).abs() < 0.012, "{mean} {variance}");
        fill_normal(&mut stream(5, "init", &[2]), 0.0, 2.0, &mut values);
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.026 && (variance / 4.0 - 1.0).abs() < 0.018, "{mean} {variance}");
    }

    #[test]
    fn every_permutation_is_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for i in 0..6000 {
            *counts.entry(shuffle(7, "test", &[i], 3)).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Five degrees of freedom: 20.5 is the 0.1 % point of chi-squared.
        let chi: f64 = counts.values().map(|&c| (f64::from(c) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 20.5, "{chi}");
    }

    #[test]
    fn shares_have_the_moments_of_beta() {
        for alpha in [0.2, 1.0, 4.0] {
            let draws: Vec<f64> = (0..20_000).map(|u| beta(1, "mixup", 0, u, alpha)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!(
                (mean - 0.5).abs() < 0.015 && (variance / expected - 1.0).abs() < 0.05,
                "{alpha}: {mean} {variance}"
            );
        }
    }
}
