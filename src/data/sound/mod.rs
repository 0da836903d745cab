//! Sounds: files of wav and flac to rows of samples in -1..1, one channel, each as long as its clip.
//!
//! Invariants: training and prediction go through the same [`Prepare`], so a file gives the same samples in both; a clip is held once and never
//! padded in memory, and samples of 16 bits stay 16 bits until a row is read.

mod archive;
mod background;
mod clips;
mod decode;
mod flac;
mod folder;
mod listing;
mod pattern;
mod prepare;
mod quiet;
#[cfg(test)]
mod tests;
mod wav;

pub(super) use archive::is_named_so as is_archive;
pub use background::recordings;
pub(super) use clips::same_rate;
pub use clips::{Clips, SoundSizes, hertz, seconds};
pub(super) use decode::{is_named_so, is_sound};
pub(super) use folder::{Folder, Part};
pub(super) use listing::{File, Listing};
pub(super) use pattern::{LABEL, Pattern};
pub use prepare::{Channels, Hearing, Long, Prepare};

use super::error::DataError;

/// Samples of a clip as their file has them, one after another.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Samples {
    /// In 32768ths.
    Short(Vec<i16>),
    Real(Vec<f32>),
}

/// What a sample of 16 bits is multiplied by: exact, so a clip gives the same numbers whichever way it is held.
const SHORT: f32 = 1.0 / 32768.0;

impl Samples {
    pub fn len(&self) -> usize {
        match self {
            Samples::Short(samples) => samples.len(),
            Samples::Real(samples) => samples.len(),
        }
    }

    /// Those from `from` on as numbers in -1..1, as many as there is room for.
    pub fn read(&self, from: usize, into: &mut [f32]) {
        match self {
            Samples::Short(samples) => {
                into.iter_mut().zip(&samples[from..]).for_each(|(to, x)| *to = f32::from(*x) * SHORT);
            }
            Samples::Real(samples) => into.copy_from_slice(&samples[from..from + into.len()]),
        }
    }

    /// As numbers in -1..1.
    pub fn real(self) -> Vec<f32> {
        match self {
            Samples::Short(samples) => samples.into_iter().map(|x| f32::from(x) * SHORT).collect(),
            Samples::Real(samples) => samples,
        }
    }

    pub fn are_silent(&self) -> bool {
        match self {
            Samples::Short(samples) => samples.iter().all(|x| *x == 0),
            Samples::Real(samples) => samples.iter().all(|x| *x == 0.0),
        }
    }

    /// `1`, `2`, ...: one of several channels that stand side by side, each `step`-th sample from `first` on.
    fn every(&self, first: usize, step: usize) -> Self {
        match self {
            Samples::Short(all) => Samples::Short(all.iter().skip(first).step_by(step).copied().collect()),
            Samples::Real(all) => Samples::Real(all.iter().skip(first).step_by(step).copied().collect()),
        }
    }
}

/// What a file holds: its channels side by side.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    /// Samples a second.
    rate: u32,
    channels: usize,
    samples: Samples,
}

/// Why bytes are no sound that is read.
#[derive(Debug)]
struct Broken {
    what: String,
    /// Where in the file, from 0.
    at: Option<usize>,
    help: String,
}

impl Broken {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), at: None, help: help.into() }
    }

    fn at(self, byte: usize) -> Self {
        Self { at: Some(byte), ..self }
    }

    fn of(self, name: &str) -> DataError {
        let error = DataError::new("E0552", "the sound cannot be read").file(name);
        let error = if let Some(byte) = self.at { error.byte(byte) } else { error };
        error.note(self.what).help(self.help)
    }
}

/// For files that were cut off or damaged on the way.
const AGAIN: &str = "fetch the file again, or take it out of the folder";

/// Louder than any file of 32 bits means it, and still a number when it is squared and added up over a window.
const LOUDEST: f32 = 2_147_483_648.0;

/// The first sample that is none, and why.
fn no_sound(samples: &[f32]) -> Option<(usize, String)> {
    let first = samples.iter().position(|x| x.is_nan() || x.abs() > LOUDEST)?;
    let x = samples[first];
    let why = if x.is_finite() { "and samples lie around -1..1" } else { "which is no number" };
    Some((first, format!("a sample is {x:?}, {why}")))
}
