//! What ends an experiment.

use std::fmt;

use super::{collect::Missing, journal::JournalError};
use crate::run::folder::{open::OpenError, trained::TrainedError};
use crate::runtime::train::TrainError;

#[derive(Debug)]
pub enum ExperimentError {
    Open(OpenError),
    Train(TrainError),
    Trained(TrainedError),
    Journal(JournalError),
    /// The file divides no such part off.
    NoPart(&'static str),
    /// Validation rows that are to be kept and are none.
    NoneToKeep,
    /// A precision is fitted on the rows that choose among trials.
    FitPrecision,
    /// Divisions that hold the same rows: all of them, or these two.
    Copies {
        splits: usize,
        two: Option<(usize, usize)>,
    },
    /// Two settings that set the same values.
    SameSettings(String, String),
    /// No trial of this division gave the goal a finite value.
    NoneBest {
        split: usize,
        goal: String,
    },
    /// No trial of this division can be fitted to its rows; what the first of them said.
    NoneFits {
        split: usize,
        why: String,
    },
    /// Training went astray, of every trial of a division or of the one that was to be tested; `cure` is a line of help.
    Diverged {
        what: String,
        cure: String,
    },
    Interrupted,
    /// Shards have not recorded all trials.
    Missing(Missing),
}

impl fmt::Display for ExperimentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Trained(error) => error.fmt(f),
            Self::Train(TrainError::Diverged { epoch, step }) => {
                write!(f, "training diverged in epoch {epoch}, step {step}")
            }
            Self::Missing(missing) => write!(
                f,
                "{missing}\nhelp: run the shards again, each does what is missing of its own; tests that waited are done then"
            ),
            Self::Diverged { what, cure } => write!(f, "{what}\n{cure}"),
            Self::Train(TrainError::Data(why)) => f.write_str(why),
            Self::Train(TrainError::Rows(error)) => f.write_str(&error.plain()),
            Self::Train(TrainError::Unwritten) => f.write_str("what belongs to an epoch could not be written"),
            Self::Train(TrainError::Codegen(error)) => error.fmt(f),
            Self::Train(TrainError::Checkpoint(error)) => error.fmt(f),
            Self::Train(TrainError::Interrupted { .. }) | Self::Interrupted => f.write_str("interrupted"),
            Self::Journal(JournalError::Exists(dir)) => {
                write!(
                    f,
                    "{} holds an experiment already\nhelp: go on with it by `--resume`, or choose another folder",
                    dir.display()
                )
            }
            Self::Journal(JournalError::Taken(dir, files)) => write!(
                f,
                "{} holds {files}, which an experiment would write over\nhelp: choose another folder, or move what is there away",
                dir.display()
            ),
            Self::Journal(JournalError::Busy(busy)) => busy.fmt(f),
            Self::Journal(JournalError::Other(why)) => f.write_str(why),
            Self::Journal(JournalError::Io(path, error)) => {
                write!(f, "cannot write {}: {error}", path.display())
            }
            Self::NoPart(part) => {
                write!(f, "the data have no {part} part\nhelp: write `split {part}=20%` in `data`")
            }
            Self::NoneToKeep => f.write_str(
                "`--keep-valid` has no effect: the data have no validation part\nhelp: leave it out, or write `split valid=20%` in `data`",
            ),
            Self::FitPrecision => f.write_str(
                "`precision=fit` in an experiment: its validation rows choose among trials\nhelp: write a number, or a `param` that `sweep` varies",
            ),
            Self::Copies { splits, two: None } => write!(
                f,
                "--splits {splits}: every division holds the same rows, so there is one\nhelp: leave `--splits` out (`--seeds` trains several times), or let chance divide: `split` without `shuffle=false`, or `folds=`"
            ),
            Self::Copies { splits, two: Some((first, second)) } => write!(
                f,
                "--splits {splits}: divisions {first} and {second} hold the same rows\nhelp: give each its own index files, or ask for fewer divisions"
            ),
            Self::SameSettings(first, second) => {
                write!(f, "`{first}` and `{second}` set the same\nhelp: compare values that differ")
            }
            Self::NoneFits { split, why } => {
                write!(f, "no trial of division {split} can be fitted; the first of them: {why}")
            }
            Self::NoneBest { split, goal } => write!(
                f,
                "no trial of division {split} has a finite goal\nhelp: valid.{goal} is undefined on its validation rows; choose another `goal`, or more of them"
            ),
        }
    }
}

impl std::error::Error for ExperimentError {}

impl ExperimentError {
    /// Whether one point of a sweep may fail so, and others not.
    pub(super) fn is_of_a_point(&self) -> bool {
        matches!(
            self,
            Self::Open(OpenError::Net(_) | OpenError::Data(_))
                | Self::NoPart(_)
                | Self::Train(TrainError::Data(_))
        )
    }
}

impl From<OpenError> for ExperimentError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<TrainError> for ExperimentError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Interrupted { .. } => Self::Interrupted,
            other => Self::Train(other),
        }
    }
}

impl From<TrainedError> for ExperimentError {
    fn from(error: TrainedError) -> Self {
        Self::Trained(error)
    }
}

impl From<JournalError> for ExperimentError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// What an error says and its notes, without places and help.
pub(super) fn in_a_line(error: &ExperimentError) -> String {
    let said = error.to_string();
    let mut lines = said.lines().map(str::trim_start);
    let mut line = lines.next().unwrap_or_default().trim_start_matches("error").to_string();
    for note in lines.filter_map(|line| line.strip_prefix("= ")) {
        line += "; ";
        line += note;
    }
    line
}
