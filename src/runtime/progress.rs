//! What a checkpoint says besides its tensors: everything that training needs to go on bit for bit, and that prediction needs to
//! read raw rows.
//!
//! Invariant: no clock, path, thread count or epoch limit is in it, so equal runs have equal files.

use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use crate::{
    data::{DataError, Dataset, Part, Transform},
    train::schedules::PlateauState,
};

/// Raised when the meaning of the fields changes.
pub const FORMAT: u32 = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    pub format: u32,
    /// The net's source text, and the `--set` values it was trained with.
    pub source: String,
    pub sets: Vec<(String, String)>,
    pub seed: u64,
    pub progress: Progress,
    pub transform: Transform,
    /// The rows that were read, where a run was begun on them; a net that was trained in memory knows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// The files that parameters began with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loaded: Vec<Loaded>,
    /// Numbers about the data that the source may speak of: `train.rows`, ...
    pub attributes: std::collections::BTreeMap<String, f64>,
}

/// A file that parameters begin with, and the checksum of all its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// As the text names it.
    pub file: String,
    pub checksum: Checksum,
}

/// Checksums of the rows of each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub train: Checksum,
    pub valid: Option<Checksum>,
    pub test: Option<Checksum>,
}

impl Rows {
    /// # Errors
    /// A row that cannot be read.
    pub fn of(dataset: &Dataset) -> Result<Self, DataError> {
        let some = |part: &Option<Part>| part.as_ref().map(Checksum::of_rows).transpose();
        Ok(Self {
            train: Checksum::of_rows(&dataset.train)?,
            valid: some(&dataset.valid)?,
            test: some(&dataset.test)?,
        })
    }

    /// The first part whose rows differ.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [self.train == other.train, self.valid == other.valid, self.test == other.test];
        let names = ["training", "validation", "test"];
        same.iter().zip(names).find(|(same, _)| !**same).map(|(_, name)| name)
    }
}

/// How far training has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs finished.
    pub epoch: u64,
    /// Steps of the current epoch that are done; 0 between epochs.
    pub step: u64,
    /// Sums of the current epoch so far, by metric of the graph.
    pub totals: Vec<f64>,
    pub best: Option<Best>,
    /// Epochs since the watched figure last improved.
    pub bad_epochs: u64,
    pub plateau: PlateauState,
    /// Variance of an observation in the units of training, where `bayes_decay` has it fitted: after the last epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// What dictionaries and translators said of the words, where `augment` asked them: another one would give other rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lore: Option<u64>,
    /// Early stopping ended the run.
    pub stopped_early: bool,
}

/// The best value of the watched figure, and the epoch (from 1) that reached it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub value: f64,
    pub epoch: u64,
    /// Of all tensors of that epoch's checkpoint, once it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

impl Progress {
    /// How far this is, for comparison: epochs, then steps of the next.
    pub fn place(&self) -> (u64, u64) {
        (self.epoch, self.step)
    }
}
