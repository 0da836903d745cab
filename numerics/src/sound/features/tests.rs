//! Against librosa, and against the sums that define them.

use super::golden::*;
use super::*;

const BANKS: [(MelBank, &[f64]); 4] = [
    (bank(16_000, 400, 64, 50.0, 8_000.0, Scale::Htk, false), BANK_0),
    (bank(16_000, 400, 64, 50.0, 8_000.0, Scale::Slaney, true), BANK_1),
    (bank(22_050, 1024, 40, 0.0, 11_025.0, Scale::Slaney, false), BANK_2),
    (bank(8_000, 200, 40, 50.0, 4_000.0, Scale::Htk, true), BANK_3),
];

const fn bank(rate: u32, fft: usize, bands: usize, low: f64, high: f64, scale: Scale, area: bool) -> MelBank {
    MelBank { rate, fft, bands, low, high, scale, area }
}

const CLIP: Spectrum =
    Spectrum { samples: 16_000, window: 400, hop: 160, fft: 400, before: 200, frames: 101, squared: true };

fn spectra_of(form: &Spectrum, wave: &[f32]) -> Vec<f32> {
    let mut to = vec![9.0; form.frames * form.bins()];
    spectra(form, wave, &mut to);
    to
}

/// Rows of `x` times a matrix of so many rows and columns, in f64.
fn product(x: impl Iterator<Item = f64>, [rows, columns]: [usize; 2], weights: &[f64]) -> Vec<f64> {
    let x: Vec<f64> = x.collect();
    let row = |x: &[f64]| -> Vec<f64> {
        (0..columns).map(|c| (0..rows).map(|r| x[r] * weights[r * columns + c]).sum()).collect()
    };
    x.chunks_exact(rows).flat_map(row).collect()
}

#[test]
fn banks_are_those_of_librosa() {
    for (bank, golden) in BANKS {
        let (weights, bands) = (bank.weights(), bank.bands);
        assert_eq!(bank.empty().next(), None);
        for band in 0..bands {
            let own = || weights.iter().skip(band).step_by(bands);
            let told = [
                own().sum::<f64>(),
                own().enumerate().map(|(bin, w)| bin as f64 * w).sum(),
                own().fold(0.0, |a: f64, b| a.max(*b)),
            ];
            for (a, b) in told.into_iter().zip(&golden[3 * band..]) {
                assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{bank:?}, band {band}: {a}, not {b}");
            }
        }
    }
}

#[test]
fn filters_without_a_bin_are_found() {
    let crowded = bank(8_000, 200, 128, 50.0, 4_000.0, Scale::Htk, false);
    assert_eq!(crowded.empty().count(), 11);
    assert_eq!(MelBank { scale: Scale::Slaney, ..crowded }.empty().count(), 6);
    assert_eq!(MelBank { bands: 64, ..crowded }.empty().count(), 0);
    assert_eq!(crowded.most(), Some(79));
    // By the weights themselves, of coarse and fine transforms.
    for (fft, bands) in [(2, 1), (7, 3), (200, 64), (200, 128), (256, 300), (4_000, 500)] {
        let bank = bank(8_000, fft, bands, 50.0, 4_000.0, Scale::Htk, true);
        let weights = bank.weights();
        let silent = |band: &usize| weights.iter().skip(*band).step_by(bands).all(|w| *w == 0.0);
        let told: Vec<usize> = (0..bands).filter(silent).collect();
        assert_eq!(bank.empty().collect::<Vec<_>>(), told, "{fft} {bands}");
    }
    // None is made before it is asked for.
    let absurd = MelBank { bands: 1_000_000_000, ..crowded };
    assert_eq!((absurd.empty().next(), absurd.most()), (Some(0), Some(79)));
}

#[test]
fn mels_and_back() {
    for scale in [Scale::Htk, Scale::Slaney] {
        for hz in [0.0, 50.0, 999.0, 1000.0, 4321.0, 22_050.0] {
            assert!((scale.hz(scale.mels(hz)) - hz).abs() < 1e-9 * hz.max(1.0), "{scale:?} {hz}");
        }
    }
}

