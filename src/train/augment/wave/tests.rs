//! What statements make of sounds made by formula.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use super::{Playing, Studio};
use crate::{
    check::{Env, check_source},
    sound::level::rms,
    train::augment::tests::{of_sounds, row},
};

const RATE: u32 = 8000;

/// Of the net in `of_sounds`: half a second.
const MOST: usize = 4000;

fn playing(statements: &str) -> Playing {
    let checked = check_source(&of_sounds(statements), &Env::default());
    assert!(checked.diagnostics.is_empty(), "{statements}\n{:#?}", checked.diagnostics);
    let train = checked.model.and_then(|model| model.train).expect("a `train` section");
    // Recordings of half a second and of a tenth: steps of samples, so that each says where it is from.
    let mut recorded = |folder: &str| {
        assert_eq!(folder, "streets");
        Ok([5000, 800].map(|length| (1..=length).map(|i| 1e-4 * i as f32).collect()).to_vec())
    };
    Playing::new(&train.augmentation.rows, RATE, (100, MOST), &mut recorded).expect("recordings")
}

fn after(playing: &Playing, position: u64, clip: &[f32]) -> Vec<f32> {
    playing.apply(&row(position), clip, &mut Studio::default()).to_vec()
}

fn sine(hertz: f64, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (0.5 * (TAU * hertz * i as f64 / f64::from(RATE)).sin()) as f32).collect()
}

fn ramp(samples: usize) -> Vec<f32> {
    (0..samples).map(|i| i as f32 / samples as f32).collect()
}

fn decibels(one: &[f32], other: &[f32]) -> f64 {
    20.0 * (rms(one) / rms(other)).log10()
}

#[test]
fn lengths_follow_the_factor_up_to_the_declared_one() {
    for word in ["time_stretch", "speed"] {
        let playing = playing(&format!("{word} 0.8..1.25"));
        let lengths: BTreeSet<usize> =
            (0..200).map(|position| after(&playing, position, &sine(300.0, 3500)).len()).collect();
        let (first, last) = (lengths.first().copied(), lengths.last().copied());
        assert!(first.is_some_and(|first| (2800..2900).contains(&first)), "{word}: {first:?}");
        assert_eq!(last, Some(MOST), "{word}");
        assert!(lengths.len() > 60, "{word}: {lengths:?}");
        let fixed = self::playing(&format!("{word} 1.25"));
        assert_eq!(after(&fixed, 0, &sine(300.0, 3501)).len(), 2801, "{word}");
        // Windows of the net need a hundred samples.
        assert_eq!(after(&fixed, 0, &sine(300.0, 110)).len(), 100, "{word}");
    }
}

#[test]
fn what_becomes_too_long_is_cut_anywhere() {
    let playing = playing("speed 0.5");
    let begins = |position: u64| after(&playing, position, &ramp(MOST))[100];
    let starts: Vec<f32> = (0..200).map(begins).collect();
    let found = |low: f32, high: f32| starts.iter().any(|x| (low..high).contains(x));
    assert!(found(0.0, 0.07) && found(0.2, 0.3) && found(0.45, 0.52), "{starts:?}");
    assert!(starts.iter().all(|x| *x < 0.52));
}

/// A recording that is all but silent is added at the ratio that is asked for.
#[test]
fn what_is_nearly_silent_is_added_like_anything_else() {
    let checked = check_source(&of_sounds("background \"streets\", snr=20dB"), &Env::default());
    let train = checked.model.and_then(|model| model.train).expect("a `train` section");
    let mut recorded = |_: &str| Ok(vec![vec![1e-41_f32; 800]]);
    let playing =
        Playing::new(&train.augmentation.rows, RATE, (100, MOST), &mut recorded).expect("recordings");
    let clip = sine(300.0, 800);
    let noise: Vec<f32> = after(&playing, 0, &clip).iter().zip(&clip).map(|(a, b)| a - b).collect();
    assert!((decibels(&clip, &noise) - 20.0).abs() < 0.01, "{}", decibels(&clip, &noise));
}

#[test]
fn pitch_moves_and_length_stays() {
    let playing = playing("pitch_shift 12st..12st");
    let is = after(&playing, 0, &sine(300.0, 3000));
    let crossings = |clip: &[f32]| clip.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    assert_eq!(is.len(), 3000);
    let (found, wanted) = (crossings(&is), 2 * crossings(&sine(300.0, 3000)));
    assert!(found.abs_diff(wanted) <= 4, "{found} waves, {wanted} wanted");
}

#[test]
fn a_shift_moves_by_its_share_at_most() {
    let clip = ramp(1000);
    let (zero, circular) = (playing("shift 10%"), playing("shift 10%, kind=circular"));
    let mut places = BTreeSet::new();
    for position in 0..400 {
        let [zero, circular] = [&zero, &circular].map(|playing| after(playing, position, &clip));
        let start = circular.iter().position(|x| *x == 0.0).expect("the first sample") as isize;
        let by = if start > 500 { start - 1000 } else { start };
        places.insert(by);
        let mut turned = clip.clone();
        turned.rotate_right(by.rem_euclid(1000) as usize);
        assert_eq!(circular, turned);
        // The same draws: the statements have the same path.
        let came_in = |i: isize| if by > 0 { i < by } else { i >= 1000 + by };
        let wanted = |i: usize| if came_in(i as isize) { 0.0 } else { turned[i] };
        assert!((0..1000).all(|i| zero[i] == wanted(i)), "moved by {by}");
    }
    assert!(places.first().is_some_and(|by| (-100..-95).contains(by)), "{places:?}");
    assert!(places.last().is_some_and(|by| (96..=100).contains(by)), "{places:?}");
}

