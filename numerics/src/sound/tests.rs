//! Against librosa and torchaudio on a clip made by formula (tests/golden/effects.py), and what must hold of any clip.

use std::f64::consts::TAU;

use realfft::RealFftPlanner;
use serde_json::Value;

use super::{
    Biquad, Color, Resampler, Vocoder,
    level::rms,
    pitch::{self, Bench},
    vocoder::{Desk, stretched, usual_window},
};

const RATE: f64 = 8000.0;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../tests/golden/effects.json")).expect("json")
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().expect("a list");
    items.iter().map(|x| x.as_f64().expect("a number") * 1e-6).collect()
}

/// A rising tone, and noise from a hash of the sample's number.
fn clip(samples: u32) -> Vec<f32> {
    let noise = |i: u32| {
        let mut x = i.wrapping_mul(2_654_435_761);
        x ^= x >> 15;
        x = x.wrapping_mul(2_246_822_519);
        f64::from(x ^ (x >> 13)) / 2.0_f64.powi(32) - 0.5
    };
    let tone = |t: f64| 0.3 * (TAU * (300.0 * t + 2000.0 * t * t)).sin();
    (0..samples).map(|i| (tone(f64::from(i) / RATE) + 0.2 * noise(i)) as f32).collect()
}

fn sine(hertz: f64, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (0.5 * (TAU * hertz * i as f64 / RATE).sin()) as f32).collect()
}

fn clicks(samples: usize) -> Vec<f32> {
    (0..samples).map(|i| if i % 1500 == 1000 { 0.8 } else { 0.0 }).collect()
}

fn stretch(vocoder: &Vocoder, clip: &[f32], rate: f64) -> Vec<f32> {
    let mut into = Vec::new();
    vocoder.stretch(clip, rate, &mut Desk::default(), &mut into);
    into
}

fn shift(vocoder: &Vocoder, clip: &[f32], semitones: f64) -> Vec<f32> {
    let mut into = Vec::new();
    pitch::shift(vocoder, clip, semitones, &mut Bench::default(), &mut into);
    into
}

fn resample(clip: &[f32], step: f64) -> Vec<f32> {
    let mut into = Vec::new();
    Resampler::default().resample(clip, step, stretched(clip.len(), step), &mut into);
    into
}

fn spoken() -> Vocoder {
    Vocoder::new(usual_window(RATE as u32))
}

/// The rms of the difference beside that of what should be.
fn apart(is: &[f32], should: &[f64]) -> f64 {
    assert_eq!(is.len(), should.len());
    let squares = is.iter().zip(should).map(|(is, should)| (f64::from(*is) - should).powi(2));
    (squares.sum::<f64>() / should.iter().map(|x| x * x).sum::<f64>()).sqrt()
}

fn decibels(one: &[f32], other: &[f32]) -> f64 {
    20.0 * (rms(one) / rms(other)).log10()
}

/// Where the spectrum of the middle of a clip is highest, between bins by a parabola, in Hertz; and the spectrum of energies.
fn peak(clip: &[f32]) -> (f64, Vec<f64>) {
    const SIZE: usize = 4096;
    let start = (clip.len() - SIZE) / 2;
    let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / SIZE as f64).cos();
    let mut samples: Vec<f64> = (0..SIZE).map(|i| hann(i) * f64::from(clip[start + i])).collect();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(SIZE);
    let mut bins = fft.make_output_vec();
    fft.process(&mut samples, &mut bins).expect("the plan's sizes");
    let energy: Vec<f64> = bins.iter().map(|bin| bin.norm_sqr()).collect();
    let best = (1..SIZE / 2).max_by(|a, b| energy[*a].total_cmp(&energy[*b])).expect("bins");
    let [below, own, above] = [best - 1, best, best + 1].map(|bin| energy[bin].ln());
    let at = best as f64 + 0.5 * (below - above) / (below - 2.0 * own + above);
    (at * RATE / SIZE as f64, energy)
}

