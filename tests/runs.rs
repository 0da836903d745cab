//! Runs: the same bits for any number of threads, across a resume, and after an interruption in the middle of an epoch.

mod front;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dropnet::internal::check::check_source;
use dropnet::internal::data::{self, Affine, Dataset, Fields, Search};
use dropnet::internal::kernels::team::Team;
use dropnet::internal::model::Model;
use dropnet::internal::peers::{Link, Peers, Thread};
use dropnet::internal::run::{Calibration, Trained, Which};
use dropnet::internal::runtime::checkpoint::Checkpoint;
use dropnet::internal::runtime::evaluate::Evaluator;
use dropnet::internal::runtime::figures::Reporter;
use dropnet::internal::runtime::progress::{FORMAT, Meta};
use dropnet::internal::runtime::train::{Event, Job, Observer, Options, Outcome, TrainError, train};

/// Two hidden layers with batch norm and dropout, a cosine schedule, mixup and momentum: everything that has state.
const NET: &str = "
data {
  source moons, rows=900, noise=0.2, seed=1
  split train=600, valid=150, test=150
  batch 50
}
augment {
  mixup alpha=0.2
}
net {
  input x: real[2]
  dense 40, bias=false -> batch_norm -> relu -> dropout 0.3
  dense 24, max_norm=2 -> relu -> dropout 0.3, share=batch
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy, label_smoothing=0.05
  optimizer sgd, lr=0.1, momentum=0.9, weight_decay=1e-4
  schedule cosine, warmup=1epochs
  epochs 6
}
";

struct Run {
    source: String,
    model: Model,
    dataset: Dataset,
}

/// Sets the stop flag when the epoch begins.
struct StopIn {
    epoch: u64,
    stop: Arc<AtomicU32>,
}

impl Observer for StopIn {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochBegan { epoch, .. } = event
            && epoch == self.epoch
        {
            self.stop.store(1, Ordering::SeqCst);
        }
    }
}

impl Run {
    fn new() -> Self {
        Self::of(NET)
    }

    fn of(source: &str) -> Self {
        Self::beside(source, Path::new("."))
    }

