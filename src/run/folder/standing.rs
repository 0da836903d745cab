//! Where a run stands: which of its checkpoints is the newest, and whether they belong together.
//!
//! `best.ckpt` is written before `last.ckpt`, and each is the whole checkpoint of its epoch. So a process that died between the two left a
//! best that is newer, and the run stands there; otherwise `last.ckpt` names the checksum of its best.

use std::path::{Path, PathBuf};

use super::dir::RunDir;
use crate::runtime::{
    checkpoint::{Checkpoint, CheckpointError},
    keeper::read_best,
    progress::Meta,
};

/// What the two checkpoints of a run say of themselves; their tensors have not been read.
pub struct Standing {
    dir: PathBuf,
    /// How far the run has come.
    pub meta: Meta,
    newest: PathBuf,
    /// `last.ckpt` is missing or older than `best.ckpt`.
    pub at_best: bool,
}

impl Standing {
    /// Of a run; `None` of one that ended before its first checkpoint.
    ///
    /// # Errors
    /// A checkpoint that is broken or of another version; two that are not of one run.
    pub fn of(run: &RunDir) -> Result<Option<Self>, CheckpointError> {
        let (last, best) = (described(&run.last())?, described(&run.best())?);
        let standing = |meta, newest, at_best| Self { dir: run.path().into(), meta, newest, at_best };
        match (last, best) {
            (None, None) => Ok(None),
            (Some(last), None) => Ok(Some(standing(last, run.last(), false))),
            (None, Some(best)) => Ok(Some(standing(best, run.best(), true))),
            (Some(last), Some(best)) => {
                if let Some(what) = difference(&last, &best) {
                    let why = format!(
                        "the file is of another run than last.ckpt: {what}\nhelp: put the run's own back, or train anew in another folder"
                    );
                    return Err(CheckpointError::Mismatch { path: run.best(), why });
                }
                let newer = best.progress.place() > last.progress.place();
                let (meta, newest) = if newer { (best, run.best()) } else { (last, run.last()) };
                Ok(Some(standing(meta, newest, newer)))
            }
        }
    }

    /// The file of the newest checkpoint.
    pub fn path(&self) -> &Path {
        &self.newest
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// One that is missing, broken or damaged.
    pub fn read(&self) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::read(&self.newest)
    }

    /// The best one.
    ///
    /// # Errors
    /// There is none; it is broken or damaged, or not the one that `last.ckpt` names.
    pub fn read_best(&self) -> Result<Checkpoint, CheckpointError> {
        read_best(&self.dir, &self.meta.progress)
    }

    pub fn has_best(&self) -> bool {
        self.meta.progress.best.is_some()
    }
}

fn described(path: &Path) -> Result<Option<Meta>, CheckpointError> {
    path.exists().then(|| Checkpoint::describe(path)).transpose()
}

/// What two checkpoints of one run share and these do not.
fn difference(last: &Meta, best: &Meta) -> Option<&'static str> {
    let same = [
        (last.source == best.source, "it was trained from another text"),
        (last.sets == best.sets, "it was trained with other `--set` values"),
        (last.seed == best.seed, "it was trained with another seed"),
        (last.rows == best.rows, "it was trained on other rows"),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}
