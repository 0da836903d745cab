//! The window that a frame is multiplied by.

use std::f64::consts::TAU;

use crate::math::sin_cos;

/// Hann's window of `len` samples, periodic: sample `i` is `(1 - cos(2 pi i / len)) / 2`, and the one behind the last would be that of the next period. A window of
/// one sample is 1.
pub fn hann(len: usize) -> Vec<f64> {
    match len {
        1 => vec![1.0],
        _ => (0..len).map(|i| 0.5 - 0.5 * sin_cos(TAU * i as f64 / len as f64).1).collect(),
    }
}