#[test]
fn without_locking_it_is_the_vocoder_of_librosa() {
    for case in golden()["stretch"].as_array().expect("a list") {
        let (rate, window) = (case["rate"].as_f64().expect("a rate"), case["window"].as_u64());
        let vocoder = Vocoder::new(window.expect("a window") as usize).without_locking();
        let apart = apart(&stretch(&vocoder, &clip(1000), rate), &numbers(&case["is"]));
        assert!(apart < 2e-5, "rate {rate}: {apart}");
    }
}

#[test]
fn filters_are_those_of_torchaudio() {
    for case in golden()["filters"].as_array().expect("a list") {
        let cutoff = case["cutoff"].as_f64().expect("Hertz") / RATE;
        let filter = if case["kind"] == "low" { Biquad::lowpass(cutoff) } else { Biquad::highpass(cutoff) };
        let mut samples = clip(1000);
        filter.apply(&mut samples);
        let apart = apart(&samples, &numbers(&case["is"]));
        assert!(apart < 1e-5, "{case}: {apart}");
    }
}

#[test]
fn a_shifted_sine_is_a_sine_of_the_asked_pitch() {
    let vocoder = spoken();
    for hertz in [110.0, 440.0, 1234.5, 2000.0] {
        for semitones in [-12.0, -2.0, -0.37, 0.5, 2.0, 7.0] {
            let (is, was) = (shift(&vocoder, &sine(hertz, 8000), semitones), sine(hertz, 8000));
            let found = 12.0 * (peak(&is).0 / hertz).log2();
            assert!((found - semitones).abs() < 0.02, "{hertz} Hz, {semitones} st: {found}");
            let level = decibels(&is[1000..7000], &was[1000..7000]);
            assert!(level.abs() < 0.1, "{hertz} Hz, {semitones} st: {level} dB");
        }
    }
}

#[test]
fn energy_stays() {
    let vocoder = spoken();
    for rate in [0.5, 0.8, 1.1, 1.25, 2.0] {
        let level = decibels(&stretch(&vocoder, &clip(8000), rate), &clip(8000));
        assert!(level.abs() < 0.01, "{rate}: {level} dB");
    }
}

/// Most of a click stays together, and half as much again as librosa leaves with frames as long.
#[test]
fn clicks_stay_clicks() {
    let (golden, vocoder) = (golden(), spoken());
    for rate in [0.8, 0.9, 1.1, 1.25] {
        let is = stretch(&vocoder, &clicks(8000), rate);
        let energy = |range: &[f32]| range.iter().map(|x| f64::from(x * x)).sum::<f64>();
        let middles = (1000..8000).step_by(1500).map(|at| (f64::from(at) / rate).round() as usize);
        let near = middles.map(|middle| energy(&is[middle - 20..=middle + 20])).sum::<f64>() / energy(&is);
        let theirs = golden["clicks"][rate.to_string()].as_f64().expect("a share");
        assert!(near > 0.5 && near > 1.5 * theirs, "{rate}: {near}, librosa {theirs}");
    }
}

#[test]
fn a_clip_that_is_not_stretched_stays_as_it_is() {
    let clip = clip(5000);
    let should: Vec<f64> = clip.iter().map(|x| f64::from(*x)).collect();
    for vocoder in [spoken(), Vocoder::new(128), Vocoder::new(256).without_locking()] {
        let apart = apart(&stretch(&vocoder, &clip, 1.0), &should);
        assert!(apart < 1e-6, "{apart}");
    }
    assert_eq!(resample(&clip, 1.0), clip);
}

