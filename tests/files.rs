//! Rows that stay in their file give the bits of rows in memory: what is fitted, what is trained, what is said of it.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dropnet::internal::check::check_source;
use dropnet::internal::data::{self, DataError, Dataset, Search};
use dropnet::internal::kernels::team::Team;
use dropnet::internal::model::Model;
use dropnet::internal::run::agreement;
use dropnet::internal::runtime::checkpoint::Checkpoint;
use dropnet::internal::runtime::evaluate::Evaluator;
use dropnet::internal::runtime::progress::{FORMAT, Meta, Rows};
use dropnet::internal::runtime::store::Store;
use dropnet::internal::runtime::train::{Event, Job, Observer, Options, Outcome, TrainError, train};

/// Numbers of a row: several blocks of rows to an epoch.
const WIDTH: usize = 2048;
const ROWS: usize = 1300;

/// Every kind of number that may lie in a file, with what is made of it.
const KINDS: [(&str, &str); 9] = [
    ("<f4", ""),
    ("<f4", "normalize inputs"),
    ("<f8", "normalize inputs, per=all"),
    (">f4", "scale 1/3"),
    ("|u1", "scale 1/255"),
    ("|u1", "normalize inputs"),
    ("|b1", ""),
    (">i2", "normalize inputs, target"),
    ("<i8", ""),
];

/// A made-up number of a row.
fn number(i: usize) -> f64 {
    ((i as f64 * 12.9898).sin() * 43758.5453).fract()
}

fn stored(kind: &str, x: f64) -> Vec<u8> {
    match kind {
        "<f4" => (x as f32).to_le_bytes().to_vec(),
        ">f4" => (x as f32).to_be_bytes().to_vec(),
        "<f8" => x.to_le_bytes().to_vec(),
        "|u1" => vec![(x.abs() * 256.0) as u8],
        "|b1" => vec![u8::from(x > 0.0)],
        ">i2" => ((x * 1000.0) as i16).to_be_bytes().to_vec(),
        "<u8" => ((1 << 60) + (x.abs() * 1e3) as u64).to_le_bytes().to_vec(),
        _ => ((x * 1e6) as i64).to_le_bytes().to_vec(),
    }
}

fn npy(path: &Path, kind: &str, shape: &str, numbers: impl Iterator<Item = f64>) {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    numbers.for_each(|x| bytes.extend(stored(kind, x)));
    std::fs::write(path, bytes).expect("a file");
}

fn files(folder: &Path, rows: usize, width: usize, kind: &str) {
    npy(&folder.join("x.npy"), kind, &format!("({rows}, {width})"), (0..rows * width).map(number));
    npy(&folder.join("y.npy"), "<f4", &format!("({rows},)"), (0..rows).map(|i| number(3 * i)));
}

fn source(width: usize, keep: &str, more: &str, split: &str) -> String {
    format!(
        "data {{
  source npy, inputs=\"x.npy\", target=\"y.npy\", keep={keep}
  split {split}
  batch 50
  {more}
}}
augment {{
  mixup alpha=0.2
}}
net {{
  input x: real[{width}]
  dense 12 -> batch_norm -> relu -> dropout 0.3
  dense 1
  output y: real[1]
}}
train {{
  loss squared_error
  optimizer adam, lr=0.01
  epochs 3
}}
"
    )
}

struct Run {
    model: Model,
    dataset: Dataset,
}

/// Acts when an epoch begins.
struct At<'a> {
    epoch: u64,
    act: &'a dyn Fn(),
}

impl Observer for At<'_> {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochBegan { epoch, .. } = event
            && epoch == self.epoch
        {
            (self.act)();
        }
    }
}