#[test]
fn a_clip_has_the_spectra_bands_and_cepstra_of_librosa() {
    let power = spectra_of(&CLIP, &clip());
    let bins = CLIP.bins();
    let top = power.iter().fold(0.0_f32, |a, b| a.max(*b));
    for (frame, golden) in FRAMES.iter().zip(POWER.chunks_exact(21)) {
        let own = power[frame * bins..(frame + 1) * bins].iter().step_by(10);
        own.zip(golden).for_each(|(a, b)| assert!((f64::from(*a) - b).abs() < 1e-6 * f64::from(top)));
    }
    let mel = product(power.iter().map(|x| f64::from(*x)), [bins, 64], &BANKS[0].0.weights());
    let cosines = Cosines { bands: 64, kept: 13 }.weights();
    let cepstra = product(mel.iter().map(|x| x.max(1e-6).ln()), [64, 13], &cosines);
    for (i, frame) in FRAMES.iter().enumerate() {
        for (a, b) in mel[64 * frame..64 * (frame + 1)].iter().zip(&MEL[64 * i..]) {
            assert!((a - b).abs() < 1e-6 * MEL_TOP, "{a}, not {b}");
            assert!(*b < 1e-6 * MEL_TOP || (a / b - 1.0).abs() < 1e-3, "{a}, not {b}");
        }
        for (a, b) in cepstra[13 * frame..13 * (frame + 1)].iter().zip(&MFCC[13 * i..]) {
            assert!((a - b).abs() < 1e-3, "{a}, not {b}");
        }
    }
}

#[test]
fn frames_may_lie_inside_and_be_filled_up() {
    let form = Spectrum { fft: 512, before: 0, frames: 98, squared: false, ..CLIP };
    let sizes = spectra_of(&form, &clip());
    let top = APART.iter().fold(0.0_f64, |a, b| a.max(*b));
    for (frame, golden) in [0, 3].iter().zip(APART.chunks_exact(17)) {
        let own = sizes[frame * form.bins()..(frame + 1) * form.bins()].iter().step_by(16);
        own.zip(golden).for_each(|(a, b)| assert!((f64::from(*a) - b).abs() < 1e-5 * top, "{a}, not {b}"));
    }
}

#[test]
fn silence_behind_a_clip_is_zeros() {
    let mut wave = clip();
    wave[5_000..].fill(0.0);
    let all = spectra_of(&CLIP, &wave);
    let frames: Vec<bool> = all.chunks_exact(CLIP.bins()).map(|f| f.iter().all(|x| *x == 0.0)).collect();
    let first = frames.iter().position(|silent| *silent);
    // Frame t begins at 160 t - 200.
    assert_eq!(first, Some(33));
    assert!(frames[33..].iter().all(|silent| *silent));
}

/// `<J dx, flow> = <dx, gradient of flow>`, J dx by a difference in f64.
#[test]
fn what_flows_back_is_the_adjoint() {
    for (fft, window, squared) in [(8, 6, true), (8, 8, false), (9, 7, true), (7, 5, false)] {
        let form = Spectrum { samples: 23, window, hop: 3, fft, before: 2, frames: 7, squared };
        assert_eq!(form.check(), Ok(()));
        let number = |seed: u64| move |i: u64| (crate::draws::mix64(seed ^ i) >> 40) as f32 / 8e6 - 1.0;
        let wave: Vec<f32> = (0..23).map(number(1 << 20)).collect();
        let flow: Vec<f32> = (0..7 * form.bins() as u64).map(number(2 << 20)).collect();
        let mut back = vec![9.0; 23];
        gradient(&form, &wave, &flow, &mut back);
        for i in 0..23 {
            let at = |by: f32| {
                let mut wave = wave.clone();
                wave[i] += by;
                let values = spectra_of(&form, &wave);
                values.iter().zip(&flow).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
            };
            let numeric = (at(0.01) - at(-0.01)) / 0.02;
            assert!(
                (numeric - f64::from(back[i])).abs() < 2e-2,
                "{form:?}, sample {i}: {} and {numeric}",
                back[i]
            );
        }
    }
}
