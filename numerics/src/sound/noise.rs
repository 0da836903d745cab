//! Noise, of normal deviates that the caller draws.

/// How loud noise is over the frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// As loud at each.
    White,
    /// As loud in each octave: 3 dB less an octave.
    Pink,
}

/// Poles and gains of low passes whose sum falls by 3 dB an octave, to 0.05 dB over nine octaves below half the sampling rate (Paul Kellet).
const PINK: [(f64, f64); 6] = [
    (0.998_86, 0.055_517_9),
    (0.993_32, 0.075_075_9),
    (0.969, 0.153_852),
    (0.866_5, 0.310_485_6),
    (0.55, 0.532_952_2),
    (-0.761_6, -0.016_898),
];
const DIRECT: f64 = 0.536_2;
const BEFORE: f64 = 0.115_926;

impl Color {
    /// So many samples of noise; its level is whatever comes of it.
    pub fn fill(self, samples: usize, mut deviate: impl FnMut() -> f32, into: &mut Vec<f32>) {
        into.clear();
        if self == Self::White {
            into.extend((0..samples).map(|_| deviate()));
            return;
        }
        // Begun as loud as they will be, so that the first sample is like all.
        let mut lows = PINK.map(|(pole, gain)| gain * f64::from(deviate()) / (1.0 - pole * pole).sqrt());
        let mut before = f64::from(deviate());
        into.extend((0..samples).map(|_| {
            let white = f64::from(deviate());
            lows.iter_mut().zip(PINK).for_each(|(low, (pole, gain))| *low = pole * *low + gain * white);
            let sum = lows.iter().sum::<f64>() + DIRECT * white + BEFORE * before;
            before = white;
            sum as f32
        }));
    }
}
