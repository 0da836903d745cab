use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::support::{Folder, SOUND, masked};

const MOONS: &str = "\
param p = 0.3

data {
  source moons, rows=200, noise=0.2
  split test=25%, valid=25%
  batch 20
}

net {
  input point: real[2]
  dense 16 -> relu -> dropout p
  dense 2
  output moon: class[2]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 3
  report accuracy
}
";

fn lines(folder: &Folder, args: &[&str]) -> Vec<Json> {
    let output = folder.command(args).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).expect("a file of the run")
}

#[test]
fn epochs_are_lines_and_the_test_is_last() {
    masked(|| {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r" +\d+[mu]s|  +\d+\.\d+s", "  [time]");
        settings.add_filter(r"\d+ ms|\d+[mu]s", "[time]");
        settings.add_filter(r"\d threads?", "[threads]");
        settings.bind(|| {
            insta::assert_snapshot!(Folder::new(&[("m.net", MOONS)]).run(&["train", "m.net", "-o", "run"]))
        });
    });
}

#[test]
fn json_lines_keep_the_contract() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    let lines = lines(&folder, &["train", "m.net", "-o", "run", "--json", "--epochs", "2"]);
    let [first, second, done] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&first["event"], &first["epoch"], &first["steps"]), (&"epoch".into(), &1.into(), &5.into()));
    for part in ["train", "valid"] {
        assert!(second[part]["loss"].is_f64() && second[part]["accuracy"].is_f64(), "{second}");
    }
    assert!(second["lr"].is_f64() && second["seconds"].is_f64());
    assert_eq!((&done["event"], &done["run"]), (&"done".into(), &"run".into()));
    assert!(done["test"]["accuracy"].is_f64() && done["seconds"].is_f64() && done["compile_ms"].is_f64());
}

#[test]
fn a_run_leaves_its_folder() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    lines(&folder, &["train", "m.net", "-o", "run", "--json", "--set", "p=0.1", "--seed", "5"]);
    assert_eq!(folder.read("run/model.net"), MOONS);
    let lock: Json = serde_json::from_str(&folder.read("run/model.lock.json")).expect("JSON");
    assert_eq!((&lock["seed"], &lock["params"]["p"]), (&5.into(), &"0.1".into()));
    assert_eq!(folder.read("run/log.jsonl").lines().count(), 3);
    let metrics: Json = serde_json::from_str(&folder.read("run/metrics.json")).expect("JSON");
    assert!(metrics["test"]["loss"].is_f64());
    assert!(!bytes(&folder, "run/last.ckpt").is_empty() && !bytes(&folder, "run/best.ckpt").is_empty());
}

#[test]
fn without_out_the_folder_is_stamped_and_resume_finds_it() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    let first = lines(&folder, &["train", "m.net", "--json", "--epochs", "1"]);
    let run = first.last().and_then(|done| done["run"].as_str()).expect("a folder").to_string();
    assert!(run.starts_with("runs/m-"), "{run}");
    let second = lines(&folder, &["train", "m.net", "--json", "--resume"]);
    assert_eq!(second.last().map(|done| done["run"].clone()), Some(run.into()));
    assert_eq!(second.len(), 3, "two epochs and the result");
}

#[test]
fn resumed_and_straight_runs_have_the_same_bytes_on_any_threads() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    lines(&folder, &["train", "m.net", "-o", "straight", "--json", "--threads", "1"]);
    lines(&folder, &["train", "m.net", "-o", "parts", "--json", "--epochs", "1", "--threads", "2"]);
    lines(&folder, &["train", "m.net", "-o", "parts", "--json", "--resume", "--threads", "3"]);
    for file in ["last.ckpt", "metrics.json"] {
        assert_eq!(
            bytes(&folder, &format!("straight/{file}")),
            bytes(&folder, &format!("parts/{file}")),
            "{file}"
        );
    }
    let epochs = |run: &str| -> Vec<Json> {
        let log = folder.read(&format!("{run}/log.jsonl"));
        log.lines().map(|line| serde_json::from_str::<Json>(line).expect("JSON")["train"].clone()).collect()
    };
    assert_eq!(epochs("straight"), epochs("parts"));
}

