//! Sounds that are changed: the samples of a row that are its own, and what a thread works on.

mod playing;
#[cfg(test)]
mod tests;

pub use playing::{Playing, Studio};

use super::Draw;
use crate::{
    sound::{
        Vocoder,
        level::{gain, rms, times},
        pitch::Bench,
    },
    vocab::{Bounds, Kind, Unit},
};

/// A statement that changes sounds.
pub trait Alter: Send + Sync {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>);
}

/// Sounds of a folder, one after another.
pub type Recordings = Vec<Vec<f32>>;

/// A row on its way to the net.
pub struct Clip<'a> {
    /// Its own samples, without what is put behind short clips.
    pub samples: &'a mut Vec<f32>,
    /// Samples a second.
    pub rate: u32,
    /// Samples of the net's input: no clip is longer.
    most: usize,
    /// What some windows of the net need: no clip becomes shorter.
    least: usize,
    vocoder: &'a Vocoder,
    bench: &'a mut Bench,
    /// What the statement's folder holds.
    pub recordings: &'a [Vec<f32>],
    other: &'a mut Vec<f32>,
}

impl Clip<'_> {
    /// Puts other samples in place of the clip's: what `make` makes of them.
    pub fn remake(&mut self, make: impl FnOnce(&Vocoder, &mut Bench, &[f32], &mut Vec<f32>)) {
        make(self.vocoder, self.bench, self.samples, self.other);
        std::mem::swap(self.samples, self.other);
    }

    /// Cuts a clip that became too long, at a drawn place, and puts silence behind one that became too short.
    pub fn fit(&mut self, draw: &mut Draw<'_>) {
        if let Some(over) = self.samples.len().checked_sub(self.most).filter(|over| *over > 0) {
            let start = draw.below(over + 1);
            self.samples.copy_within(start..start + self.most, 0);
            self.samples.truncate(self.most);
        }
        if self.samples.len() < self.least {
            self.samples.resize(self.least, 0.0);
        }
    }

    /// Adds what lies beside the clip, so many decibels softer than it; nothing to silence, and no silence.
    pub fn add(&mut self, ratio: f64) {
        let (loud, own) = (rms(self.samples), rms(self.other));
        if loud > 0.0 && own > 0.0 {
            let louder = times(loud / own * gain(-ratio));
            self.samples.iter_mut().zip(&*self.other).for_each(|(x, other)| *x += louder(*other));
        }
    }

    /// The clip's own samples, and room for as many beside them.
    pub fn beside(&mut self) -> (&mut Vec<f32>, &mut Vec<f32>) {
        (self.samples, self.other)
    }
}

/// Factors of speed: beyond four nothing is left of what was said.
pub const SPEED: Kind = Kind::Interval {
    unit: None,
    bounds: Bounds { low: 0.25, high: 4.0, open_low: false, open_high: false },
    both_ways: false,
};

/// How much louder a sound is than what is added to it; ratios at which both are heard, and some more.
pub const RATIO: Kind = Kind::Interval {
    unit: Some(Unit::Decibels),
    bounds: Bounds { low: -60.0, high: 120.0, open_low: false, open_high: false },
    both_ways: false,
};

/// Frequencies at which a filter begins.
pub const CUTOFF: Kind =
    Kind::Interval { unit: Some(Unit::Hertz), bounds: Bounds::POSITIVE, both_ways: false };

/// A number as a told line has it.
pub fn plain(x: f64) -> String {
    crate::model::summary::number(x)
}

/// `500 Hz`, `4 kHz`.
pub fn hertz(x: f64) -> String {
    if x >= 1000.0 { format!("{} kHz", plain(x / 1000.0)) } else { format!("{} Hz", plain(x)) }
}

/// `-2 to 2`, or the one number that both ends are.
pub fn ends((low, high): (f64, f64), shown: impl Fn(f64) -> String) -> String {
    if low == high { shown(low) } else { format!("{} to {}", shown(low), shown(high)) }
}