    /// Of data in a folder.
    fn beside(source: &str, folder: &Path) -> Self {
        let checked = check_source(source, &Default::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let config = model.data.as_ref().expect("a data section");
        let search = Search::new(folder, folder, None);
        let dataset =
            data::load(config, &search, &dropnet::internal::run::agreement::need(&model)).expect("the data");
        Self { source: source.into(), model, dataset }
    }

    fn go(
        &self,
        dir: &Path,
        threads: usize,
        epochs: Option<u64>,
        stop_in: u64,
    ) -> Result<Outcome, TrainError> {
        let stop = Arc::new(AtomicU32::new(0));
        let mut observer = StopIn { epoch: stop_in, stop: stop.clone() };
        self.watched(dir, threads, epochs, &stop, &mut observer)
    }

    /// By processes, the last of which is asked to stop in an epoch.
    fn together(
        &self,
        dir: &Path,
        ranks: usize,
        threads: usize,
        stop_in: u64,
    ) -> Vec<Result<Outcome, TrainError>> {
        let mut model = self.model.clone();
        model.deal(ranks).expect("blocks come out even");
        let of = |own: Thread| {
            let (rank, peers): (usize, Arc<dyn Peers>) = (own.rank(), Arc::new(own));
            let stop = Arc::new(AtomicU32::new(0));
            let epoch = if rank + 1 == ranks { stop_in } else { 0 };
            let mut observer = StopIn { epoch, stop: stop.clone() };
            let last = dir.join("last.ckpt");
            let resume = last.exists().then(|| Checkpoint::read(&last).expect("a checkpoint"));
            // Nobody reads what the first already writes.
            dropnet::internal::peers::agree(&*peers, 0);
            let dir = (rank == 0).then_some(dir);
            let job =
                Job { model: &model, dataset: &self.dataset, dir, meta: self.meta(), peers: Some(peers) };
            train(job, resume, &Options { threads, epochs: None, figures: true }, &stop, &mut observer)
        };
        std::thread::scope(|scope| {
            let of = &of;
            let all: Vec<_> = Thread::all(ranks, Link::default())
                .into_iter()
                .map(|own| scope.spawn(move || of(own)))
                .collect();
            all.into_iter().map(|thread| thread.join().expect("a process")).collect()
        })
    }

    fn meta(&self) -> Meta {
        Meta {
            format: FORMAT,
            source: self.source.clone(),
            sets: Vec::new(),
            seed: 5,
            progress: Default::default(),
            transform: self.dataset.transform.clone(),
            rows: None,
            loaded: Vec::new(),
            attributes: Default::default(),
        }
    }

    fn watched(
        &self,
        dir: &Path,
        threads: usize,
        epochs: Option<u64>,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, TrainError> {
        let last = dir.join("last.ckpt");
        let resume = last.exists().then(|| Checkpoint::read(&last).expect("a checkpoint"));
        let meta = self.meta();
        let job = Job { model: &self.model, dataset: &self.dataset, dir: Some(dir), meta, peers: None };
        train(job, resume, &Options { threads, epochs, figures: true }, stop, observer)
    }
}

fn bytes(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("last.ckpt")).expect("last.ckpt")
}

#[test]
fn checkpoints_do_not_depend_on_threads_resume_or_interruption() {
    let run = Run::new();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = |name: &str| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        dir
    };
    let straight = dir("straight");
    let outcome = run.go(&straight, 1, None, 0).expect("trains");
    let accuracy = outcome.test.and_then(|f| f.get("accuracy")).expect("accuracy");
    assert!(accuracy > 0.8, "{accuracy}");
    let expected = bytes(&straight);
    for threads in [2, 3, 8] {
        let dir = dir(&format!("threads{threads}"));
        run.go(&dir, threads, None, 0).expect("trains");
        assert!(bytes(&dir) == expected, "{threads} threads");
    }
    let halves = dir("halves");
    run.go(&halves, 2, Some(3), 0).expect("trains");
    assert!(bytes(&halves) != expected);
    run.go(&halves, 1, None, 0).expect("goes on");
    assert!(bytes(&halves) == expected, "3 + 3 epochs");
    let interrupted = dir("interrupted");
    let stopped = run.go(&interrupted, 2, None, 4);
    let Err(TrainError::Interrupted { epoch, step }) = stopped else { panic!("{stopped:?}") };
    assert!(epoch == 4 && (1..12).contains(&step), "epoch {epoch}, step {step}");
    run.go(&interrupted, 2, None, 0).expect("goes on");
    assert!(bytes(&interrupted) == expected, "interrupted in step {step} of epoch {epoch}");
    let again = run.go(&interrupted, 2, None, 0).expect("has nothing to do");
    assert!(again.already_done && bytes(&interrupted) == expected);
}

/// Steps that are more than one minibatch, or more than one gradient, over classes that are not equally frequent: the sums of an update that is under way stand in the checkpoint.
#[test]
fn steps_of_their_own_kind_do_not_depend_on_threads_or_interruption_either() {
    let source = "
data {
  source moons, rows=300, noise=0.2
  split valid=20%
  batch 16
}
net {
  input x: real[2]
  dense 24, bias=false -> batch_norm -> tanh -> dropout 0.2 -> dense 2
  output side: class[2]
}
train {
  loss cross_entropy
  optimizer muon, lr=0.01
  penalize orthogonal, 0.001
  average ema, decay=0.9
  accumulate 4
  sam 0.05
  sample balanced
  epochs 3
}
";
    let (run, folder) = (Run::of(source), tempfile::tempdir().expect("a folder"));
    let dir = |name: &str| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        dir
    };
    let straight = dir("straight");
    run.go(&straight, 1, None, 0).expect("trains");
    for threads in [2, 3] {
        let other = dir(&threads.to_string());
        run.go(&other, threads, None, 0).expect("trains");
        assert!(bytes(&other) == bytes(&straight), "{threads} threads");
    }
    let interrupted = dir("interrupted");
    let stopped = run.go(&interrupted, 2, None, 2);
    assert!(matches!(stopped, Err(TrainError::Interrupted { epoch: 2, .. })), "{stopped:?}");
    run.go(&interrupted, 1, None, 0).expect("goes on");
    assert!(bytes(&interrupted) == bytes(&straight), "interrupted");
}

