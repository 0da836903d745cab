//! Pitch shifted, length kept: made slower or faster by the vocoder, then resampled.

use super::{
    Resampler,
    vocoder::{Desk, Vocoder},
};

/// What a thread works on, kept from clip to clip.
#[derive(Default)]
pub struct Bench {
    pub desk: Desk,
    pub resampler: Resampler,
    slow: Vec<f32>,
}

/// The clip so many semitones higher.
pub fn shift(vocoder: &Vocoder, clip: &[f32], semitones: f64, bench: &mut Bench, into: &mut Vec<f32>) {
    let faster = libm::exp2(semitones / 12.0);
    vocoder.stretch(clip, 1.0 / faster, &mut bench.desk, &mut bench.slow);
    bench.resampler.resample(&bench.slow, faster, clip.len(), into);
}
