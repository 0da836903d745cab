//! What pitch shifts and stretches of a clip of one second at 16 kHz take, on one thread: the least of many, in milliseconds, which nothing else on the machine makes longer. `benches/peers/effects.py` runs it beside
//! others.
//!
//!     cargo bench --bench effects

use std::time::Instant;

use dropnet::internal::sound::{
    Vocoder,
    pitch::{self, Bench},
    vocoder::{stretched, usual_window},
};

const RATE: u32 = 16_000;

/// A rising tone and a little noise.
fn clip() -> Vec<f32> {
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 16_777_216.0 - 0.5
    };
    let tone = |t: f64| 0.3 * (std::f64::consts::TAU * (200.0 * t + 400.0 * t * t)).sin();
    (0..RATE).map(|i| (tone(f64::from(i) / f64::from(RATE)) + 0.15 * noise()) as f32).collect()
}

fn least(mut run: impl FnMut()) -> f64 {
    let timed = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..300).map(timed).fold(f64::INFINITY, f64::min)
}

fn main() {
    let (clip, vocoder) = (clip(), Vocoder::new(usual_window(RATE)));
    let (mut bench, mut into) = (Bench::default(), Vec::new());
    for semitones in [-2.0, 1.5, 2.0] {
        let time = least(|| pitch::shift(&vocoder, &clip, semitones, &mut bench, &mut into));
        println!("pitch_shift {semitones} {time:.3}");
    }
    for rate in [0.8, 1.25] {
        let time = least(|| vocoder.stretch(&clip, rate, &mut bench.desk, &mut into));
        println!("time_stretch {rate} {time:.3}");
    }
    let length = stretched(clip.len(), 1.1);
    let time = least(|| bench.resampler.resample(&clip, 1.1, length, &mut into));
    println!("speed 1.1 {time:.3}");
}