/// Native code looks for a signal between the steps that it runs in one go: an epoch of one step has none.
#[test]
fn epochs_of_one_step_are_interrupted_too() {
    let source = "
data {
  source moons, rows=400, noise=0.2
  split valid=20%
  batch 320
}
net {
  input x: real[2]
  dense 8 -> tanh -> dropout 0.2 -> dense 2
  output side: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.01
  epochs 6
}
";
    let (run, straight) = (Run::of(source), tempfile::tempdir().expect("a folder"));
    run.go(straight.path(), 1, None, 0).expect("trains");
    let interrupted = tempfile::tempdir().expect("a folder");
    let stopped = run.go(interrupted.path(), 1, None, 3);
    assert!(matches!(stopped, Err(TrainError::Interrupted { epoch: 4, step: 0 })), "{stopped:?}");
    run.go(interrupted.path(), 2, None, 0).expect("goes on");
    assert!(bytes(interrupted.path()) == bytes(straight.path()), "an epoch later");
}

/// So wide that the outputs of an epoch, and of the validation rows, are more than one block.
const WIDE: &str = "
data {
  source blobs, rows=6300, classes=400, noise=0.5, seed=2
  split train=3300, valid=3000
  batch 300
}
net {
  input x: real[2]
  dense 400
  output y: class[400]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.1
  epochs 1
  report accuracy, top5, nll, brier, ece, aurc, macro_f1
}
";

/// Keeps the figures of finished epochs; asks every pass to stop after one step, if it is told to.
struct Watching {
    stop: Option<Arc<AtomicU32>>,
    train: Vec<(String, f64)>,
    valid: Vec<(String, f64)>,
}

impl Observer for Watching {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::EpochBegan { .. } => self.stop.iter().for_each(|stop| stop.store(1, Ordering::SeqCst)),
            Event::EpochDone(report) => {
                self.train = report.train.0.clone();
                self.valid = report.valid.clone().expect("validation rows").0;
            }
            _ => {}
        }
    }
}

