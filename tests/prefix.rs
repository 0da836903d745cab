//! What depends on data alone is computed once, and changes no bit: not of checkpoints, nor of figures.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dropnet::internal::check::check_source;
use dropnet::internal::data::{self, Dataset, Search};
use dropnet::internal::model::Model;
use dropnet::internal::run::agreement;
use dropnet::internal::runtime::checkpoint::Checkpoint;
use dropnet::internal::runtime::progress::{FORMAT, Meta, Rows};
use dropnet::internal::runtime::train::{Event, Job, Observer, Options, Outcome, TrainError, train};

const DATA: &str = "
data {
  source blobs, rows=700, features=40, classes=4, noise=9, seed=1
  split train=500, valid=100, test=100
  batch 33
}";

const TRAIN: &str = "
train {
  loss cross_entropy
  optimizer adam, lr=0.01
  epochs 3
  freeze stem
}";

fn net(stem: &str) -> String {
    format!(
        "{DATA}\nnet {{\n  input x: real[40]\n  {stem}\n  dropout 0.5 -> dense 8 -> relu\n  dense 4\n  output y: class[4]\n}}{TRAIN}"
    )
}

struct Run {
    source: String,
    model: Model,
    dataset: Dataset,
}

/// Notes what was kept, and stops in the middle of an epoch.
#[derive(Default)]
struct Watcher {
    kept: Vec<u64>,
    stop_in: u64,
    stop: Arc<AtomicU32>,
}

impl Observer for Watcher {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Settled { bytes, .. } => self.kept.push(bytes),
            Event::EpochBegan { epoch, .. } if epoch == self.stop_in => self.stop.store(1, Ordering::SeqCst),
            _ => {}
        }
    }
}

impl Run {
    fn of(source: &str) -> Self {
        let checked = check_source(source, &Default::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let search = Search::new(Path::new("."), Path::new("."), None);
        let config = model.data.as_ref().expect("a data section");
        let dataset = data::load(config, &search, &agreement::need(&model)).expect("data");
        Self { source: source.into(), model, dataset }
    }

    /// The same text, and other room: the text is in the checkpoint.
    fn limited(&self, limit: u64) -> Self {
        let mut model = self.model.clone();
        model.data.as_mut().expect("a data section").settings.prefix_limit = Some(limit);
        Self { source: self.source.clone(), model, dataset: self.dataset.clone() }
    }

    fn go(&self, dir: &Path, threads: usize, watcher: &mut Watcher) -> Result<Outcome, TrainError> {
        let last = dir.join("last.ckpt");
        let resume = last.exists().then(|| Checkpoint::read(&last).expect("a checkpoint"));
        let meta = Meta {
            format: FORMAT,
            source: self.source.clone(),
            sets: Vec::new(),
            seed: 5,
            progress: Default::default(),
            transform: self.dataset.transform.clone(),
            rows: Some(Rows::of(&self.dataset).expect("readable rows")),
            loaded: Vec::new(),
            attributes: Default::default(),
        };
        let job = Job { model: &self.model, dataset: &self.dataset, dir: Some(dir), meta, peers: None };
        let stop = watcher.stop.clone();
        train(job, resume, &Options { threads, epochs: None, figures: true }, &stop, watcher)
    }

    /// The checkpoint, the figures of the test part, and what was kept.
    fn trained(&self, threads: usize) -> (Vec<u8>, Outcome, Vec<u64>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut watcher = Watcher::default();
        let outcome = self.go(folder.path(), threads, &mut watcher).expect("trains");
        (bytes(folder.path()), outcome, watcher.kept)
    }
}

fn bytes(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("last.ckpt")).expect("last.ckpt")
}

/// Rows of the training and the validation part.
const ROWS: u64 = 600;

/// Stems, and how many numbers of a row are kept of each.
const STEMS: [(&str, u64); 6] = [
    ("stem: dense 64 -> relu -> dense 48 -> tanh", 48),
    ("stem: dense 64 -> batch_norm -> relu -> dense 48 -> layer_norm", 48),
    ("stem: dense 64 -> softmax -> dense 32", 32),
    // In training the masks come first; the validation part is kept behind them too.
    ("stem: dense 64 -> relu -> dropout 0.3 -> dense 48 -> relu", 0),
    ("dropout 0.1\n  stem: dense 64 -> relu", 0),
    ("stem: dense 64 -> relu\n  reuse_it: dense 20\n  concat stem, reuse_it", 64),
];

#[test]
fn kept_or_not_the_checkpoint_is_the_same() {
    for (stem, width) in STEMS {
        let run = Run::of(&net(stem));
        let (expected, outcome, kept) = run.limited(0).trained(1);
        assert_eq!(kept, Vec::<u64>::new(), "{stem}");
        for threads in [1, 2] {
            let (found, tested, kept) = run.trained(threads);
            assert!(found == expected, "{stem}, {threads} threads");
            assert_eq!(tested.test, outcome.test, "{stem}");
            let all = 4 * ROWS * width;
            assert!(if width > 0 { kept == [all] } else { kept.len() == 1 }, "{stem}: {kept:?}, not {all}");
        }
        // Room for the training rows alone, or for less.
        for limit in [4 * 500 * width, 4 * 500 * 47] {
            assert!(run.limited(limit).trained(2).0 == expected, "{stem}, {limit} bytes");
        }
    }
}

#[test]
fn minibatches_of_any_size_read_the_same() {
    for batch in [1, 31, 32, 500] {
        let source = net(STEMS[0].0).replace("batch 33", &format!("batch {batch}"));
        let run = Run::of(&source.replace("epochs 3", "epochs 1"));
        assert!(run.trained(2).0 == run.limited(0).trained(1).0, "batch {batch}");
    }
}

#[test]
fn a_run_that_is_taken_up_computes_it_anew() {
    let run = Run::of(&net(STEMS[0].0));
    let expected = run.limited(0).trained(1).0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut watcher = Watcher { stop_in: 2, ..Watcher::default() };
    let error = run.go(folder.path(), 2, &mut watcher).expect_err("is stopped");
    assert!(matches!(error, TrainError::Interrupted { epoch: 2, .. }), "{error:?}");
    let mut again = Watcher::default();
    run.go(folder.path(), 1, &mut again).expect("goes on");
    assert_eq!((watcher.kept, again.kept), (vec![4 * ROWS * 48], vec![4 * ROWS * 48]));
    assert!(bytes(folder.path()) == expected);
    let mut done = Watcher::default();
    assert!(run.go(folder.path(), 1, &mut done).expect("has nothing to do").already_done);
    assert_eq!(done.kept, Vec::<u64>::new());
}

#[test]
fn who_stops_before_the_first_epoch_is_at_its_beginning() {
    let run = Run::of(&net(STEMS[0].0));
    let expected = run.trained(1).0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut watcher = Watcher::default();
    watcher.stop.store(1, Ordering::SeqCst);
    let error = run.go(folder.path(), 1, &mut watcher).expect_err("is stopped");
    assert!(matches!(error, TrainError::Interrupted { epoch: 1, step: 0 }), "{error:?}");
    run.go(folder.path(), 1, &mut Watcher::default()).expect("goes on");
    assert!(bytes(folder.path()) == expected);
}
