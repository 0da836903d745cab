//! Files of a run that somebody changed, or that a disk damaged: what is read of them is held against the net, and nothing panics.

use std::{
    path::Path,
    sync::{Arc, OnceLock, atomic::AtomicU32},
};

use dropnet::internal::{
    data::Search,
    kernels::team::Team,
    lower::lower_train,
    run::{self, Committee, PartFigures, Request, RunDir, Scoring, Started, Trained, Which},
    runtime::{
        checkpoint::{Checkpoint, Named},
        figures::Words,
        progress::Meta,
        train::{Event, Job, Observer, Options, train},
    },
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value as Json, json};

const NET: &str = "
data {
  source moons, rows=90, noise=0.2, seed=1
  split train=60, valid=30
  normalize inputs
  batch 20
}
net {
  input x: real[2]
  dense 4 -> relu -> dropout 0.3
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.01
  epochs 4
}
";

struct Blind;

impl Observer for Blind {
    fn event(&mut self, _: Event<'_>) {}
}

fn search() -> Search {
    Search::new(Path::new("."), Path::new("."), None)
}

/// Trains in a folder up to an epoch, or says why it cannot.
fn trained(dir: &Path, epochs: u64, resume: bool) -> Result<(), String> {
    let ready = run::open(NET, &[], &search()).map_err(|e| e.to_string())?;
    let request = Request {
        source: NET,
        file: Path::new("m.net"),
        sets: &[],
        seed: None,
        out: Some(dir),
        resume,
        working: dir.into(),
        now: 0,
    };
    let Started { meta, checkpoint, guard, .. } =
        run::start(&request, &ready).map_err(|e| format!("{e:?}"))?;
    let job = Job { model: &ready.model, dataset: &ready.dataset, dir: Some(dir), meta, peers: None };
    let options = Options { threads: 1, epochs: Some(epochs), figures: true };
    let outcome = train(job, checkpoint, &options, &Arc::new(AtomicU32::new(0)), &mut Blind);
    drop(guard);
    outcome.map(|_| ()).map_err(|e| format!("{e:?}"))
}

/// A run of two epochs: its folder and the bytes of its last checkpoint.
fn sound() -> &'static (tempfile::TempDir, Vec<u8>) {
    static SOUND: OnceLock<(tempfile::TempDir, Vec<u8>)> = OnceLock::new();
    SOUND.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        trained(dir.path(), 2, false).unwrap();
        let bytes = std::fs::read(dir.path().join("last.ckpt")).unwrap();
        (dir, bytes)
    })
}

/// A copy of that run.
fn copy() -> tempfile::TempDir {
    let (from, to) = (sound().0.path(), tempfile::tempdir().unwrap());
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

/// What `eval` says of a run.
fn figures(dir: &Path) -> Result<Vec<PartFigures>, String> {
    let one = Committee::read(&[dir.into()], Which::Tested).map_err(|e| e.to_string())?;
    let mode = one.first().model.predict.mode;
    run::evaluate(&one, &search(), mode, Scoring::default(), &Team::new(1)).map_err(|e| e.to_string())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(config(300))]

    /// A bit that turned anywhere in a checkpoint is noticed, by prediction and by a resume, unless it says the same.
    #[test]
    fn turned_bits_are_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (_, whole) = sound();
        let mut bytes = whole.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        if let Ok(read) = Checkpoint::read(file.path()) {
            let graph = lower_train(&run::open(NET, &[], &search()).unwrap().model).graph;
            let original = Checkpoint::read(&sound().0.path().join("last.ckpt")).unwrap();
            prop_assert_eq!(&read.meta, &original.meta);
            let params = |checkpoint: &Checkpoint| checkpoint.store(&graph).unwrap().params;
            prop_assert!(params(&read).iter().zip(params(&original)).all(|(a, b)| a[..] == b[..]));
        }
    }

    /// Bytes that are no checkpoint.
    #[test]
    fn noise_is_no_checkpoint(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        prop_assert!(Checkpoint::read(file.path()).is_err());
        prop_assert!(Checkpoint::describe(file.path()).is_err());
    }

    /// A calibration of noise, or of numbers that none writes, is refused or of no effect.
    #[test]
    fn calibrations_hold_numbers_above_zero(value in prop::sample::select(vec![
        "-1", "0", "-0.0", "1e-320", "1e999", "null", "\"1\"", "[]", "{}", "NaN", "",
    ])) {
        let dir = copy();
        let parameters = Trained::read(dir.path(), Which::Tested).unwrap().checkpoint.parameters();
        let text = format!(
            "{{\"parameters\": \"{parameters}\", \"fits\": {{\"weight_scaling\": {{\"value\": {value}, \"nll\": 1, \"before\": null, \"rows\": 1}}}}}}"
        );
        std::fs::write(dir.path().join("calibration.json"), text).unwrap();
        let refused = Trained::read(dir.path(), Which::Tested).map(|_| ()).unwrap_err().to_string();
        prop_assert!(refused.contains("calibration.json is broken"), "{}", refused);
    }
}

