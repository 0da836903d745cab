//! Recurrent layers that go on from window to window: what they see, and the same bits for any number of threads and after an interruption.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dropnet::internal::check::check_source;
use dropnet::internal::data::{self, Dataset, Input, Numbers, Part, Search, Storage, Target};
use dropnet::internal::graph::Mode;
use dropnet::internal::kernels::team::Team;
use dropnet::internal::lower::lower_train;
use dropnet::internal::model::Model;
use dropnet::internal::runtime::checkpoint::Checkpoint;
use dropnet::internal::runtime::container;
use dropnet::internal::runtime::evaluate::Evaluator;
use dropnet::internal::runtime::progress::{FORMAT, Meta};
use dropnet::internal::runtime::store::Store;
use dropnet::internal::runtime::train::{Event, Job, Observer, Options, Outcome, TrainError, train};
use tempfile::TempDir;

const STREAMS: usize = 4;
const WINDOW: usize = 6;

/// Letters that depend on those two and five places before.
fn text() -> String {
    let mut letters: Vec<u8> = b"abcab".to_vec();
    while letters.len() < 700 {
        let at = letters.len();
        let next = (letters[at - 2] as usize + 3 * letters[at - 5] as usize + at / 7) % 6;
        letters.push(b'a' + next as u8);
    }
    String::from_utf8(letters).expect("letters")
}

fn net(window: usize, carry: bool, layers: &str) -> String {
    let windows = if carry { format!("window {window}, carry=true") } else { format!("window {window}") };
    let layers = layers.replace("CARRY", if carry { ", carry=true" } else { "" });
    let output = match layers.contains("output=last") {
        true => "class[8]".to_owned(),
        false => format!("token[{window}, vocab=8]"),
    };
    let penalties =
        if layers.starts_with("h:") { "penalize ar, 2, of=h\n  penalize tar, 1, of=h" } else { "" };
    format!(
        "
data {{
  source text, \"letters.txt\"
  tokenize chars
  {windows}
  split valid=20%
  batch {STREAMS}
}}
net {{
  input text: token[{window}, vocab=8]
  embedding 5
  {layers}
  dense 8
  output next: {output}
}}
train {{
  loss cross_entropy
  optimizer adam, lr=1e-2
  {penalties}
  average ema, decay=0.9
  epochs 3
}}
"
    )
}

const STACK: &str = "h: drop_connect 0.1, on=recurrent { lstm 7, recurrent_dropout=0.2CARRY } -> dropout 0.2
  gru 6, dropout=0.2CARRY -> rnn 5, zoneout=0.1, output=lastCARRY";

struct Run {
    source: String,
    model: Model,
    dataset: Dataset,
    folder: TempDir,
}

/// Asks to stop once these updates are done.
struct StopAt {
    epoch: u64,
    stop: Arc<AtomicU32>,
}

impl Observer for StopAt {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochBegan { epoch, .. } = event
            && epoch == self.epoch
        {
            self.stop.store(1, Ordering::SeqCst);
        }
    }
}

impl Run {
    fn of(source: String) -> Self {
        let checked = check_source(&source, &Default::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("letters.txt"), text()).expect("a file");
        let search = Search::new(folder.path(), folder.path(), None);
        let config = model.data.as_ref().expect("a data section");
        let dataset =
            data::load(config, &search, &dropnet::internal::run::agreement::need(&model)).expect("letters");
        Self { source, model, dataset, folder }
    }

    fn go(
        &self,
        name: &str,
        threads: usize,
        epochs: Option<u64>,
        stop_in: u64,
    ) -> Result<Outcome, TrainError> {
        let dir = self.folder.path().join(name);
        fs::create_dir_all(&dir).expect("a folder");
        let resume = dir.join("last.ckpt");
        let resume = resume.exists().then(|| Checkpoint::read(&resume).expect("a checkpoint"));
        let meta = Meta {
            format: FORMAT,
            source: self.source.clone(),
            sets: Vec::new(),
            seed: 5,
            progress: Default::default(),
            transform: self.dataset.transform.clone(),
            rows: None,
            loaded: Vec::new(),
            attributes: Default::default(),
        };
        let job = Job { model: &self.model, dataset: &self.dataset, dir: Some(&dir), meta, peers: None };
        let stop = Arc::new(AtomicU32::new(0));
        let mut observer = StopAt { epoch: stop_in, stop: stop.clone() };
        train(job, resume, &Options { threads, epochs, figures: true }, &stop, &mut observer)
    }