impl Run {
    fn load(folder: &Path, source: &str) -> Result<Self, DataError> {
        let checked = check_source(source, &Default::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let config = model.data.as_ref().expect("a data section");
        let dataset = data::load(config, &Search::new(folder, folder, None), &agreement::need(&model))?;
        Ok(Self { model, dataset })
    }

    /// Trains into a folder, or goes on there; checkpoints of all runs say the same of where they come from.
    fn train(
        &self,
        dir: &Path,
        threads: usize,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, TrainError> {
        let rows = Rows::of(&self.dataset).expect("rows that can be read");
        self.train_with(dir, threads, stop, observer, rows)
    }

    /// The same where checksums of the rows are known.
    fn train_with(
        &self,
        dir: &Path,
        threads: usize,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
        rows: Rows,
    ) -> Result<Outcome, TrainError> {
        let last = dir.join("last.ckpt");
        let resume = last.exists().then(|| Checkpoint::read(&last).expect("a checkpoint"));
        let meta = Meta {
            format: FORMAT,
            source: String::new(),
            sets: Vec::new(),
            seed: 5,
            progress: Default::default(),
            transform: self.dataset.transform.clone(),
            rows: Some(rows),
            loaded: Vec::new(),
            attributes: Default::default(),
        };
        let job = Job { model: &self.model, dataset: &self.dataset, dir: Some(dir), meta, peers: None };
        train(job, resume, &Options { threads, epochs: None, figures: true }, stop, observer)
    }

    /// The checkpoint of a run.
    fn checkpoint(&self, threads: usize) -> Vec<u8> {
        let dir = tempfile::tempdir().expect("a folder");
        self.train(dir.path(), threads, &Arc::default(), &mut At { epoch: 0, act: &|| {} }).expect("trains");
        bytes(dir.path())
    }
}

fn bytes(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("last.ckpt")).expect("last.ckpt")
}

/// What is fitted, the rows' checksums and an epoch's training, of small files of every kind.
#[test]
fn every_kind_of_number_is_read_from_its_file_as_from_memory() {
    for (kind, more) in KINDS {
        let folder = tempfile::tempdir().expect("a folder");
        files(folder.path(), 130, 5, kind);
        let load = |keep: &str| {
            let source = source(5, keep, more, "train=100, valid=20");
            Run::load(folder.path(), &source).unwrap_or_else(|e| panic!("{kind} {more}: {e}"))
        };
        let (held, filed) = (load("memory"), load("disk"));
        assert!(held.dataset.train.is_held() && !filed.dataset.train.is_held(), "{kind}");
        assert_eq!(held.dataset.transform, filed.dataset.transform, "{kind} {more}");
        assert!(held.checkpoint(1) == filed.checkpoint(2), "{kind} {more}");
    }
}

/// Pictures of 8 by 8 pixels and the classes of their labels that are chosen.
#[test]
fn pictures_are_read_from_their_file_as_from_memory() {
    const PICTURES: usize = 90;
    let folder = tempfile::tempdir().expect("a folder");
    let idx = |name: &str, sizes: &[u32], data: Vec<u8>| {
        let sizes_in_bytes = sizes.iter().flat_map(|size| size.to_be_bytes());
        let bytes =
            [0, 0, 8, sizes.len() as u8].into_iter().chain(sizes_in_bytes).chain(data).collect::<Vec<u8>>();
        std::fs::write(folder.path().join(name), bytes).expect("a file");
    };
    let rows = PICTURES as u32;
    idx("x.idx", &[rows, 8, 8], (0..64 * PICTURES).flat_map(|i| stored("|u1", number(i))).collect());
    idx("y.idx", &[rows], (0..PICTURES).map(|i| (i % 3) as u8).collect());
    let load = |keep: &str, more: &str| {
        let source = format!(
            "data {{
  source idx, images=\"x.idx\", labels=\"y.idx\", keep={keep}
  split train=40, shuffle=false
  classes 2, 0
  {more}
}}
net {{
  input x: real[8, 8, 1]
  flatten
  dense 2
  output y: class[2]
}}
train {{
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 2
}}
"
        );
        Run::load(folder.path(), &source).unwrap_or_else(|e| panic!("{more}: {e}"))
    };
    for more in ["scale 1/255", "normalize inputs, per=channel", "normalize inputs"] {
        let (held, filed) = (load("memory", more), load("disk", more));
        assert!(held.dataset.train.is_held() && !filed.dataset.train.is_held());
        assert!(held.checkpoint(2) == filed.checkpoint(1), "{more}");
    }
}

#[test]
fn training_from_a_file_gives_the_bits_of_training_from_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path(), ROWS, WIDTH, "<f4");
    let load = |keep: &str| {
        let source = source(WIDTH, keep, "normalize inputs", "train=1000, valid=150, test=150");
        Run::load(folder.path(), &source).expect("sound files")
    };
    let (held, filed) = (load("memory"), load("disk"));
    let expected = held.checkpoint(1);
    for threads in [1, 2, 3] {
        assert!(filed.checkpoint(threads) == expected, "{threads} threads");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let stop = Arc::new(AtomicU32::new(0));
    let stopped =
        filed.train(dir.path(), 2, &stop, &mut At { epoch: 2, act: &|| stop.store(1, Ordering::SeqCst) });
    assert!(matches!(stopped, Err(TrainError::Interrupted { epoch: 2, .. })), "{stopped:?}");
    filed.train(dir.path(), 1, &Arc::default(), &mut At { epoch: 0, act: &|| {} }).expect("goes on");
    assert!(bytes(dir.path()) == expected, "interrupted in the second epoch");
}

#[test]
fn predictions_and_figures_are_those_of_rows_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path(), ROWS, WIDTH, "|u1");
    let said = |keep: &str| {
        let run =
            Run::load(folder.path(), &source(WIDTH, keep, "scale 1/255", "train=1000")).expect("sound files");
        let graph = dropnet::internal::lower::lower_train(&run.model).graph;
        let mut store = Store::fresh(&run.model, &graph, 3);
        let mut evaluator = Evaluator::new(&run.model, &run.dataset.train).expect("compiles");
        evaluator.outputs(&run.dataset.train, &mut store, &Team::new(2), 0).expect("runs")
    };
    assert!(said("memory") == said("disk"));
}