#[test]
fn lengths_are_exact_and_nothing_is_no_number() {
    let vocoder = spoken();
    for samples in [0, 1, 2, 7, 100, 383, 384, 385, 3001] {
        for (rate, semitones) in [(0.25, 24.0), (0.8, 0.31), (1.0, 0.0), (1.37, -5.0), (4.0, -24.0)] {
            for whole in [clip(samples), vec![0.0; samples as usize]] {
                let was = f64::from(samples);
                let (slow, high) = (stretch(&vocoder, &whole, rate), shift(&vocoder, &whole, semitones));
                assert_eq!(slow.len(), (was / rate).round_ties_even() as usize);
                assert_eq!([high.len(), resample(&whole, rate).len()], [whole.len(), slow.len()]);
                let all = || slow.iter().chain(&high);
                assert!(all().all(|x| x.abs() < 2.0), "{samples} samples, rate {rate}");
                let was_silent = whole.iter().all(|x| *x == 0.0);
                assert!(!was_silent || all().all(|x| *x == 0.0), "{samples} samples, rate {rate}");
            }
        }
    }
}

/// Sound that begins behind silence, and silence behind sound.
#[test]
fn silence_inside_a_clip_stays_silence() {
    let mut samples = clip(8000);
    samples[..3000].fill(0.0);
    samples[6000..].fill(0.0);
    let is = stretch(&spoken(), &samples, 0.8);
    assert!(is.iter().all(|x| x.is_finite()));
    assert!(rms(&is[..3300]) < 1e-6 && rms(&is[8000..]) < 1e-6 && rms(&is[4000..7000]) > 0.1);
}

#[test]
fn what_lay_on_a_desk_does_not_matter() {
    let (mut bench, mut into) = (Bench::default(), Vec::new());
    for vocoder in [spoken(), Vocoder::new(64), Vocoder::new(512), spoken()] {
        for semitones in [3.0, -1.5, 3.0] {
            pitch::shift(&vocoder, &clip(2000), semitones, &mut bench, &mut into);
            assert_eq!(into, shift(&vocoder, &clip(2000), semitones));
        }
    }
}

#[test]
fn resampling_keeps_the_band_and_folds_nothing() {
    for step in [0.7, 0.813, 1.059_46, 1.3] {
        for hertz in [400.0, 1000.0, 2000.0] {
            let is = resample(&sine(hertz, 12_000), step);
            let (found, energy) = peak(&is);
            assert!((found - hertz * step).abs() < 0.05, "{hertz} Hz by {step}: {found}");
            assert!((rms(&is[500..6000]) - 0.5_f64.sqrt() * 0.5).abs() < 1e-3, "{hertz} Hz by {step}");
            let own = (found / RATE * 4096.0) as usize;
            let others = energy.iter().enumerate().filter(|(bin, _)| bin.abs_diff(own) > 64);
            let stray = others.map(|(_, e)| e).sum::<f64>() / energy.iter().sum::<f64>();
            assert!(stray < 1e-8, "{hertz} Hz by {step}: {stray}");
        }
    }
    // Above half of the new rate: gone.
    assert!(rms(&resample(&sine(3500.0, 12_000), 1.3)[500..8000]) < 1e-3);
}

#[test]
fn noise_has_its_color() {
    let mut state = 1_u64;
    // Sums of twelve uniform numbers.
    let mut deviate = || {
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 16_777_216.0
        };
        (0..12).map(|_| unit()).sum::<f32>() - 6.0
    };
    for (color, slope) in [(Color::White, 0.0), (Color::Pink, -1.0)] {
        let mut octaves = [0.0; 6];
        for _ in 0..40 {
            let mut noise = Vec::new();
            color.fill(4096, &mut deviate, &mut noise);
            assert_eq!(noise.len(), 4096);
            let (_, energy) = peak(&noise);
            for (octave, sum) in octaves.iter_mut().enumerate() {
                let bins = 16 << octave..32 << octave;
                *sum += energy[bins.clone()].iter().sum::<f64>() / bins.len() as f64;
            }
        }
        for pair in octaves.windows(2) {
            let is = (pair[1] / pair[0]).log2();
            assert!((is - slope).abs() < 0.25, "{color:?}: {is} an octave");
        }
    }
}

#[test]
fn windows_are_about_48_milliseconds() {
    let windows = [8000, 16_000, 22_050, 44_100, 48_000].map(usual_window);
    assert_eq!(windows, [384, 768, 1024, 2048, 2048]);
}