    fn last(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name).join("last.ckpt")).expect("last.ckpt")
    }

    /// Names of what is carried in the last checkpoint, and whether any of it is not zero.
    fn carried(&self, name: &str) -> Vec<(String, Vec<usize>, bool)> {
        let (_, tensors) =
            container::read(&self.folder.path().join(name).join("last.ckpt")).expect("tensors");
        let carried = tensors.iter().filter(|(name, _)| name.starts_with("carry."));
        let moved = |tensor: &container::Tensor<'_>| match &tensor.data {
            container::Numbers::F32(values) => values.iter().any(|x| *x != 0.0),
            container::Numbers::U64(_) => false,
        };
        carried.map(|(name, tensor)| (name.clone(), tensor.dims.clone(), moved(tensor))).collect()
    }

    fn store(&self) -> Store {
        Store::fresh(&self.model, &lower_train(&self.model).graph, 3)
    }
}

/// Tokens of the rows of a part, and their lengths.
fn rows(part: &Part) -> Vec<(Vec<i32>, usize)> {
    let mut tokens: Vec<Vec<i32>> = Vec::new();
    part.each_row(&part.inputs[0], |_, row| {
        if let Numbers::I32(row) = row {
            tokens.push(row.to_vec());
        }
        Ok(())
    })
    .expect("tokens");
    let lengths = part.seen(&part.inputs[1]).expect("lengths");
    tokens.into_iter().zip(lengths.into_iter().map(|length| length as usize)).collect()
}

/// What each row has seen when it ends: its stream from the beginning.
fn histories(part: &Part, steps: usize) -> Part {
    let mut streams = vec![Vec::new(); STREAMS];
    let (mut tokens, mut lengths) = (Vec::new(), Vec::new());
    for (at, (row, length)) in rows(part).into_iter().enumerate() {
        let stream = &mut streams[at % STREAMS];
        stream.extend_from_slice(&row[..length]);
        tokens.extend(stream.iter().copied().chain(std::iter::repeat(0)).take(steps));
        lengths.push(stream.len() as i32);
    }
    let tokens = Input::held("text", &[steps], Storage::I32(tokens), (1.0, 0.0));
    Part::of_first(part.rows(), vec![tokens, Input::lengths("text", lengths)], Target::NONE)
}

#[test]
fn a_state_that_is_carried_on_is_that_of_one_long_window() {
    const LONG: usize = 150;
    for layers in [
        "lstm 7, output=lastCARRY",
        "gru 6, output=lastCARRY",
        "rnn 5, output=lastCARRY",
        "gru 6CARRY -> lstm 4, zoneout=0.2, zoneout_cell=0.3, output=lastCARRY",
    ] {
        let (windows, long) = (Run::of(net(WINDOW, true, layers)), Run::of(net(LONG, false, layers)));
        let team = Team::new(2);
        for part in [&windows.dataset.train, windows.dataset.valid.as_ref().expect("a part")] {
            assert_eq!(part.streams(), Some(STREAMS));
            let whole = histories(part, LONG);
            let told = |run: &Run, part: &Part| {
                let mut evaluator = Evaluator::predictor(&run.model, part).expect("code");
                // Twice: a second pass begins like the first.
                let first = evaluator.outputs(part, &mut run.store(), &team, 1).expect("outputs");
                assert_eq!(first, evaluator.outputs(part, &mut run.store(), &team, 1).expect("outputs"));
                first
            };
            let (carried, whole) = (told(&windows, part), told(&long, &whole));
            let worst = carried.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-6, "{layers}: {worst}");
            // Which the window alone would not give.
            let apart = Part::of_first(part.rows(), part.inputs.clone(), Target::NONE);
            let apart = if part.numbers()[0] == 0 { told(&windows, &apart) } else { continue };
            assert_eq!(apart[..STREAMS * 8], carried[..STREAMS * 8]);
            assert_ne!(apart[STREAMS * 8..], carried[STREAMS * 8..]);
        }
    }
}

#[test]
fn windows_of_a_part_follow_one_another_and_its_tokens_are_all_there() {
    let run = Run::of(net(WINDOW, true, STACK));
    let rows_of = |part: &Part| rows(part);
    let train = rows_of(&run.dataset.train);
    let steps: usize = train.iter().map(|(_, length)| length).sum();
    let valid: usize = rows_of(run.dataset.valid.as_ref().expect("a part")).iter().map(|row| row.1).sum();
    assert_eq!((steps, valid), (559, 140));
    // Streams of 139 or 140 tokens: 23 windows and a tail of one or two.
    assert_eq!(train.len(), 24 * STREAMS);
    assert_eq!(train[23 * STREAMS..].iter().map(|row| row.1).collect::<Vec<_>>(), [2, 2, 2, 1]);
}

