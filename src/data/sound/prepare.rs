//! What becomes of a sound before it is a row, in training and in prediction: its channels become one, its rate the net's, its ends are trimmed,
//! its level is set, and what is longer than a row is cut.

use serde::{Deserialize, Serialize};

use super::{Broken, Samples, hertz, quiet};
use crate::data::error::DataError;
use crate::data::labels::Labels;
use crate::memory;
use crate::sound::{FURTHEST, Resampler};

/// What the section says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prepare {
    #[serde(default)]
    pub channels: Channels,
    #[serde(default)]
    pub long: Long,
    /// Samples a second to which all clips are brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// So many decibels below its loudest moment a clip's beginning and end are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim: Option<f64>,
    /// The root mean square of a clip, in decibels below that of a full square wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
}

/// Everything that a sound file to predict, or one that has a label, needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hearing {
    #[serde(flatten)]
    pub prepare: Prepare,
    /// What the names of files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The table that says what is in files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

/// Which channel of several is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// The mean of all.
    #[default]
    Mix,
    /// One of them, from 1.
    Number(usize),
}

/// What is left of a clip that is longer than a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Long {
    #[default]
    Start,
    Center,
    /// Another stretch in every epoch of training; the middle otherwise.
    Random,
}

impl Channels {
    /// # Errors
    /// A channel that the file does not have.
    pub(super) fn of(self, samples: Samples, channels: usize) -> Result<Samples, Broken> {
        match self {
            Channels::Mix if channels == 1 => Ok(samples),
            Channels::Mix => {
                let share = 1.0 / channels as f32;
                let frames = samples.real();
                let mean = |frame: &[f32]| frame.iter().sum::<f32>() * share;
                Ok(Samples::Real(frames.chunks_exact(channels).map(mean).collect()))
            }
            Channels::Number(1) if channels == 1 => Ok(samples),
            Channels::Number(number) if number <= channels => Ok(samples.every(number - 1, channels)),
            Channels::Number(number) => Err(Broken::new(
                format!(
                    "it has {}, and `channels={number}` asks for another",
                    crate::data::error::counted(channels, "channel")
                ),
                "write `channels=mix` on the source, or `left`",
            )),
        }
    }
}

impl Long {
    /// The first sample of a row of `steps` within a longer clip, where none is drawn.
    #[must_use]
    pub fn from(self, length: usize, steps: usize) -> usize {
        match self {
            Long::Start => 0,
            Long::Center | Long::Random => length.saturating_sub(steps) / 2,
        }
    }
}

impl Prepare {
    /// One channel as the net hears it, and its samples a second. `name` stands for the sound in messages.
    ///
    /// # Errors
    /// E0553 for a rate that is too far from the one that is wanted, E0540 for a clip that would take more memory at that rate than there is.
    pub(super) fn apply(&self, samples: Samples, rate: u32, name: &str) -> Result<(Samples, u32), DataError> {
        let (samples, rate) = match self.rate {
            Some(wanted) if wanted != rate => {
                (resampled(samples, rate, wanted).map_err(|e| e.file(name))?, wanted)
            }
            _ => (samples, rate),
        };
        let trimmed = match self.trim {
            Some(below) => quiet::trimmed(samples, rate, below),
            None => samples,
        };
        let levelled = match self.level {
            Some(level) => quiet::levelled(trimmed, level),
            None => trimmed,
        };
        Ok((levelled, rate))
    }
}

/// At another rate, as long as it was: one sample at least.
///
/// # Errors
/// E0553 and E0540, without the file.
fn resampled(samples: Samples, from: u32, to: u32) -> Result<Samples, DataError> {
    let step = f64::from(from) / f64::from(to);
    if step.max(1.0 / step) > FURTHEST {
        let message = format!("a sound of {} is not brought to {}", hertz(from), hertz(to));
        return Err(DataError::new("E0553", message)
            .note(format!("a rate is changed by a factor of {FURTHEST} at most"))
            .help("choose a rate that is nearer; where the file lies about its own, write it anew"));
    }
    let length = ((samples.len() as f64 / step).round() as usize).max(1);
    // The clip as numbers, once more with zeros around it, and what becomes of it.
    let numbers = (samples.len() as u64).saturating_mul(2).saturating_add(length as u64);
    memory::check(numbers.saturating_mul(size_of::<f32>() as u64))?;
    let mut into = Vec::new();
    Resampler::default().resample(&samples.real(), step, length, &mut into);
    Ok(Samples::Real(into))
}