/// Figures are gathered a block of rows at a time: they are those of all outputs at once, also where the run stopped after every step.
#[test]
fn figures_are_gathered_block_by_block() {
    let run = Run::of(WIDE);
    let folder = tempfile::tempdir().expect("a folder");
    let go = |name: &str, interrupted: bool| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        let mut times = 0;
        loop {
            let stop = Arc::new(AtomicU32::new(0));
            let mut seen =
                Watching { stop: interrupted.then(|| stop.clone()), train: Vec::new(), valid: Vec::new() };
            match run.watched(&dir, 2, None, &stop, &mut seen) {
                Ok(_) => return (seen.train, seen.valid, bytes(&dir), times),
                Err(TrainError::Interrupted { .. }) => times += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    let straight = go("straight", false);
    let interrupted = go("interrupted", true);
    assert_eq!((straight.3, interrupted.3), (0, 10));
    assert_eq!(straight.0, interrupted.0);
    assert!(straight.2 == interrupted.2, "the checkpoints differ");
    let trained =
        Trained::read(&folder.path().join("straight/last.ckpt"), Which::Last).expect("a trained net");
    let valid = run.dataset.valid.as_ref().expect("validation rows");
    let mut evaluator = Evaluator::predictor(&run.model, valid).expect("compiles");
    let graph = dropnet::internal::lower::lower_eval(&run.model, dropnet::internal::graph::Mode::Eval).graph;
    let mut store = trained.checkpoint.store(&graph).expect("parameters");
    let outputs = evaluator.outputs(valid, &mut store, &Team::new(1), 5).expect("outputs");
    let whole = Reporter::new(&run.model, &run.dataset.transform).figures(&outputs, valid);
    assert_eq!(whole.0.len(), 7);
    assert_eq!(whole.0, straight.1[1..], "behind the loss");
}

/// A net in memory says what evaluation says, however many rows a call.
#[test]
fn a_session_predicts_what_evaluation_predicts() {
    let run = Run::new();
    let folder = tempfile::tempdir().expect("a folder");
    run.go(folder.path(), 1, Some(2), 0).expect("trains");
    let trained = Trained::read(&folder.path().join("last.ckpt"), Which::Last).expect("a trained net");
    let part = run.dataset.valid.as_ref().expect("a validation part");
    let mut evaluator = Evaluator::predictor(&run.model, part).expect("compiles");
    let graph = dropnet::internal::lower::lower_eval(&run.model, dropnet::internal::graph::Mode::Eval).graph;
    let mut store = trained.checkpoint.store(&graph).expect("parameters");
    let mut expected = evaluator.outputs(part, &mut store, &Team::new(1), 5).expect("outputs");
    run.model.output.kind.interpret(&mut expected, &run.dataset.transform.target);
    let rows = part.seen(&part.inputs[0]).expect("rows in memory");
    for most in [1, 2, 7, 32, 150] {
        let mut session = trained.session(most).expect("compiles");
        let found: Vec<f64> =
            rows.chunks(2 * most).flat_map(|call| session.predict(&[call]).to_vec()).collect();
        assert_eq!(found.len(), expected.len());
        let difference =
            found.iter().zip(&expected).map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max);
        assert!(difference < 1e-5, "{most} rows a call: {difference}");
    }
    // At the temperature that was fitted: logits of half the size.
    let odds = |trained: &Trained| {
        let mut session = trained.session(1).expect("compiles");
        let said = session.predict(&[&rows[..2]]);
        (said[1] / said[0]).ln()
    };
    let plain = odds(&trained);
    let cooled = odds(&Trained { calibration: Calibration::fixed(2.0), ..trained });
    assert!((cooled - plain / 2.0).abs() < 1e-4, "{plain} {cooled}");
}

/// Pictures may be given as they are decoded: what training fitted to them is done inside.
#[test]
fn a_session_takes_pictures_as_bytes() {
    let run = Run::of(
        "data {
  source shapes, rows=60, size=8
  normalize inputs, per=channel
  batch 20
}
net {
  input picture: real[8, 8, 1]
  conv 4, 3x3 -> relu
  flatten -> dense 4
  output shape: class[4]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
",
    );
    let folder = tempfile::tempdir().expect("a folder");
    run.go(folder.path(), 1, None, 0).expect("trains");
    let trained = Trained::read(&folder.path().join("last.ckpt"), Which::Last).expect("a trained net");
    let bytes: Vec<u8> = (0..3 * 64).map(|i| (i * 37 % 256) as u8).collect();
    let Fields::Array(rule) = &trained.checkpoint.meta.transform.fields else {
        panic!("an array of pictures")
    };
    let Affine { scale, shift } = rule.pairs[0];
    let seen: Vec<f32> = bytes.iter().map(|byte| (f64::from(*byte) * scale + shift) as f32).collect();
    let mut session = trained.session(3).expect("compiles");
    let expected = session.predict(&[&seen]).to_vec();
    let found = session.predict_bytes(&bytes).expect("the net reads pictures");
    assert_eq!(found.len(), 3 * 4);
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
}

/// A level of which 32 bits hold one number in 128 is put on in 64.
#[test]
fn a_session_knows_the_level_of_its_target() {
    let line = |level: f64| {
        Run::of(&format!(
            "data {{
  source line, rows=60, noise=0.5, intercept={level}
  normalize inputs, target
}}
net {{
  input x: real[1]
  dense 1
  output y: real[1]
}}
train {{
  loss squared_error
  optimizer sgd, lr=0.1
  epochs 20
}}
"
        ))
    };
    let [low, high] = [0.0, 1.7e9].map(|level| {
        let (run, folder) = (line(level), tempfile::tempdir().expect("a folder"));
        run.go(folder.path(), 1, None, 0).expect("trains");
        let trained = Trained::read(&folder.path().join("last.ckpt"), Which::Last).expect("a trained net");
        let mut session = trained.session(3).expect("compiles");
        session.predict(&[&[-1.0, 0.0, 1.0]]).iter().map(|y| y - level).collect::<Vec<f64>>()
    });
    assert!(low[2] - low[0] > 3.0, "{low:?}");
    assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-3), "{low:?} {high:?}");
}