#[test]
fn checkpoints_do_not_depend_on_threads_resume_or_interruption() {
    // Carried, and each window anew; without attention to order, the latter tests recurrent nets in the middle of an epoch alone.
    let each = STACK.replace(", output=last", "");
    for (carry, layers, blocks) in [(true, STACK, 1), (true, &each, 1), (false, STACK, 1), (true, STACK, 2)] {
        let batch = format!("batch {STREAMS}");
        let run = Run::of(net(WINDOW, carry, layers).replace(&batch, &format!("{batch}, blocks={blocks}")));
        let whole = run.go("whole", 1, None, 0).expect("a run");
        let expected = run.last("whole");
        assert!(run.carried("whole").is_empty(), "an epoch begins with nothing carried");
        for threads in [2, 3, 8] {
            let name = format!("threads{threads}");
            assert_eq!(run.go(&name, threads, None, 0).expect("a run").test, whole.test);
            assert!(run.last(&name) == expected, "{threads} threads");
        }
        run.go("resumed", 2, Some(1), 0).expect("an epoch");
        run.go("resumed", 1, None, 0).expect("the others");
        assert!(run.last("resumed") == expected, "resumed");
        for threads in [1, 3] {
            let name = format!("interrupted{threads}");
            let stopped = run.go(&name, threads, None, 2);
            assert!(
                matches!(stopped, Err(TrainError::Interrupted { epoch: 2, step: 1.. })),
                "it was stopped"
            );
            let carried = run.carried(&name);
            let wanted: Vec<(String, Vec<usize>, bool)> = [
                ("gru_1", 6),
                ("h/drop_connect_1/lstm_1", 7),
                ("h/drop_connect_1/lstm_1.cell", 7),
                ("rnn_1", 5),
            ]
            .map(|(path, width)| (format!("carry.{path}"), vec![STREAMS, width], true))
            .into_iter()
            .filter(|_| carry)
            .collect();
            assert_eq!(carried, wanted);
            run.go(&name, 2, None, 0).expect("goes on");
            assert!(run.last(&name) == expected, "interrupted in an epoch, on {threads} threads");
        }
    }
}

#[test]
fn each_sample_carries_its_own_state() {
    let run = Run::of(net(WINDOW, true, STACK));
    let (part, team) = (&run.dataset.train, Team::new(2));
    let mut store = run.store();
    let mut evaluator = Evaluator::in_mode(&run.model, Mode::Mc, part).expect("code");
    let mut sample = |rows: std::ops::Range<usize>, sample: u32| {
        evaluator.rows_of_sample(part, rows, &mut store, &team, (9, sample), &mut 0.0).expect("outputs")
    };
    let whole: Vec<Vec<f32>> = (0..3).map(|t| sample(0..part.rows(), t)).collect();
    assert_ne!(whole[0], whole[1]);
    let mut pieces = vec![Vec::new(); 3];
    for first in (0..part.rows()).step_by(2 * STREAMS) {
        for t in [2, 0, 1] {
            pieces[t as usize].extend(sample(first..(first + 2 * STREAMS).min(part.rows()), t));
        }
    }
    assert_eq!(pieces, whole);
}

/// Lines of a table that foretells the next one: streams of the same length have no short window, and a line that fills none is left out.
#[test]
fn a_table_is_cut_into_streams_too() {
    let source = |batch: usize| {
        format!(
            "data {{
  source csv, \"lines.csv\"
  window 2, target=v, carry=true
  split valid=25%
  batch {batch}
}}
net {{
  input x: series[2, 1]
  gru 3, carry=true, output=last
  dense 1
  output y: real[1]
}}
"
        )
    };
    let load = |batch: usize| {
        let model = check_source(&source(batch), &Default::default()).model.expect("a model");
        let folder = tempfile::tempdir().expect("a folder");
        let lines: String = (0..41).map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join("lines.csv"), format!("v\n{lines}")).expect("a file");
        let search = Search::new(folder.path(), folder.path(), None);
        let config = model.data.as_ref().expect("a data section");
        data::load(config, &search, &dropnet::internal::run::agreement::need(&model))
    };
    let dataset = load(3).expect("lines");
    let rows = |part: &Part| {
        assert_eq!(part.streams(), Some(3));
        let seen = part.seen(&part.inputs[0]).expect("numbers");
        let firsts: Vec<f32> = seen.chunks(2).map(|row| row[0]).collect();
        for (row, observed) in seen.chunks(2).zip(part.all_observed()) {
            assert!(
                matches!(observed, data::Observed::Real([y]) if *y == row[0] + 2.0 && row[1] == row[0] + 1.0)
            );
        }
        firsts
    };
    let train: Vec<f32> =
        (0..5).flat_map(|window| [0, 10, 20].map(|start| (start + 2 * window) as f32)).collect();
    assert_eq!(rows(&dataset.train), train);
    assert_eq!(rows(dataset.valid.as_ref().expect("a part")), [30.0, 34.0, 37.0, 32.0]);
    let short = load(6).expect_err("ten lines are no six streams").plain();
    assert!(
        short.contains("the validation part has 10 lines, too few for 6 streams of a window each"),
        "{short}"
    );
}
