//! What training leaves on the disk while it goes on: `best.ckpt` and `last.ckpt`.
//!
//! Invariants. Each file is the whole checkpoint of its moment: `best.ckpt` has, byte for byte, what `last.ckpt` had after the best epoch; where
//! averages predict, under other names.
//! `best.ckpt` is written first and `last.ckpt` names its checksum, so whenever a process dies the two agree, or the best is the newer one
//! and the run stands there. Both were found finite.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    checkpoint::{Checkpoint, CheckpointError, Named, checksum_of_best},
    figures::Words,
    progress::{Meta, Progress},
    store::Store,
};
use crate::graph::Graph;

/// What a process that dies may lose, besides the epoch in progress: finished epochs of this long together.
const AT_MOST: Duration = Duration::from_secs(2);

pub const LAST: &str = "last.ckpt";
pub const BEST: &str = "best.ckpt";

/// Parameters at the end of an epoch.
pub struct Snapshot {
    pub store: Store,
    pub progress: Progress,
}

/// The best epoch, which is not on the disk.
enum Best {
    /// It has just ended, and its checkpoint is due: it is written from the parameters at work, before they change, without a copy.
    Present,
    Past(Box<Snapshot>),
}

pub struct Keeper<'a> {
    /// Without a folder nothing is written.
    dir: Option<&'a Path>,
    /// The best epoch, until it is written; for ever where nothing is.
    best: Option<Best>,
    written: Instant,
    epoch_began: Instant,
}

impl<'a> Keeper<'a> {
    pub fn new(dir: Option<&'a Path>) -> Self {
        let now = Instant::now();
        Self { dir, best: None, written: now, epoch_began: now }
    }

    pub fn epoch_begins(&mut self) {
        self.epoch_began = Instant::now();
    }

    /// Keeps the end of an epoch that is the best so far. Where a checkpoint is due, [`Self::write`] has to follow before the next step.
    pub fn best_is(&mut self, store: &Store, progress: &Progress) {
        self.best = Some(match self.is_due() {
            true => Best::Present,
            false => Best::Past(Box::new(Snapshot { store: store.clone(), progress: progress.clone() })),
        });
    }

    /// After an epoch: whether another one of this length would make more to lose than may be lost.
    pub fn is_due(&self) -> bool {
        self.dir.is_some() && self.written.elapsed() + self.epoch_began.elapsed() > AT_MOST
    }

    /// Writes the best epoch, if it waits, then this moment. `tallies` is what figures know of the rows of an unfinished epoch.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(
        &mut self,
        graph: &Graph,
        store: &Store,
        tallies: &Words,
        meta: &Meta,
        progress: &mut Progress,
    ) -> Result<(), CheckpointError> {
        let Some(dir) = self.dir else { return Ok(()) };
        if matches!(self.best, Some(Best::Present)) {
            best_into(dir, graph, meta, store, &mut progress.clone(), progress)?;
            self.best = None;
        }
        self.write_best(graph, meta, progress)?;
        let meta = Meta { progress: progress.clone(), ..meta.clone() };
        Checkpoint::write(&dir.join(LAST), graph, store, tallies, &meta, Named::Trained)?;
        self.written = Instant::now();
        Ok(())
    }

    /// Writes the best epoch, if it is past and waits.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_best(
        &mut self,
        graph: &Graph,
        meta: &Meta,
        progress: &mut Progress,
    ) -> Result<(), CheckpointError> {
        let (Some(dir), Some(Best::Past(snapshot))) = (self.dir, &mut self.best) else { return Ok(()) };
        best_into(dir, graph, meta, &snapshot.store, &mut snapshot.progress, progress)?;
        self.best = None;
        Ok(())
    }

    /// The best epoch, where nothing is written.
    pub fn take_best(&mut self) -> Option<Snapshot> {
        match self.best.take()? {
            Best::Past(snapshot) => Some(*snapshot),
            Best::Present => None,
        }
    }
}

/// Writes the best epoch: parameters, and how far the run had come; that and `now`, how far it has come since, name its checksum.
fn best_into(
    dir: &Path,
    graph: &Graph,
    meta: &Meta,
    store: &Store,
    then: &mut Progress,
    now: &mut Progress,
) -> Result<(), CheckpointError> {
    let sum = checksum_of_best(graph, store);
    for best in [&mut then.best, &mut now.best].into_iter().flatten() {
        best.checksum = Some(sum);
    }
    let meta = Meta { progress: then.clone(), ..meta.clone() };
    Checkpoint::write(&dir.join(BEST), graph, store, &Words::new(), &meta, Named::Average)
}

/// The best epoch of a run whose last checkpoint has come as far as `progress`.
///
/// # Errors
/// A file that is missing, damaged, or not the one that the last checkpoint names.
pub fn read_best(dir: &Path, progress: &Progress) -> Result<Checkpoint, CheckpointError> {
    let path = dir.join(BEST);
    let Some(best) = &progress.best else {
        let why = "there are no best parameters: after no epoch had the watched figure a value\nhelp: leave `--checkpoint best` out".into();
        return Err(CheckpointError::Mismatch { path, why });
    };
    let mismatch = |why: String| CheckpointError::Mismatch { path: path.clone(), why };
    if !path.exists() {
        return Err(mismatch(format!(
            "the file is missing, and its epoch, {}, is past\nhelp: put a copy back, or train anew in another folder; `--checkpoint last` needs {LAST} alone",
            best.epoch
        )));
    }
    let checkpoint = Checkpoint::read(&path)?;
    if best.checksum != checkpoint.checksums.map(|sums| sums.all) {
        return Err(mismatch(format!(
            "the file is not the checkpoint of epoch {}, which {LAST} names as its best\nhelp: put a copy back, or train anew in another folder; `--checkpoint last` needs {LAST} alone",
            best.epoch
        )));
    }
    Ok(checkpoint)
}