/// The parameters after six epochs.
fn trained(source: &str, stop_in: u64) -> Vec<u8> {
    let (run, folder) = (Run::of(source), tempfile::tempdir().expect("a folder"));
    if stop_in > 0 {
        let stopped = run.go(folder.path(), 2, None, stop_in);
        assert!(matches!(stopped, Err(TrainError::Interrupted { .. })), "{stopped:?}");
    }
    run.go(folder.path(), 2, None, 0).expect("trains");
    let read = Checkpoint::read(&folder.path().join("last.ckpt")).expect("a checkpoint");
    let graph = dropnet::internal::lower::lower_train(&run.model).graph;
    let store = read.store(&graph).expect("parameters");
    store.params.iter().flat_map(|values| values.iter().flat_map(|x| x.to_le_bytes())).collect()
}

/// A ramp that does not rise is its number; one that is over is its last value; all else is another training.
#[test]
fn ramps_are_numbers_at_their_time() {
    let with = |pairs: &[(&str, &str)]| {
        pairs.iter().fold(NET.to_string(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        })
    };
    let plain = trained(NET, 0);
    for flat in [
        ("relu -> dropout 0.3\n", "relu -> dropout ramp(0.3, 0.3, over=2epochs)\n"),
        ("dropout 0.3, share=batch", "dropout keep=ramp(0.7, 0.7), share=batch"),
        ("lr=0.1", "lr=ramp(0.1, 0.1, after=3steps)"),
        ("momentum=0.9", "momentum=ramp(0.9, 0.9)"),
        ("weight_decay=1e-4", "weight_decay=ramp(1e-4, 1e-4, shape=cosine)"),
    ] {
        assert!(trained(&with(&[flat]), 0) == plain, "{}", flat.1);
    }
    let over = with(&[("relu -> dropout 0.3\n", "relu -> dropout ramp(0.9, 0.3, over=0steps)\n")]);
    assert!(trained(&over, 0) == plain);
    for rising in [
        ("relu -> dropout 0.3\n", "relu -> dropout ramp(0, 0.3, over=2epochs)\n"),
        ("lr=0.1", "lr=ramp(0.05, 0.1)"),
        ("momentum=0.9", "momentum=ramp(0, 0.9, over=30steps)"),
        ("weight_decay=1e-4", "weight_decay=ramp(0, 1e-2)"),
    ] {
        assert!(trained(&with(&[rising]), 0) != plain, "{}", rising.1);
    }
    let all = with(&[
        ("relu -> dropout 0.3\n", "relu -> dropout ramp(0, 0.5, over=4epochs)\n"),
        ("lr=0.1", "lr=ramp(0.2, 0.1)"),
        ("momentum=0.9", "momentum=ramp(0.5, 0.9, over=30steps)"),
    ]);
    assert!(trained(&all, 0) == trained(&all, 3), "an interruption on the way");
}

/// Sums of one epoch at a learning rate of nothing: the penalty's amount is the ramp's at each step.
#[test]
fn a_penalty_grows_with_its_ramp() {
    let source = NET.replace("mixup alpha=0.2", "mixup alpha=1").replace("lr=0.1", "lr=1e-30");
    let objective = |penalty: &str| {
        let source = source.replace("  schedule", &format!("  penalize l2, {penalty}\n  schedule"));
        let (run, folder) = (Run::of(&source), tempfile::tempdir().expect("a folder"));
        let mut seen = Seen::default();
        run.watched(folder.path(), 1, Some(4), &Arc::default(), &mut seen).expect("trains");
        seen.0.iter().map(|(objective, loss)| objective - loss).collect::<Vec<f64>>()
    };
    let (full, rising) = (objective("1e-2"), objective("ramp(0, 1e-2, over=2epochs)"));
    // Twelve steps an epoch: means of k/24 over k = 0..11 and 12..23.
    for (share, epoch) in [(11.0 / 48.0, 0), (35.0 / 48.0, 1), (1.0, 2), (1.0, 3)] {
        assert!((rising[epoch] / full[epoch] - share).abs() < 1e-3, "{rising:?} of {full:?}");
    }
}