proptest! {
    #![proptest_config(config(120))]

    /// A description in which one value is another, with checksums that fit: refused, or of no harm.
    #[test]
    fn descriptions_are_held_against_the_net(
        at in any::<prop::sample::Index>(),
        put in prop::sample::select(values()),
    ) {
        let dir = copy();
        let path = dir.path().join("last.ckpt");
        let read = Checkpoint::read(&path).unwrap();
        let mut meta = serde_json::to_value(&read.meta).unwrap();
        // The run stands or falls by this one file.
        meta["progress"]["best"] = json!(null);
        std::fs::remove_file(dir.path().join("best.ckpt")).unwrap();
        let leaves = leaves(&meta);
        *meta.pointer_mut(&leaves[at.index(leaves.len())]).unwrap() = put;
        let Ok(meta) = serde_json::from_value::<Meta>(meta) else { return Ok(()) };
        write(&read, &path, &meta, &Words::new());
        let _ = figures(dir.path());
        let _ = trained(dir.path(), 3, true);
    }
}

fn values() -> Vec<Json> {
    vec![
        json!(null),
        json!(-1),
        json!(0),
        json!(1),
        json!(3),
        json!(u64::MAX),
        json!(1_u64 << 63),
        json!(1e308),
        json!(-1e-300),
        json!("x"),
        json!([]),
        json!([1.0]),
        json!({}),
        json!(true),
    ]
}

