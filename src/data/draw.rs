//! Random decisions of the data side: uniform and normal numbers, and orders, each a function of (seed, purpose, coordinates).

use std::f64::consts::TAU;

use rand_chacha::ChaCha8Rng;

use crate::draws::rng;
use crate::math::{ln_f64, sin_cos};

/// A stream of draws.
#[derive(Clone, Debug)]
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self(rng::stream(seed, purpose, &[]))
    }

    /// In [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        rng::unit(&mut self.0)
    }

    /// A whole number below `n`, which is above 0.
    pub fn below(&mut self, n: usize) -> usize {
        rng::below(&mut self.0, n as u64) as usize
    }

    /// Mean 0, variance 1 (Box and Muller 1958, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * ln_f64(1.0 - self.uniform())).sqrt();
        radius * sin_cos(TAU * self.uniform()).1
    }
}

/// The items in random order.
pub(super) fn shuffled<T: Clone>(items: &[T], seed: u64, purpose: &str, coordinates: &[u64]) -> Vec<T> {
    rng::shuffle(seed, purpose, coordinates, items.len())
        .into_iter()
        .map(|i| items[i as usize].clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_have_mean_zero_and_variance_one() {
        let mut draws = Draws::new(0, "test");
        let values: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn an_order_is_keyed_and_complete() {
        let items: Vec<u32> = (0..50).collect();
        let order = shuffled(&items, 0, "split", &[1]);
        assert_ne!(order, shuffled(&items, 0, "split", &[2]));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, items);
    }
}
