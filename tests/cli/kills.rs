//! Processes that die: what they leave is taken up to the same files as those of a run that nothing disturbed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value as Json;

use crate::support::Folder;

/// Early stopping, and more than two seconds of epochs, so that checkpoints are written on the way.
const NET: &str = "\
data {
  source moons, rows=3000, noise=0.2
  split train=2400, valid=300, test=300
  batch 32
}
net {
  input x: real[2]
  dense 48 -> relu -> dropout 0.2
  dense 48 -> relu -> dropout 0.2
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.003
  epochs 120
  stop_early patience=100
}
";

fn spawned(folder: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dropnet"));
    command.args(args).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("the binary runs")
}

/// Kills a training once it has said so many lines; answers whether it was still at work.
fn killed_after(lines: usize, folder: &Path, args: &[&str]) -> bool {
    let mut child = spawned(folder, args);
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let said = out.lines().take(lines).count();
    child.kill().expect("a kill");
    child.wait().expect("an end");
    said == lines
}

/// A log without its times.
fn timeless(log: &str) -> Vec<Json> {
    let line = |line: &str| {
        let mut line: Json = serde_json::from_str(line).expect("JSON");
        line["seconds"] = Json::Null;
        line
    };
    log.lines().map(line).collect()
}

/// All that equal runs have in common.
fn same_run(one: &Path, other: &Path) {
    for file in ["last.ckpt", "best.ckpt", "metrics.json", "model.net", "model.lock.json"] {
        let read = |run: &Path| std::fs::read(run.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(read(one) == read(other), "{file} of {} differs", other.display());
    }
    let log = |run: &Path| timeless(&std::fs::read_to_string(run.join("log.jsonl")).expect("a log"));
    assert_eq!(log(one), log(other));
    let left = std::fs::read_dir(other).expect("the folder").flatten();
    let left: Vec<_> = left.filter(|file| file.path().extension().is_some_and(|end| end == "part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_chain_of_kills_ends_in_the_same_files() {
    let folder = Folder::new(&[("m.net", NET)]);
    let straight = ["train", "m.net", "-q", "-o", "straight", "--threads", "1"];
    assert!(folder.run(&straight).ends_with("--- exit 0\n"));
    let go_on = ["train", "m.net", "-o", "chain", "--resume", "--threads", "1", "--json"];
    let begin = ["train", "m.net", "-o", "chain", "--threads", "1", "--json"];
    assert!(killed_after(1, folder.path(), &begin), "killed in its second epoch");
    for lines in [0, 17, 31, 3, 40] {
        killed_after(lines, folder.path(), &go_on);
    }
    let said = folder.run(&["train", "m.net", "-q", "-o", "chain", "--resume", "--threads", "1"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    same_run(&folder.path().join("straight"), &folder.path().join("chain"));
}

/// Whatever stands of two checkpoints when a process dies between their writes: the run goes on to the same end.
#[test]
fn a_best_checkpoint_that_is_newer_than_the_last_is_where_the_run_stands() {
    let folder = Folder::new(&[("m.net", NET)]);
    let at = |name: &str| folder.path().join(name);
    let train = |run: &str, more: &[&str]| {
        let said = folder.run(&[&["train", "m.net", "-q", "-o", run, "--threads", "1"], more].concat());
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    };
    train("straight", &[]);
    train("early", &["--epochs", "2"]);
    let best = folder.json(&["eval", "straight", "--json"]);
    let last = std::fs::read(at("early/last.ckpt")).expect("a checkpoint");
    for (name, last) in [("between", Some(&last)), ("first", None)] {
        train(name, &["--epochs", "2"]);
        std::fs::copy(at("straight/best.ckpt"), at(name).join("best.ckpt")).expect("a copy");
        std::fs::write(at(name).join(".last.ckpt.a1B2c3.part"), "cut off").expect("a file");
        match last {
            Some(last) => std::fs::write(at(name).join("last.ckpt"), last).expect("a file"),
            None => std::fs::remove_file(at(name).join("last.ckpt")).expect("removed"),
        }
        // The figures are those of the parameters they are said to be of.
        assert_eq!(folder.json(&["eval", name, "--json"])["test"], best["test"], "{name}");
        // Its log ends where the process died: after the best epoch.
        std::fs::copy(at("straight/log.jsonl"), at(name).join("log.jsonl")).expect("a copy");
        train(name, &["--resume"]);
        same_run(&at("straight"), &at(name));
    }
}

/// One that is not what the last one names is never used without a word.
#[test]
fn a_best_checkpoint_that_is_another_is_refused() {
    let folder = Folder::new(&[("m.net", NET)]);
    for (run, epochs) in [("run", "12"), ("other", "3")] {
        let args = ["train", "m.net", "-q", "-o", run, "--epochs", epochs, "--threads", "1"];
        assert!(folder.run(&args).ends_with("--- exit 0\n"));
    }
    let best = folder.path().join("run/best.ckpt");
    std::fs::copy(folder.path().join("other/best.ckpt"), &best).expect("a copy");
    let resume = ["train", "m.net", "-q", "-o", "run", "--resume", "--epochs", "13"];
    for args in [&["eval", "run"][..], &resume] {
        let said = folder.run(args);
        assert!(
            said.contains("run/best.ckpt: the file is not the checkpoint of epoch")
                && said.ends_with("--- exit 3\n"),
            "{said}"
        );
    }
    std::fs::remove_file(&best).expect("removed");
    for args in [&["eval", "run"][..], &resume] {
        let said = folder.run(args);
        assert!(
            said.contains("run/best.ckpt: the file is missing, and its epoch")
                && said.ends_with("--- exit 3\n"),
            "{said}"
        );
    }
    assert!(folder.run(&["eval", "run", "--checkpoint", "last"]).ends_with("--- exit 0\n"));
}

/// Two processes do not write to one folder.
#[test]
fn a_folder_in_use_is_refused() {
    let folder = Folder::new(&[("m.net", NET)]);
    let mut first = spawned(folder.path(), &["train", "m.net", "-o", "run", "--epochs", "100000", "--json"]);
    let mut lines = BufReader::new(first.stdout.take().expect("its output")).lines();
    assert!(lines.next().is_some(), "it is at work");
    for more in [&[][..], &["--resume"]] {
        let said = folder.run(&[&["train", "m.net", "-q", "-o", "run"], more].concat());
        assert!(said.contains(&format!("another dropnet (process {}) writes to run", first.id())), "{said}");
        assert!(said.ends_with("--- exit 3\n"), "{said}");
    }
    first.kill().expect("a kill");
    first.wait().expect("an end");
    let said = folder.run(&["train", "m.net", "-q", "-o", "run", "--resume", "--epochs", "1"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// A line of the log that could not be written ends training before a checkpoint says that its epoch is done.
#[test]
fn a_log_that_cannot_be_written_ends_the_run_where_it_is_resumed() {
    let folder = Folder::new(&[("m.net", NET)]);
    let train = |run: &str, more: &[&str]| {
        folder.run(&[&["train", "m.net", "-q", "-o", run, "--threads", "1"], more].concat())
    };
    assert!(train("straight", &["--epochs", "4"]).ends_with("--- exit 0\n"));
    assert!(train("run", &["--epochs", "2"]).ends_with("--- exit 0\n"));
    // A folder of that name is no file to write to.
    let log = folder.path().join("run/log.jsonl");
    std::fs::rename(&log, folder.path().join("log")).expect("moved");
    std::fs::create_dir(&log).expect("a folder");
    let said = train("run", &["--epochs", "4", "--resume"]);
    assert!(said.contains("cannot write run") && said.ends_with("--- exit 3\n"), "{said}");
    std::fs::remove_dir(&log).expect("removed");
    std::fs::rename(folder.path().join("log"), &log).expect("moved back");
    assert!(train("run", &["--epochs", "4", "--resume"]).ends_with("--- exit 0\n"));
    same_run(&folder.path().join("straight"), &folder.path().join("run"));
}

/// A folder is that of one run, of runs by seed, or of an experiment.
#[test]
fn a_folder_is_never_taken_for_another() {
    let other = NET.replace("dense 48", "dense 8");
    let folder = Folder::new(&[("m.net", NET), ("n.net", &other)]);
    let quick = |args: &[&str]| folder.run(&[args, &["-q"]].concat());
    let epoch = ["--epochs", "1"];
    assert!(quick(&[&["train", "m.net", "-o", "one"], &epoch[..]].concat()).ends_with("--- exit 0\n"));
    assert!(
        quick(&[&["train", "m.net", "-o", "two", "--seeds", "2"], &epoch[..]].concat())
            .ends_with("--- exit 0\n")
    );
    std::fs::create_dir(folder.path().join("e")).expect("a folder");
    std::fs::write(folder.path().join("e/experiment.jsonl"), "{}\n").expect("a record");
    for (args, why) in [
        (&["train", "n.net", "-o", "one", "--seeds", "2"][..], "one holds a run already"),
        (&["train", "n.net", "-o", "two"], "two holds runs by seed already"),
        (
            &["train", "n.net", "-o", "two", "--seeds", "2", "--seed", "7"],
            "two holds runs of another net already",
        ),
        (&["train", "n.net", "-o", "e"], "e holds an experiment already"),
    ] {
        let said = quick(args);
        assert!(said.contains(why) && said.ends_with("--- exit 2\n"), "{said}");
    }
}
