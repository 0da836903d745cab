//! Random streams of the host: shuffles, initial weights, shares of mixup.
//!
//! A stream is ChaCha with 8 rounds, keyed by (seed, purpose, coordinates), so nothing depends on what was drawn before. Integers are
//! drawn here, not by a crate, whose way of drawing may change; the streams themselves are fixed by the cipher.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Beta, Distribution};

use crate::math::{fnv1a64, mix64};

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

/// Mixup's share: `Beta(alpha, alpha)`, one a minibatch.
pub fn beta(seed: u64, epoch: u64, update: u64, alpha: f64) -> f64 {
    let mut rng = stream(seed, "mixup.lambda", &[epoch, update]);
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
            let draws: Vec<f64> = (0..20_000).map(|u| beta(1, 0, u, alpha)).collect();
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
