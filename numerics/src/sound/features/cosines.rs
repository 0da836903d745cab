//! The cosine transform by which logarithms of bands become a cepstrum.

use std::f64::consts::PI;

use crate::math::sin_cos;

/// The first `kept` coefficients of the orthonormal cosine transform (the second of its kinds) of `bands` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosines {
    pub bands: usize,
    pub kept: usize,
}

impl Cosines {
    /// The matrix, `[bands, kept]` row by row.
    pub fn weights(&self) -> Vec<f64> {
        let bands = self.bands as f64;
        let weight = |band: usize, k: usize| {
            let square = if k == 0 { 1.0 } else { 2.0 };
            (square / bands).sqrt() * sin_cos(PI * k as f64 * (2 * band + 1) as f64 / (2.0 * bands)).1
        };
        (0..self.bands).flat_map(|band| (0..self.kept).map(move |k| weight(band, k))).collect()
    }
}