#[test]
fn folders_and_checkpoints_are_guarded() {
    let changed = MOONS.replace("dense 16", "dense 8");
    let folder = Folder::new(&[("m.net", MOONS), ("n.net", &changed)]);
    lines(&folder, &["train", "m.net", "-o", "run", "--json"]);
    let all: String = [
        &["train", "m.net", "-q", "-o", "run"][..],
        &["train", "m.net", "-q", "-o", "empty", "--resume"],
        &["train", "n.net", "-q", "-o", "run", "--resume"],
        &["train", "n.net", "-q", "--resume"],
        &["train", "m.net", "-q", "-o", "run", "--resume", "--seed", "9"],
        &["train", "m.net", "-q", "-o", "run", "--resume", "--set", "p=0.2"],
    ]
    .iter()
    .map(|args| folder.run(args))
    .collect();
    insta::assert_snapshot!(all);
}

#[test]
fn a_finished_run_says_so() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    lines(&folder, &["train", "m.net", "-o", "run", "--json"]);
    let before = bytes(&folder, "run/last.ckpt");
    let said = folder.run(&["train", "m.net", "-o", "run", "--resume"]);
    assert!(said.contains("nothing to do: run has run its 3 epochs"), "{said}");
    assert_eq!(bytes(&folder, "run/last.ckpt"), before);
}

#[test]
fn what_cannot_be_trained_is_said() {
    let no_train = MOONS.split("train {").next().expect("a part");
    let wide = MOONS.replace("real[2]", "real[3]");
    let missing = MOONS.replace("source moons, rows=200, noise=0.2", "source csv, \"houses.csv\"");
    let folder = Folder::new(&[
        ("no_data.net", SOUND),
        ("no_train.net", no_train),
        ("wide.net", &wide),
        ("missing.net", &missing),
    ]);
    let all: String = ["no_data.net", "no_train.net", "wide.net", "missing.net"]
        .iter()
        .map(|file| folder.run(&["train", file]))
        .collect();
    assert!(!folder.path().join("runs").exists(), "nothing is left behind");
    insta::assert_snapshot!(all);
}

#[test]
fn divergence_is_exit_4() {
    let folder = Folder::new(&[("m.net", &MOONS.replace("lr=0.1", "lr=1e30"))]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.contains("training diverged") && said.ends_with("--- exit 4\n"), "{said}");
    // The parameters from before the step are numbers, but none with which the net predicts anything: they are not kept.
    assert!(said.contains("no checkpoint had been written yet"), "{said}");
    let evaluated = folder.run(&["eval", "run"]);
    assert!(
        evaluated.contains("ended before its first checkpoint") && evaluated.ends_with("--- exit 3\n"),
        "{evaluated}"
    );
}

/// Bits of one input, of which the validation rows 41 to 50 are all 0.
fn without_ones_to_validate_on(train: &str) -> Folder {
    let mut table = String::from("a,y\n");
    for i in 0..60 {
        let one = i % 3 == 0 && !(40..50).contains(&i);
        table += &format!("{},{}\n", (i * 7 % 11) as f64 / 5.0 + f64::from(u8::from(one)), u8::from(one));
    }
    let net = format!(
        "data {{\n  source csv, \"t.csv\"\n  split train=40, valid=10, test=10, shuffle=false\n  normalize inputs\n  batch 4\n}}\n\n\
         net {{\n  input x: real[1]\n  dense 4 -> relu\n  dense 1\n  output y: bits[1]\n}}\n\n\
         train {{\n  loss binary_cross_entropy\n  optimizer adam, lr=0.02\n  epochs 12\n  {train}\n  report auc\n}}\n"
    );
    Folder::new(&[("m.net", &net), ("t.csv", &table)])
}

