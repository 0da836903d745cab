//! Loudness: silence at the ends of a clip, and the level of the whole.

use std::f64::consts::LOG2_10;

use super::Samples;
use crate::math::power_of_two;
use crate::sound::level::times;

/// A moment is so long, and begins so long after the one before it: in thousandths of a second.
const MOMENT: usize = 20;
const STEP: usize = 10;

/// A number of decibels that is not above 0 as a ratio of amplitudes.
fn ratio(decibels: f64) -> f64 {
    power_of_two(decibels * (LOG2_10 / 20.0))
}

/// Without the beginning and the end that are `below` decibels (a number below 0) quieter than the loudest moment. A silent clip stays as it is.
pub(super) fn trimmed(samples: Samples, rate: u32, below: f64) -> Samples {
    let at_rate = |thousandths: usize| (thousandths * rate as usize / 1000).max(1);
    let (moment, step) = (at_rate(MOMENT), at_rate(STEP));
    let mut all = vec![0.0; samples.len()];
    samples.read(0, &mut all);
    let starts = (0..all.len()).step_by(step);
    let power = |start: usize| {
        let own = &all[start..all.len().min(start + moment)];
        own.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / own.len() as f64
    };
    let powers: Vec<f64> = starts.map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let least = loudest * ratio(below) * ratio(below);
    let is_loud = |power: &f64| *power > 0.0 && *power >= least;
    let (Some(first), Some(last)) = (powers.iter().position(is_loud), powers.iter().rposition(is_loud))
    else {
        return samples;
    };
    let (from, to) = (first * step, all.len().min(last * step + moment));
    match samples {
        Samples::Short(own) => Samples::Short(own[from..to].to_vec()),
        Samples::Real(own) => Samples::Real(own[from..to].to_vec()),
    }
}

/// With the root mean square `level` decibels (a number below 0) under 1. A silent clip stays silent.
pub(super) fn levelled(samples: Samples, level: f64) -> Samples {
    let mut all = samples.real();
    let power = all.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / all.len() as f64;
    if power > 0.0 {
        let louder = times(ratio(level) / power.sqrt());
        all.iter_mut().for_each(|x| *x = louder(*x));
    }
    Samples::Real(all)
}