#[test]
fn gain_and_polarity_are_factors() {
    let (clip, gain, polarity) = (sine(300.0, 1000), playing("gain 6dB"), playing("polarity p=50%"));
    let (mut levels, mut turned) = (Vec::new(), 0);
    for position in 0..400 {
        let is = after(&gain, position, &clip);
        let factor = is[3] / clip[3];
        assert!(is.iter().zip(&clip).all(|(is, was)| (is - factor * was).abs() < 1e-6));
        levels.push(decibels(&is, &clip));
        let is = after(&polarity, position, &clip);
        turned += usize::from(is != clip);
        assert!(is == clip || is.iter().zip(&clip).all(|(is, was)| *is == -was));
    }
    assert!(levels.iter().all(|level| (-6.001..=6.001).contains(level)));
    assert!(levels.iter().any(|level| *level > 5.5) && levels.iter().any(|level| *level < -5.5));
    assert!((160..240).contains(&turned), "{turned}");
}

#[test]
fn noise_stands_at_its_ratio_to_what_is_there() {
    for color in ["white", "pink"] {
        let quiet = playing("gain -20dB..-20dB");
        let noisy = playing(&format!("gain -20dB..-20dB\nnoise snr=15dB, color={color}"));
        for position in 0..20 {
            let (before, is) =
                (after(&quiet, position, &sine(300.0, 900)), after(&noisy, position, &sine(300.0, 900)));
            let noise: Vec<f32> = is.iter().zip(&before).map(|(is, was)| is - was).collect();
            let ratio = decibels(&before, &noise);
            assert!((ratio - 15.0).abs() < 0.01, "{color}: {ratio} dB");
        }
        assert_eq!(after(&noisy, 0, &[0.0; 300]), [0.0; 300]);
    }
}

#[test]
fn a_background_is_a_stretch_of_a_recording_at_its_ratio() {
    let playing = playing("background \"streets\", snr=6dB");
    let clip = sine(300.0, 1000);
    let mut starts = BTreeSet::new();
    for position in 0..200 {
        let is = after(&playing, position, &clip);
        let added: Vec<f32> = is.iter().zip(&clip).map(|(is, was)| is - was).collect();
        let ratio = decibels(&clip, &added);
        assert!((ratio - 6.0).abs() < 0.01, "{ratio} dB");
        // The step from sample to sample tells the scale, and with it the place.
        let step = added[999] - added[998];
        let place = (added[999] / step).round() as i32;
        starts.insert(if place < 1000 { place } else { 10_000 + place });
        if place >= 1000 {
            assert!(added.windows(2).all(|pair| pair[1] > pair[0] - 1e-4), "a stretch without a seam");
        }
    }
    let long = starts.iter().filter(|place| **place > 10_000).count();
    assert!(long > 40 && starts.len() - long > 40, "{starts:?}");
    assert_eq!(after(&playing, 0, &[0.0; 300]), [0.0; 300]);
}

#[test]
fn filters_leave_one_side() {
    let (low, high) = (playing("lowpass 500Hz..1000Hz"), playing("highpass 500Hz..1000Hz"));
    for position in 0..50 {
        let level = |playing: &Playing, hertz: f64| {
            let clip = sine(hertz, 4000);
            decibels(&after(playing, position, &clip)[1000..], &clip[1000..])
        };
        assert!(level(&low, 100.0).abs() < 0.1 && level(&high, 3900.0).abs() < 0.1);
        assert!(level(&low, 3000.0) < -18.0 && level(&high, 100.0) < -27.0);
        let own = level(&low, 700.0);
        assert!((-7.0..-0.8).contains(&own), "{own} dB");
    }
}

/// What a statement draws hangs on no other statement, on no other row and on nothing that a thread did before.
#[test]
fn a_row_is_a_function_of_its_place() {
    let all = "time_stretch 0.8..1.25, p=50%\npitch_shift -2st..2st, p=50%\nspeed 0.9..1.1, p=50%\nshift 10%\ngain -6dB..6dB\npolarity\nlowpass 1kHz, p=30%\nhighpass 100Hz, p=30%\nbackground \"streets\", snr=10dB, p=30%\nnoise snr=10dB..40dB, p=30%";
    let (playing, mut studio) = (playing(all), Studio::default());
    let clip = |position: u64| sine(200.0 + position as f64, 2000 + 37 * position as usize);
    for position in (0..30).rev().chain(0..30) {
        let kept = playing.apply(&row(position), &clip(position), &mut studio).to_vec();
        assert_eq!(kept, after(&playing, position, &clip(position)));
        assert!(kept.iter().all(|x| x.abs() < 10.0));
    }
    let alone = self::playing("polarity");
    let behind = self::playing("noise snr=10dB, p=0%\npolarity");
    assert!((0..50).all(|position| after(&alone, position, &clip(1)) == after(&behind, position, &clip(1))));
}

#[test]
fn how_often_a_statement_acts() {
    let playing = playing("gain 6dB..6dB, p=30%");
    let acts = (0..1000).filter(|position| after(&playing, *position, &ramp(200)) != ramp(200)).count();
    assert!((250..350).contains(&acts), "{acts}");
}

#[test]
fn silence_stays_silence() {
    let playing = playing(
        "time_stretch 0.8..1.25\npitch_shift 2st\nspeed 0.9..1.1\nshift 10%\ngain 6dB\npolarity\nlowpass 1kHz\nhighpass 100Hz\nnoise snr=10dB",
    );
    assert!((0..20).all(|position| after(&playing, position, &[0.0; 1000]).iter().all(|x| *x == 0.0)));
}