#[test]
fn a_watched_figure_without_a_value_stops_nothing() {
    let folder = without_ones_to_validate_on("stop_early patience=3, watch=valid.auc");
    let said = folder.run(&["train", "m.net", "-o", "run", "--no-progress"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert_eq!(said.matches("all of these rows are of one class").count(), 1, "{said}");
    let metrics: Json = serde_json::from_str(&folder.read("run/metrics.json")).expect("JSON");
    assert_eq!(
        (metrics["epochs"].as_u64(), metrics["tested"].as_str()),
        (Some(12), Some("last")),
        "{metrics}"
    );
    assert!(metrics["test"]["loss"].is_number() && metrics.get("best").is_none(), "{metrics}");
    assert!(folder.run(&["train", "m.net", "-o", "run", "--resume"]).ends_with("--- exit 0\n"));
    assert_eq!(folder.json(&["eval", "run", "--json"])["test"]["loss"], metrics["test"]["loss"]);
    let best = folder.run(&["eval", "run", "--checkpoint", "best"]);
    assert!(best.contains("there are no best parameters") && best.ends_with("--- exit 3\n"), "{best}");
}

/// Validation rows whose targets are all equal say nothing of the share that is explained: the first epoch is not the best of equal ones.
#[test]
fn r2_of_equal_targets_stops_nothing() {
    let folder = without_ones_to_validate_on("stop_early patience=3, watch=valid.r2");
    let net = folder.read("m.net").replace("bits[1]", "real[1]").replace("report auc", "report r2");
    let net = net.replace("binary_cross_entropy", "squared_error");
    let folder = Folder::new(&[("m.net", &net), ("t.csv", &folder.read("t.csv"))]);
    let said = folder.run(&["train", "m.net", "-o", "run", "--no-progress"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert_eq!(said.matches("all targets of these rows are equal").count(), 1, "{said}");
    let metrics: Json = serde_json::from_str(&folder.read("run/metrics.json")).expect("JSON");
    assert_eq!(
        (metrics["epochs"].as_u64(), metrics["tested"].as_str()),
        (Some(12), Some("last")),
        "{metrics}"
    );
}

#[test]
fn a_plateau_without_a_value_cuts_nothing() {
    let folder = without_ones_to_validate_on("schedule plateau, patience=1, factor=0.5, watch=valid.auc");
    let said = folder.run(&["train", "m.net", "-o", "run", "--no-progress"]);
    assert_eq!(said.matches("for `schedule plateau` such an epoch").count(), 1, "{said}");
    let rates = folder.read("run/log.jsonl");
    let rates = rates.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()?["lr"].as_f64());
    assert_eq!(rates.collect::<Vec<f64>>(), [0.02; 12]);
}

/// Six updates of a cosine, and then its floor.
#[test]
fn after_its_end_a_cosine_is_at_its_floor() {
    let net = MOONS.replace("epochs 3", "epochs 10\n  schedule cosine, floor=0.1, over=6epochs");
    assert_ne!(net, MOONS);
    let folder = Folder::new(&[("m.net", &net)]);
    folder.run(&["train", "m.net", "-q", "-o", "run", "--no-progress"]);
    let rates = folder.read("run/log.jsonl");
    let rates = rates.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()?["lr"].as_f64());
    let rates: Vec<f64> = rates.collect();
    assert!(rates[5] > 0.1 * 0.1 && rates[6..] == [0.1 * 0.1; 4], "{rates:?}");
}

/// Where the data are the reason, the help says so: a smaller rate would not do.
#[test]
fn divergence_names_its_reason() {
    let csv = |x: &str, y: &str| {
        let row = |i: u32| format!("0.{i}{x},0.{}{y}\n", (i * 7) % 10);
        "x,y\n".to_string() + &(0..60).map(row).collect::<String>()
    };
    let net = "data {\n  source csv, \"t.csv\"\n  target y\n  split test=12\n  batch 10\n}\nnet {\n  input x: real[1]\n  dense 4 -> relu\n  dense 1\n  output y: real[1]\n}\ntrain {\n  loss squared_error\n  optimizer sgd, lr=0.1\n  epochs 30\n}\n";
    let help = |net: &str, table: &str| {
        let folder = Folder::new(&[("m.net", net), ("t.csv", table)]);
        let said = folder.run(&["train", "m.net", "-q", "-o", "r"]);
        assert!(said.ends_with("--- exit 4\n"), "{said}");
        let alone = folder.run(&["experiment", "m.net", "-q", "-o", "e"]);
        let help = said.lines().find(|line| line.starts_with("help: ")).expect("help").to_string();
        assert!(alone.ends_with(&format!("{help}\n--- exit 4\n")), "{alone}");
        help
    };
    let inputs = help(net, &csv("e20", ""));
    assert!(
        inputs.starts_with("help: the input `x` reaches 9e19")
            && inputs.contains("write `normalize inputs` in `data`"),
        "{inputs}"
    );
    let targets = help(net, &csv("", "e30"));
    assert!(
        targets.starts_with("help: the target reaches 9e")
            && targets.contains("write `normalize target` in `data`"),
        "{targets}"
    );
    let steps = help(&net.replace("lr=0.1", "lr=1e20"), &csv("", ""));
    assert_eq!(steps, "help: a smaller `lr`, or `clip_norm=1` on the optimizer, usually cures it");
}

/// A run that ended before its first checkpoint leaves a folder that the next one may have.
#[test]
fn a_folder_without_a_checkpoint_is_free() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    std::fs::create_dir(folder.path().join("run")).expect("a folder");
    for name in ["model.net", "model.lock.json", "log.jsonl"] {
        std::fs::write(folder.path().join("run").join(name), "{\"dropnet\":\"0.1.0\"}\n").expect("a file");
    }
    let said = folder.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "1"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert_eq!(folder.read("run/log.jsonl").lines().count(), 1);
}

/// A `model.net` that no run has left is its owner's, and stays as it is.
#[test]
fn a_net_that_lies_in_the_folder_is_not_overwritten() {
    let folder = Folder::new(&[("m.net", MOONS), ("model.net", "# mine\n")]);
    let said = folder.run(&["train", "m.net", "-q", "-o", ".", "--epochs", "1"]);
    assert!(said.ends_with("--- exit 2\n"), "{said}");
    assert_eq!(folder.read("model.net"), "# mine\n");
}

/// A script that repeats a short run: every one gets a folder.
#[test]
fn runs_that_begin_in_one_second_do_not_meet() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    for _ in 0..3 {
        let said = folder.run(&["train", "m.net", "-q", "--epochs", "1"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path().join("runs")).expect("runs").count(), 3);
}

/// A folder with a table `t.csv`, and a net trained on it into `run`.
fn trained_on_a_table() -> Folder {
    let table: String = (0..40).map(|i| format!("{},{}\n", i % 7, ["a", "b"][i % 2])).collect();
    let net = MOONS.replace("source moons, rows=200, noise=0.2", "source csv, \"t.csv\", header=false");
    let net = net.replace("real[2]", "real[1]");
    let folder = Folder::new(&[("m.net", &net), ("t.csv", &table)]);
    let trained = folder.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "1"]);
    assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    folder
}

