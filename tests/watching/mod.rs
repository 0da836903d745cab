//! Training that is watched: every row that it is fed, and the checkpoint that it leaves; for tests of what changes rows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dropnet::internal::data::{Numbers, Search};
use dropnet::internal::run::{Ready, open};
use dropnet::internal::runtime::checkpoint::Checkpoint;
use dropnet::internal::runtime::progress::{FORMAT, Meta};
use dropnet::internal::runtime::train::{Event, Job, Observer, Options, TrainError, train};

pub const SEED: u64 = 5;
/// Epochs of every net that is watched.
const EPOCHS: usize = 3;

/// Every row that was fed, by epoch and place in its shuffled order, in its bytes.
pub type Fed = BTreeMap<(u64, usize), Vec<u8>>;

/// Keeps what is fed, and asks training to stop when an epoch begins.
struct Watch {
    width: usize,
    fed: Fed,
    stop_in: u64,
    stop: Arc<AtomicU32>,
}

impl Observer for Watch {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event, Event::EpochBegan { epoch, .. } if epoch == self.stop_in) {
            self.stop.store(1, Ordering::SeqCst);
        }
    }

    fn fed(&mut self, epoch: u64, places: &mut dyn Iterator<Item = usize>, rows: Numbers<'_>) {
        let element = if matches!(rows, Numbers::U8(_)) { 1 } else { 4 };
        for (place, row) in places.zip(rows.bytes().chunks(self.width * element)) {
            let before = self.fed.insert((epoch, place), row.to_vec());
            assert!(before.is_none_or(|before| before == row), "a row that is fed again is the same");
        }
    }
}

/// A net that is trained and watched, whose rows have `width` numbers.
pub struct Run {
    pub source: String,
    pub ready: Ready,
    pub width: usize,
}

impl Run {
    /// Of a text whose files are in `folder`.
    pub fn of(source: String, folder: &Path, width: usize) -> Self {
        match open(&source, &[], &Search::new(folder, folder, None)) {
            Ok(ready) => Self { source, ready, width },
            Err(error) => panic!("{source}\n{error:?}"),
        }
    }

    /// What was fed, and `last.ckpt`; None where training was interrupted.
    pub fn go(
        &self,
        dir: &Path,
        threads: usize,
        epochs: Option<u64>,
        stop_in: u64,
    ) -> (Fed, Option<Vec<u8>>) {
        let (fed, ended) = self.tried(dir, threads, epochs, stop_in);
        match ended {
            Ok(()) => (fed, Some(std::fs::read(dir.join("last.ckpt")).expect("last.ckpt"))),
            Err(TrainError::Interrupted { .. }) => (fed, None),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// What was fed, and how training ended.
    pub fn tried(
        &self,
        dir: &Path,
        threads: usize,
        epochs: Option<u64>,
        stop_in: u64,
    ) -> (Fed, Result<(), TrainError>) {
        let last = dir.join("last.ckpt");
        let resume = last.exists().then(|| Checkpoint::read(&last).expect("a checkpoint"));
        let meta = Meta {
            format: FORMAT,
            source: self.source.clone(),
            sets: Vec::new(),
            seed: SEED,
            progress: Default::default(),
            transform: self.ready.dataset.transform.clone(),
            rows: None,
            loaded: Vec::new(),
            attributes: self.ready.attributes.clone(),
        };
        let stop = Arc::new(AtomicU32::new(0));
        let mut watch = Watch { width: self.width, fed: Fed::new(), stop_in, stop: stop.clone() };
        let job =
            Job { model: &self.ready.model, dataset: &self.ready.dataset, dir: Some(dir), meta, peers: None };
        let ended = train(job, resume, &Options { threads, epochs, figures: true }, &stop, &mut watch);
        (watch.fed, ended.map(drop))
    }

    /// Holds that rows and checkpoint are the same for any number of threads, across a resume and after an interruption; there are `rows` in an epoch.
    pub fn goes_on_alike(&self, rows: usize) {
        let mut dir = folders();
        let (fed, expected) = self.go(&dir(), 1, None, 0);
        assert_eq!(fed.len(), EPOCHS * rows);
        for threads in [2, 3, 8] {
            let (same, found) = self.go(&dir(), threads, None, 0);
            assert!(same == fed && found == expected, "{threads} threads");
        }
        let halves = dir();
        let (first, _) = self.go(&halves, 2, Some(1), 0);
        let (rest, found) = self.go(&halves, 1, None, 0);
        assert!(found == expected && first.into_iter().chain(rest).collect::<Fed>() == fed, "1 + 2 epochs");
        let interrupted = dir();
        let (first, none) = self.go(&interrupted, 2, None, 2);
        assert!(none.is_none() && first.len() < EPOCHS * rows);
        let (rest, found) = self.go(&interrupted, 3, None, 0);
        assert!(found == expected && first.into_iter().chain(rest).collect::<Fed>() == fed, "interrupted");
    }
}

/// A new folder at every call.
pub fn folders() -> impl FnMut() -> PathBuf {
    let folder = tempfile::tempdir().expect("a folder");
    let mut count = 0;
    move || {
        count += 1;
        let dir = folder.path().join(count.to_string());
        std::fs::create_dir(&dir).expect("a folder");
        dir
    }
}
