//! Random decisions of the data side: a function of (seed, purpose, coordinates) and nothing else.
//!
//! Invariant: own Fisher-Yates and own deviates on ChaCha8, so that no crate's update moves a split.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
#[derive(Clone, Debug)]
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64, purpose: &str, coordinates: &[u64]) -> Self {
        let purpose = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let key = coordinates.iter().fold(mix64(mix64(seed) ^ purpose), |key, c| mix64(key ^ c));
        let mut bytes = [0; 32];
        for (i, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(&mix64(key.wrapping_add(i as u64)).to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// Below `n`, every value equally often (Lemire 2019, with rejection).
    pub fn below(&mut self, n: u64) -> u64 {
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(n);
            if wide as u64 >= n.wrapping_neg() % n {
                return (wide >> 64) as u64;
            }
        }
    }

    /// In [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Mean 0, variance 1 (Box and Muller 1958, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Fisher and Yates, from the end.
pub(super) fn shuffle<T>(items: &mut [T], draws: &mut Draws) {
    for last in (1..items.len()).rev() {
        items.swap(last, draws.below(last as u64 + 1) as usize);
    }
}

fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_three_is_equally_likely() {
        let mut seen = std::collections::BTreeMap::new();
        let mut draws = Draws::new(1, "test", &[]);
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            shuffle(&mut items, &mut draws);
            *seen.entry(items).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|n| (850..1150).contains(n)), "{seen:?}");
    }

    #[test]
    fn deviates_have_mean_zero_and_variance_one() {
        let mut draws = Draws::new(0, "test", &[7]);
        let values: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn seed_purpose_and_coordinates_all_count() {
        let first =
            |seed, purpose, coordinates: &[u64]| Draws::new(seed, purpose, coordinates).below(1 << 60);
        let base = first(0, "split", &[1]);
        assert_eq!(base, first(0, "split", &[1]));
        assert!(
            base != first(1, "split", &[1])
                && base != first(0, "blobs", &[1])
                && base != first(0, "split", &[2])
        );
    }
}