/// Data beside the `.net` file are found from wherever a run is looked at.
#[test]
fn evaluation_finds_the_data_from_anywhere() {
    let folder = trained_on_a_table();
    let elsewhere = Folder::new(&[]);
    let run = folder.path().join("run");
    let said = elsewhere.run(&["eval", &run.display().to_string()]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// Other rows divide otherwise: what was a training row may now be a test row.
#[test]
fn evaluation_notices_that_the_data_have_changed() {
    let folder = trained_on_a_table();
    let longer = folder.read("t.csv") + "3,a\n";
    std::fs::write(folder.path().join("t.csv"), longer).expect("one more row");
    let said = folder.run(&["eval", "run"]);
    assert!(said.contains("the data have changed") && said.ends_with("--- exit 3\n"), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_a_checkpoint_that_goes_on() {
    let long = MOONS.replace("rows=200", "rows=20_000").replace("epochs 3", "epochs 500");
    // Names that a shell would take apart: the proposed command quotes them.
    let (net, run) = ("a $b.net", "r r");
    let folder = Folder::new(&[(net, &long)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_dropnet"))
        .args(["train", net, "-o", run, "--json", "--set", "p=0.25 + 0.25"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut first = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    std::io::BufRead::read_line(&mut stdout, &mut first).expect("an epoch");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(interrupted.success());
    std::io::Read::read_to_string(&mut stdout, &mut first).expect("the rest");
    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    let proposed = said.split('`').nth(1).expect("a command");
    assert_eq!(proposed, "dropnet train 'a $b.net' --set 'p=0.25 + 0.25' -o 'r r' --resume");
    let epoch = folder.read("r r/log.jsonl").lines().count() as u64 + 1;
    let command = proposed.replacen("dropnet", &format!("'{}'", env!("CARGO_BIN_EXE_dropnet")), 1);
    let resumed = Command::new("sh")
        .args(["-c", &format!("{command} --json --epochs {epoch}")])
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    let first: Json =
        serde_json::from_slice(resumed.stdout.split(|b| *b == b'\n').next().expect("a line")).expect("JSON");
    assert_eq!(first["epoch"], epoch);
    let straight = ["train", net, "-o", "straight", "--json", "--set", "p=0.25 + 0.25"];
    lines(&folder, &[&straight[..], &["--epochs", &epoch.to_string()]].concat());
    assert_eq!(bytes(&folder, "r r/last.ckpt"), bytes(&folder, "straight/last.ckpt"));
}

const FITTED: &str = "\
data {
  source friedman, rows=300, noise=1, seed=5
  split valid=25%
  normalize inputs, target
  batch 32
}

net {
  input x: real[10]
  dense 16 -> relu -> dropout 0.1
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=1e-2
  penalize l2, bayes_decay(length_scale=0.1, precision=fit)
  epochs 6
  report rmse
}
";

/// The precision of the next epoch is one over the mean squared error of the last on validation rows.
#[test]
fn the_precision_of_a_bayesian_decay_is_fitted_while_training() {
    let fixed = FITTED.replace("precision=fit", "precision=1");
    let unheld = FITTED.replace("  split valid=25%\n", "");
    let folder = Folder::new(&[("m.net", FITTED), ("n.net", &fixed), ("o.net", &unheld)]);
    let whole = folder.run(&["train", "m.net", "-o", "whole", "--no-progress"]);
    let metrics: Json = serde_json::from_str(&folder.read("whole/metrics.json")).expect("JSON");
    let precision = metrics["precision"].as_f64().expect("a number");
    let log = folder.read("whole/log.jsonl");
    let last: Json = serde_json::from_str(log.lines().last().expect("a line")).expect("JSON");
    let rmse = last["valid"]["rmse"].as_f64().expect("a number");
    assert!((precision * rmse * rmse - 1.0).abs() < 1e-4, "{precision} {rmse}");
    assert!(whole.contains("fitted precision"), "{whole}");
    // Another precision is another net, and a cut run goes on with the precision that it had.
    folder.run(&["train", "m.net", "-o", "cut", "--epochs", "3", "--no-progress"]);
    folder.run(&["train", "m.net", "-o", "cut", "--resume", "--no-progress"]);
    assert!(
        std::fs::read(folder.path().join("cut/last.ckpt")).expect("a file")
            == std::fs::read(folder.path().join("whole/last.ckpt")).expect("a file")
    );
    folder.run(&["train", "n.net", "-o", "fixed", "--no-progress"]);
    assert!(folder.read("fixed/log.jsonl") != log);
    let refused = folder.run(&["train", "o.net", "--no-progress"]);
    assert!(refused.contains("looks at validation rows"), "{refused}");
    let summary = folder.run(&["summary", "m.net"]);
    assert!(summary.contains(" · valid.loss / train.rows"), "{summary}");
}

/// Two files after a resume, whose records hold the figures of every epoch.
#[test]
fn figures_are_written_for_tensorboard() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    folder.run(&["train", "m.net", "-q", "-o", "r", "--epochs", "1", "--tensorboard"]);
    let events = || -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(folder.path().join("r")).unwrap().map(|file| file.unwrap().path());
        let named = files.filter(|path| path.to_str().unwrap().contains("events.out.tfevents."));
        named.map(|path| std::fs::read(path).unwrap()).collect()
    };
    assert_eq!(events().len(), 1);
    folder.run(&["train", "m.net", "-q", "-o", "r", "--resume", "--tensorboard"]);
    let all = events().concat();
    let has = |text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(events().len() == 2 && has("brain.Event:2") && has("loss/train") && has("learning_rate"));
    assert!(!folder.run(&["train", "m.net", "-q", "-o", "s"]).contains("error"));
    assert!(
        !folder.path().join("s").read_dir().unwrap().any(|f| f
            .unwrap()
            .path()
            .to_str()
            .unwrap()
            .contains("tfevents"))
    );
}

/// A run of 13 updates ends in the middle of its third epoch of five; who goes on comes to the same as who never stopped there.
#[test]
fn a_run_counted_in_steps_ends_within_an_epoch() {
    let net = MOONS.replace("epochs 3", "steps 13\n  schedule cosine");
    let folder = Folder::new(&[("m.net", &net)]);
    let first = lines(&folder, &["train", "m.net", "-o", "run", "--json"]);
    let steps: Vec<u64> = first[..3].iter().map(|line| line["steps"].as_u64().expect("steps")).collect();
    assert_eq!(steps, [5, 5, 3]);
    let done = &first[3];
    assert_eq!((&done["epochs"], &done["steps"]), (&2.into(), &3.into()));
    let (log, checkpoint) = (bytes(&folder, "run/log.jsonl"), bytes(&folder, "run/last.ckpt"));
    let again = folder.run(&["train", "m.net", "-o", "run", "--resume"]);
    assert!(again.contains("nothing to do: run has run its 2 epochs and 3 steps"), "{again}");
    assert_eq!((log, checkpoint), (bytes(&folder, "run/log.jsonl"), bytes(&folder, "run/last.ckpt")));
    lines(&folder, &["train", "m.net", "-o", "run", "--json", "--resume", "--epochs", "4"]);
    lines(&folder, &["train", "m.net", "-o", "whole", "--json", "--epochs", "4"]);
    assert_eq!(bytes(&folder, "run/last.ckpt"), bytes(&folder, "whole/last.ckpt"));
    let epochs: Vec<u64> = folder
        .read("run/log.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).expect("JSON")["epoch"].as_u64().expect("an epoch"))
        .collect();
    assert_eq!(epochs, [1, 2, 3, 4]);
}

/// The training rows are judged after each second epoch as `eval` judges them, and nothing else of the run changes.
#[test]
fn training_rows_are_judged_with_dropout_off() {
    let folder = Folder::new(&[
        ("m.net", MOONS),
        ("judged.net", &MOONS.replace("  report accuracy\n", "  report accuracy\n  judge train, every=2\n")),
    ]);
    for (net, run) in [("m.net", "plain"), ("judged.net", "run")] {
        let said = folder.run(&["train", net, "-q", "-o", run, "--epochs", "2"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    let log = |run: &str| -> Vec<Json> {
        let text = folder.read(&format!("{run}/log.jsonl"));
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let (plain, judged) = (log("plain"), log("run"));
    for (a, b) in plain.iter().zip(&judged) {
        assert_eq!((&a["train"], &a["valid"]), (&b["train"], &b["valid"]));
    }
    assert_eq!(folder.read("plain/metrics.json"), folder.read("run/metrics.json"));
    assert!(judged[0].get("judged").is_none() && judged[1]["judged"] != judged[1]["train"], "{judged:?}");
    let eval = folder.json(&["eval", "run", "--json", "--samples", "0"]);
    assert_eq!(judged[1]["judged"], eval["train"]);
    // A run that was stopped and taken up is judged after the same epochs.
    folder.run(&["train", "judged.net", "-q", "-o", "parts", "--epochs", "1"]);
    folder.run(&["train", "judged.net", "-q", "-o", "parts", "--epochs", "2", "--resume"]);
    assert_eq!(log("parts")[1]["judged"], judged[1]["judged"]);
    let csv = folder.run(&["plot", "run", "--csv"]);
    assert!(csv.contains("Loss,train (dropout off),2,"), "{csv}");
    let line = folder.run(&["train", "judged.net", "-o", "lines", "--epochs", "2"]);
    assert!(line.contains(" | judged 0.") && line.contains(" | valid 0."), "{line}");
}
