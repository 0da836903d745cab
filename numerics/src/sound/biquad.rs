//! Filters of the second order, Butterworth's: those of Robert Bristow-Johnson's cookbook, with `Q = 1/sqrt 2`.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Coefficients, that of the newest result taken to be 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Biquad {
    forward: [f64; 3],
    back: [f64; 2],
}

impl Biquad {
    /// Takes away what lies above a frequency, 12 dB an octave; the frequency is a share of the sampling rate, below a half.
    #[must_use]
    pub fn lowpass(cutoff: f64) -> Self {
        Self::new(cutoff, |cos| [(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0])
    }

    /// Takes away what lies below a frequency.
    #[must_use]
    pub fn highpass(cutoff: f64) -> Self {
        Self::new(cutoff, |cos| [f64::midpoint(1.0, cos), -(1.0 + cos), f64::midpoint(1.0, cos)])
    }

    fn new(cutoff: f64, forward: impl Fn(f64) -> [f64; 3]) -> Self {
        let (sin, cos) = libm::sincos(TAU * cutoff);
        let alpha = sin * FRAC_1_SQRT_2;
        let whole = 1.0 + alpha;
        Self { forward: forward(cos).map(|b| b / whole), back: [-2.0 * cos / whole, (1.0 - alpha) / whole] }
    }

    /// Filters samples in place, silence before them.
    pub fn apply(&self, samples: &mut [f32]) {
        let ([b0, b1, b2], [a1, a2]) = (self.forward, self.back);
        let [mut first, mut second] = [0.0_f64; 2];
        for x in samples {
            let own = f64::from(*x);
            let y = b0 * own + first;
            first = quiet(b1 * own - a1 * y + second);
            second = quiet(b2 * own - a2 * y);
            *x = y as f32;
        }
    }
}

/// What rings on far below anything that is heard is nothing: numbers that are no longer normal would be slow.
fn quiet(x: f64) -> f64 {
    if x.abs() < 1e-30 { 0.0 } else { x }
}