/// A frozen stem on rows of a file, kept or not.
fn stem(folder: &Path, keep: &str, limit: &str) -> Run {
    let source = source(
        WIDTH,
        keep,
        &format!("normalize inputs\n  prefix_limit {limit}"),
        "train=1000, valid=150, test=150",
    );
    let source = source.replace("augment {\n  mixup alpha=0.2\n}\n", "");
    let source = source.replace("  dense 12", "  stem: dense 24 -> relu\n  dense 12");
    Run::load(folder, &source.replace("epochs 3", "epochs 3\n  freeze stem")).expect("sound files")
}

#[test]
fn what_is_computed_once_may_come_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path(), ROWS, WIDTH, "<f4");
    let expected = stem(folder.path(), "memory", "off").checkpoint(1);
    for (keep, limit) in [("memory", "1MB"), ("disk", "off"), ("disk", "1MB")] {
        for threads in [1, 2] {
            assert!(
                stem(folder.path(), keep, limit).checkpoint(threads) == expected,
                "{keep}, {limit}, {threads}"
            );
        }
    }
}

/// A row that cannot be read is met before the first epoch: the run is at its beginning, and begins once the file is whole.
#[test]
fn a_file_that_is_cut_off_ends_what_is_computed_once() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path(), ROWS, WIDTH, "<f4");
    let path = folder.path().join("x.npy");
    let whole = std::fs::read(&path).expect("the file");
    let run = stem(folder.path(), "disk", "1MB");
    let expected = run.checkpoint(1);
    let dir = tempfile::tempdir().expect("a folder");
    let mut nobody = At { epoch: 0, act: &|| {} };
    // Checksums are made of whole rows.
    let stop = Arc::default();
    let rows = Rows::of(&run.dataset).expect("rows that can be read");
    OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("the file")
        .set_len(whole.len() as u64 / 2)
        .expect("shorter");
    let ended = run.train_with(dir.path(), 2, &stop, &mut nobody, rows);
    assert!(matches!(ended, Err(TrainError::Rows(_))), "{ended:?}");
    std::fs::write(&path, &whole).expect("the file");
    run.train(dir.path(), 1, &Arc::default(), &mut nobody).expect("goes on");
    assert!(bytes(dir.path()) == expected);
}

/// The error is the same for any number of threads, and the run goes on from where it came once the file is whole again.
#[test]
fn a_file_that_is_cut_off_ends_training_at_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    files(folder.path(), ROWS, WIDTH, "<f4");
    let path = folder.path().join("x.npy");
    let whole = std::fs::read(&path).expect("the file");
    let run = Run::load(folder.path(), &source(WIDTH, "disk", "", "train=1300")).expect("sound files");
    let expected = run.checkpoint(1);
    let cut = || {
        let file = OpenOptions::new().write(true).open(&path).expect("the file");
        file.set_len(whole.len() as u64 / 2).expect("a shorter file");
    };
    let mut errors = Vec::new();
    for threads in [1, 2, 3] {
        let dir = tempfile::tempdir().expect("a folder");
        let ended = run.train(dir.path(), threads, &Arc::default(), &mut At { epoch: 2, act: &cut });
        let Err(TrainError::Rows(error)) = ended else { panic!("{ended:?}") };
        errors.push(error.to_string());
        // The file is written anew in its place, not beside it: it is open.
        std::fs::write(&path, &whole).expect("the file");
        run.train(dir.path(), threads, &Arc::default(), &mut At { epoch: 0, act: &|| {} }).expect("goes on");
        assert!(bytes(dir.path()) == expected, "{threads} threads");
    }
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:#?}");
    assert!(
        errors[0].starts_with("error[E0521]: the file ends before this row does\n --> x.npy, row "),
        "{}",
        errors[0]
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_wherever_its_rows_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |keep: &str, kind: &str, x: &dyn Fn(usize) -> f64| {
        npy(&folder.path().join("x.npy"), kind, "(40, 3)", (0..120).map(x));
        npy(&folder.path().join("y.npy"), "<f4", "(40,)", (0..40).map(number));
        Run::load(folder.path(), &source(3, keep, "", "train=30")).err().map(|error| error.to_string())
    };
    let infinite = |i: usize| if i == 31 { f64::INFINITY } else { number(i) };
    let close = |i: usize| 9e12 + number(i);
    for (kind, x) in
        [("<f4", &infinite as &dyn Fn(usize) -> f64), ("<f8", &infinite), ("<f8", &close), ("<u8", &number)]
    {
        let held = refused("memory", kind, x);
        assert!(held.is_some() && held == refused("disk", kind, x), "{held:?}");
    }
    files(folder.path(), 130, 5, "<f4");
    let bytes = std::fs::read(folder.path().join("x.npy")).expect("the file");
    std::fs::write(folder.path().join("x.npy"), &bytes[..bytes.len() - 1]).expect("a file");
    let source = source(5, "disk", "", "train=100");
    let error = Run::load(folder.path(), &source).err().expect("a file that is too short");
    assert_eq!(error.code, "E0521");
    std::fs::write(folder.path().join("x.npy"), [0x1f, 0x8b, 8, 0]).expect("a file");
    let error = Run::load(folder.path(), &source).err().expect("a packed file");
    assert_eq!(error.code, "E0545");
}