/// Objective and loss of each epoch.
#[derive(Default)]
struct Seen(Vec<(f64, f64)>);

impl Observer for Seen {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochDone(report) = event {
            let figure = |name| report.train.get(name).expect("a figure");
            self.0.push((figure("objective"), figure("loss")));
        }
    }
}

/// Convolutions of every kind: with a border and without, strides, groups, so many weights that their gradient has no partials (at least 2^18), pools of both
/// kinds, whole maps dropped; rows that fill no shard.
const MAPS: &str = "
data {
  source shapes, rows=100, size=9, noise=10
  split train=70, valid=20, test=10
  scale 1/255
  batch 33
}
net {
  input image: real[9, 9, 1]
  conv 8, 3x3, bias=false -> batch_norm -> relu -> dropout 0.2, share=space
  conv 16, 3x3, stride=2, groups=2 -> relu -> max_pool 3x3, stride=1, pad=same
  conv 1040, 4x4, dilation=2, init=he_normal -> relu -> avg_pool 2x2
  conv 6, 1x1 -> global_max_pool -> dropout 0.3
  dense 4
  output shape: class[4]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  epochs 3
}
";

/// The other layers over maps, with squares, branches and whole maps that are dropped.
const MORE_MAPS: &str = "
data {
  source shapes, rows=60, size=8, noise=10
  split train=40, valid=10, test=10
  scale 1/255
  batch 16
}
net {
  input image: real[8, 8, 1]
  conv 6, 3x3, bias=false -> batch_norm -> relu -> dropout 0.3, kind=dropblock, size=3
  depthwise_conv 3x3, stride=2 -> group_norm groups=3 -> relu
  residual {
    drop_path 0.4 { depthwise_conv 3x3, bias=false -> batch_norm -> relu -> conv 6, 1x1 }
  }
  residual {
    drop_path 0.2, share=batch { conv 6, 3x3 -> layer_norm over=all }
  }
  conv_transpose 4, 3x3, stride=2 -> rms_norm -> dropout 0.2, kind=dropblock, size=2, share=channel
  upsample 2x1, kind=bilinear -> zero_pad right=1
  drop_connect 0.2 { conv 3, 3x3, stride=3 }
  concat {
    branch { mean_pool over=space }
    branch { max_pool over=[height, channel] }
  }
  dense 4
  output shape: class[4]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  epochs 3
}
";

#[test]
fn checkpoints_of_convolutions_do_not_depend_on_threads_resume_or_interruption() {
    [MAPS, MORE_MAPS].into_iter().for_each(do_not_depend_on_threads_resume_or_interruption);
}

/// Tokens, a look-up, attention and what a mask of all steps thins out, over rows of several lengths.
const BRACKETS: &str = "
data {
  source brackets, rows=160, length=12
  tokenize chars
  split train=100, valid=30, test=30
  batch 30, blocks=4
}
net {
  input text: token[12, vocab=6]
  embedding 8 -> positions
  attention heads=2, dropout=0.1 -> layer_norm -> dropout 0.3, share=time -> dense 32 -> relu
  mean_pool over=time
  dense 2
  output closed: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  epochs 3
}
";

/// The rows of a minibatch in blocks: everything that has state, norms of maps beside boxes that are pasted and averages that are kept, weights whose
/// gradient has no partials without blocks.
#[test]
fn checkpoints_of_blocks_of_rows_do_not_depend_on_threads_resume_or_interruption() {
    let dense = NET.replace("batch 50", "batch 60, blocks=12");
    let maps = MAPS
        .replace("batch 33", "batch 33, blocks=4")
        .replace("net {", "augment {\n  cutmix alpha=1\n}\nnet {")
        .replace("epochs 3", "average ema, decay=0.9\n  epochs 3");
    let more = MORE_MAPS.replace("batch 16", "batch 16, blocks=8");
    for source in [&dense, &maps, &more, BRACKETS] {
        assert!(source.contains("blocks="));
        do_not_depend_on_threads_resume_or_interruption(source);
    }
}