/// Places of all values.
fn leaves(json: &Json) -> Vec<String> {
    fn add(json: &Json, at: &str, into: &mut Vec<String>) {
        into.push(at.into());
        match json {
            Json::Object(map) => map.iter().for_each(|(k, v)| add(v, &format!("{at}/{k}"), into)),
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| add(v, &format!("{at}/{i}"), into));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    add(json, "", &mut all);
    all.retain(|at| !at.is_empty());
    all
}

/// A checkpoint with the tensors of one and another description.
fn write(from: &Checkpoint, path: &Path, meta: &Meta, tallies: &Words) {
    let graph = lower_train(&run::open(NET, &[], &search()).unwrap().model).graph;
    Checkpoint::write(path, &graph, &from.store(&graph).unwrap(), tallies, meta, Named::Trained).unwrap();
}

/// Each has a reason of its own; all are refused where the checkpoint meets its net.
#[test]
fn what_does_not_fit_the_net_is_said() {
    let refused = |tallies: &Words, edit: &dyn Fn(&mut Json)| {
        let dir = copy();
        let path = dir.path().join("last.ckpt");
        let read = Checkpoint::read(&path).unwrap();
        let mut meta = serde_json::to_value(&read.meta).unwrap();
        edit(&mut meta);
        write(&read, &path, &serde_json::from_value(meta).unwrap(), tallies);
        let eval = Trained::read(&path, Which::Last).map(|_| ()).map_err(|e| e.to_string());
        (eval, trained(dir.path(), 3, true))
    };
    type Edit<'a> = &'a dyn Fn(&mut Json);
    let of = |words: &[u64]| Words::from([("accuracy".to_string(), words.to_vec())]);
    let within = |m: &mut Json| {
        m["progress"]["step"] = json!(1);
        m["progress"]["totals"] = json!([1.0, 1.0]);
    };
    let progress: [(Words, Edit<'_>, &str); 7] = [
        (of(&[]), &|m| m["progress"]["step"] = json!(3), "3 steps into an epoch of 3"),
        (of(&[]), &|m| m["progress"]["step"] = json!(1_u64 << 63), "steps into an epoch of 3"),
        (Words::new(), &within, "of `accuracy` it does not know the rows"),
        (of(&[1, 2, 3]), &within, "of `accuracy` it does not know the rows"),
        (of(&[0, 20]), &|m| m["progress"]["step"] = json!(1), "not 2 finite numbers"),
        (of(&[]), &|m| m["progress"]["bad_epochs"] = json!(9), "its best epoch is none"),
        (of(&[]), &|m| m["progress"]["epoch"] = json!(u64::MAX), "epochs are done"),
    ];
    for (tallies, edit, why) in progress {
        let (_, resumed) = refused(&tallies, edit);
        let resumed = resumed.unwrap_err();
        assert!(resumed.contains(why), "{why}: {resumed}");
    }
    let meanings: [(Edit<'_>, &str); 7] = [
        (
            &|m| {
                m["transform"]["inputs"] =
                    json!([{ "name": "x", "shape": [1] }, { "name": "z", "shape": [1] }])
            },
            "the inputs x: [1], z: [1], the net has x: [2]",
        ),
        (&|m| m["transform"]["inputs"][0]["shape"] = json!([(1_u64 << 62) + 1, 4]), "the net has x: [2]"),
        (
            &|m| {
                m["transform"]["target"] = json!({ "Real": { "columns": ["a"], "mean": [0.0], "sd": [1.0] } })
            },
            "its target is numbers",
        ),
        (
            &|m| m["transform"]["target"] = json!({ "Classes": { "column": "y", "names": [] } }),
            "it names 0 classes, the net has 2",
        ),
        (
            &|m| m["transform"]["target"] = json!({ "Bits": { "columns": ["a", "b"], "names": null } }),
            "its target is bits",
        ),
        (&|m| m["transform"]["fields"]["Table"]["columns"][0]["number"] = json!(0), "is number 0 of"),
        (
            &|m| {
                m["transform"]["fields"]["Table"]["columns"][0]["rule"] =
                    json!({ "Category": { "names": ["a"], "fill": 1 } })
            },
            "what stands for a gap",
        ),
    ];
    for (edit, why) in meanings {
        let (read, _) = refused(&Words::new(), edit);
        let read = read.unwrap_err();
        assert!(read.contains("does not fit the net") && read.contains(why), "{why}: {read}");
    }
}

/// No parameter is anything but a finite number, whatever the checksums say.
#[test]
fn parameters_are_finite() {
    let dir = copy();
    let path = dir.path().join("last.ckpt");
    let read = Checkpoint::read(&path).unwrap();
    let graph = lower_train(&run::open(NET, &[], &search()).unwrap().model).graph;
    let mut store = read.store(&graph).unwrap();
    store.params[0][1] = f32::NAN;
    Checkpoint::write(&path, &graph, &store, &Words::new(), &read.meta, Named::Trained).unwrap();
    let name = &graph.params[0].name;
    for said in [figures(dir.path()).map(|_| ()), trained(dir.path(), 3, true)] {
        let said = said.unwrap_err();
        assert!(said.contains(&format!("`{name}` holds NaN")), "{said}");
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// A log of anything is drawn, or has nothing to draw; a resume keeps the lines it knows.
    #[test]
    fn logs_of_anything_are_drawn(
        lines in prop::collection::vec(log_line(), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let text = lines.join("\n");
        for log in [text.clone(), String::from_utf8_lossy(&noise).into()] {
            let picture = run::training(&[run::Log::plain(log)]);
            // It may say that there is nothing to draw.
            let _ = (picture.text(), picture.csv(), picture.svg(), picture.png());
        }
        let dir = copy();
        let own = std::fs::read(dir.path().join("log.jsonl")).unwrap_or_default();
        let mixed = [&own[..], &noise, b"\n", text.as_bytes(), b"\n"].concat();
        std::fs::write(dir.path().join("log.jsonl"), mixed).unwrap();
        RunDir::at(dir.path()).rewind(2, 0).unwrap();
        let kept = std::fs::read(dir.path().join("log.jsonl")).unwrap();
        prop_assert!(kept.starts_with(&own));
    }
}

fn log_line() -> impl Strategy<Value = String> {
    let number = prop::sample::select(vec![
        "1",
        "-1",
        "0",
        "1e308",
        "-1e308",
        "1e-320",
        "null",
        "\"x\"",
        "[]",
        "18446744073709551615",
    ]);
    let name = prop::sample::select(vec!["loss", "objective", "accuracy", "", "é", "\\u0000", "a b"]);
    (number.clone(), name, number.clone(), number).prop_map(|(epoch, name, value, lr)| {
        format!("{{\"epoch\": {epoch}, \"lr\": {lr}, \"train\": {{\"{name}\": {value}}}, \"valid\": {{\"{name}\": {value}}}}}")
    })
}
