//! Resampling by any ratio: a windowed sinc, laid out once a ratio at 128 places between two samples, and a straight line between two of those.
//!
//! What it costs depends on no common divisor: a sample is two sums of as many products as the kernel has taps, about 35, more where the ratio is far above 1.

use std::sync::LazyLock;

/// Zero crossings of the kernel on each side.
const CROSSINGS: usize = 16;

/// Shape of the Kaiser window: what lies beyond the band is 85 dB down.
const BETA: f64 = 8.6;

/// The band that is kept, as a share of the lower of both bands; the rest is where the kernel falls off.
const KEPT: f64 = 0.93;

/// Places between two samples.
const PHASES: usize = 128;

/// Values of the one kernel between two of its crossings.
const FINE: usize = 512;

/// How far two rates may lie apart. The kernel is as much wider as the ratio is above 1, and 129 such kernels are laid out: 5 MB at this one.
pub const FURTHEST: f64 = 256.0;

/// Sums go eight products side by side.
const LANES: usize = 8;

/// The kernel of cutoff 1 from its middle on.
static KERNEL: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let last = CROSSINGS * FINE;
    (0..=last + 1).map(|i| if i >= last { 0.0 } else { kernel(i as f64 / FINE as f64) as f32 }).collect()
});

fn kernel(t: f64) -> f64 {
    let turn = std::f64::consts::PI * t;
    let sinc = if t == 0.0 { 1.0 } else { libm::sin(turn) / turn };
    let inside = (1.0 - (t / CROSSINGS as f64).powi(2)).max(0.0).sqrt();
    sinc * bessel(BETA * inside) / bessel(BETA)
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term, quarter) = (1.0, 1.0, x * x / 4.0);
    for k in 1..64 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

/// A kernel laid out for one ratio, kept from clip to clip.
#[derive(Default)]
pub struct Resampler {
    cutoff: f64,
    /// Taps on each side.
    half: usize,
    /// Rows of `2 * half` taps, one a phase, and one more.
    taps: Vec<f32>,
    /// The clip with zeros around it.
    padded: Vec<f32>,
}

impl Resampler {
    /// So many samples of the clip, the first of them its first, each `step` samples of the clip behind the one before; behind the clip is silence.
    pub fn resample(&mut self, clip: &[f32], step: f64, length: usize, into: &mut Vec<f32>) {
        into.clear();
        if step == 1.0 {
            into.extend_from_slice(&clip[..length.min(clip.len())]);
            into.resize(length, 0.0);
            return;
        }
        self.lay_out(KEPT / step.max(1.0));
        let (half, width) = (self.half, 2 * self.half);
        self.padded.clear();
        self.padded.resize(half, 0.0);
        self.padded.extend_from_slice(clip);
        self.padded.resize(clip.len() + width + 1, 0.0);
        into.extend((0..length).map(|i| {
            let at = i as f64 * step;
            let whole = at as usize;
            if whole >= clip.len() + half {
                return 0.0;
            }
            let place = (at - whole as f64) * PHASES as f64;
            let phase = place as usize;
            // The first tap stands `half - 1` samples before the sample at `whole`.
            let samples = &self.padded[whole + 1..];
            let [low, high] = [phase, phase + 1].map(|row| &self.taps[row * width..(row + 1) * width]);
            sum(&samples[..width], low, high, (place - phase as f64) as f32)
        }));
    }

    /// Makes the table of a cutoff, a share of the clip's band.
    fn lay_out(&mut self, cutoff: f64) {
        if self.cutoff == cutoff {
            return;
        }
        self.cutoff = cutoff;
        self.half = ((CROSSINGS as f64 / cutoff).ceil() as usize).next_multiple_of(LANES / 2);
        let (half, kernel) = (self.half as isize, &KERNEL[..]);
        self.taps.clear();
        for phase in 0..=PHASES {
            let between = phase as f64 / PHASES as f64;
            self.taps.extend((0..2 * half).map(|tap| {
                let away = ((tap - (half - 1)) as f64 - between).abs() * cutoff * FINE as f64;
                let whole = (away as usize).min(kernel.len() - 2);
                let share = (away - whole as f64).min(1.0) as f32;
                cutoff as f32 * (kernel[whole] + share * (kernel[whole + 1] - kernel[whole]))
            }));
        }
    }
}

/// The products of samples with the taps at this share of the way between two rows, added up in a fixed order.
fn sum(samples: &[f32], low: &[f32], high: &[f32], share: f32) -> f32 {
    let mut sums = [[0.0_f32; LANES]; 2];
    let [samples, low, high] = [samples, low, high].map(|of| of.as_chunks::<LANES>().0);
    for (x, (low, high)) in samples.iter().zip(low.iter().zip(high)) {
        for lane in 0..LANES {
            sums[0][lane] += x[lane] * low[lane];
            sums[1][lane] += x[lane] * high[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] =
        std::array::from_fn(|lane| sums[0][lane] + share * (sums[1][lane] - sums[0][lane]));
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