/// Windows of a text that go on from minibatch to minibatch, with their state.
const CARRIED: &str = "
data {
  source text, \"letters.txt\"
  tokenize chars
  window 5, carry=true
  split valid=20%
  batch 12, blocks=12
}
net {
  input text: token[5, vocab=8]
  embedding 5 -> lstm 7, recurrent_dropout=0.2, carry=true -> dropout 0.2 -> gru 6, carry=true
  dense 8
  output next: token[5, vocab=8]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-2
  epochs 3
}
";

/// The same by processes that have some of the blocks each, stopped by two of them and taken up by three: changed pictures of which each reads its own and those that they are mixed with, updates that
/// are shared out (of the maps' long weight), an attention net, and a recurrent one that carries its state.
#[test]
fn checkpoints_do_not_depend_on_the_number_of_processes() {
    let dense = NET.replace("batch 50", "batch 60, blocks=12");
    let maps = MAPS
        .replace("batch 33", "batch 35, blocks=12")
        .replace("net {", "augment {\n  crop 9x9, pad=2\n  flip horizontal\n  cutmix alpha=1\n}\nnet {")
        .replace("epochs 3", "average ema, decay=0.9\n  epochs 3");
    let brackets = BRACKETS.replace("batch 30, blocks=4", "batch 34, blocks=12");
    // A branch that is not computed in some steps, in no process.
    let more = MORE_MAPS.replace("batch 16", "batch 24, blocks=12");
    for source in [&dense, &maps, &more, &brackets, CARRIED] {
        assert!(source.contains("blocks=12"), "{source}");
        let folder = tempfile::tempdir().expect("a folder");
        let letters: String = (0..700).map(|i| char::from(b'a' + (i * i / 7 + i % 3) as u8 % 6)).collect();
        std::fs::write(folder.path().join("letters.txt"), letters).expect("a file");
        let run = Run::beside(source, folder.path());
        let dir = |name: &str| {
            let dir = folder.path().join(name);
            std::fs::create_dir(&dir).expect("a folder");
            dir
        };
        let one = dir("one");
        let outcome = run.go(&one, 1, None, 0).expect("trains");
        for (ranks, threads) in [(2, 2), (3, 1), (4, 1)] {
            let own = dir(&format!("{ranks}"));
            for ended in run.together(&own, ranks, threads, 0) {
                let figures = |of: &Outcome| {
                    format!("{:?} {:?}", of.test, of.best.map(|best| (best.value, best.epoch)))
                };
                assert_eq!(figures(&ended.expect("trains")), figures(&outcome));
            }
            assert!(bytes(&own) == bytes(&one), "{ranks} processes: {source}");
        }
        let stopped = dir("stopped");
        for ended in run.together(&stopped, 2, 1, 2) {
            assert!(matches!(ended, Err(TrainError::Interrupted { epoch: 2, step: 1 })), "{ended:?}");
        }
        run.together(&stopped, 3, 1, 0).into_iter().for_each(|ended| drop(ended.expect("trains")));
        assert!(bytes(&stopped) == bytes(&one), "stopped by two, taken up by three: {source}");
    }
}

fn do_not_depend_on_threads_resume_or_interruption(source: &str) {
    let run = Run::of(source);
    let folder = tempfile::tempdir().expect("a folder");
    let go = |name: &str, threads: usize, interrupted: u64| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        if interrupted > 0 {
            let stopped = run.go(&dir, threads, None, interrupted);
            assert!(matches!(stopped, Err(TrainError::Interrupted { .. })), "{stopped:?}");
        }
        run.go(&dir, threads, None, 0).expect("trains");
        bytes(&dir)
    };
    let expected = go("1", 1, 0);
    for threads in [2, 3, 8] {
        assert!(go(&threads.to_string(), threads, 0) == expected, "{threads} threads");
    }
    assert!(go("interrupted", 2, 2) == expected, "interrupted in the second epoch");
}
