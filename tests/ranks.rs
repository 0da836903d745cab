//! Processes that `mpirun` starts together, of a build with MPI: the files they leave, what they say, and how they end.
#![cfg(all(feature = "mpi", unix))]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const NET: &str = "
data {
  source moons, rows=900, noise=0.2, seed=1
  split train=600, valid=150, test=150
  batch 60, blocks=12
}
param epochs = 4
net {
  input x: real[2]
  dense 40, bias=false -> batch_norm -> relu -> dropout 0.3
  dense 90, max_norm=2 -> relu -> dropout 0.3
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1, momentum=0.9
  epochs epochs
}
";

/// A folder with the net in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("n.net"), NET).expect("a file");
    folder
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_dropnet");

/// Of one process, or of several under `mpirun`.
fn command(dir: &Path, ranks: usize, words: &[&str]) -> Command {
    let mut command = match ranks {
        1 => Command::new(PROGRAM),
        _ => mpirun(dir, ranks, &[PROGRAM]),
    };
    command.current_dir(dir).args(words);
    command
}

/// Lines of a shell, in each of several processes, in which `$rank` is the process's number and `$dropnet` the program.
fn each(dir: &Path, ranks: usize, lines: &str) -> Output {
    let lines = format!("rank=${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}}; dropnet={PROGRAM}\n{lines}");
    mpirun(dir, ranks, &["sh", "-c", &lines]).output().expect("mpirun is there")
}

fn mpirun(dir: &Path, ranks: usize, words: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command.current_dir(dir).args(["-n", &ranks.to_string()]).args(words);
    // Tests run as root in containers, on fewer cores than there are processes.
    for name in
        ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"]
    {
        command.env(name, "1");
    }
    command
}

fn run(dir: &Path, ranks: usize, words: &[&str]) -> Output {
    command(dir, ranks, words).output().expect("mpirun is there")
}

fn done(dir: &Path, ranks: usize, words: &[&str]) -> String {
    let output = run(dir, ranks, words);
    assert!(output.status.success(), "{words:?} on {ranks}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn last(dir: &Path, run: &str) -> Vec<u8> {
    fs::read(dir.join(run).join("last.ckpt")).expect("a checkpoint")
}

#[test]
fn processes_leave_what_one_leaves_and_judge_and_predict_as_it_does() {
    let folder = folder();
    let dir = folder.path();
    let one = done(dir, 1, &["train", "n.net", "-o", "r1", "--threads", "1", "--json"]);
    let lines = |text: &str| -> Vec<serde_json::Value> {
        let without_times = |line: &str| {
            let mut line: serde_json::Value = serde_json::from_str(line).expect("an object");
            ["seconds", "compile_ms", "run", "threads"]
                .iter()
                .for_each(|name| drop(line.as_object_mut().map(|o| o.remove(*name))));
            line
        };
        text.lines().map(without_times).collect()
    };
    for ranks in [2, 3] {
        let own = format!("r{ranks}");
        let text = done(dir, ranks, &["train", "n.net", "-o", &own, "--threads", "1", "--json"]);
        assert_eq!(lines(&text), lines(&one), "{ranks}");
        assert!(last(dir, &own) == last(dir, "r1"), "{ranks} processes");
    }
    // Taken up by another number of them.
    done(dir, 2, &["train", "n.net", "-o", "part", "--epochs", "2"]);
    done(dir, 3, &["train", "n.net", "-o", "part", "--resume"]);
    assert!(last(dir, "part") == last(dir, "r1"));

    assert_eq!(
        done(dir, 3, &["eval", "r1", "--samples", "5"]),
        done(dir, 1, &["eval", "r1", "--samples", "5"])
    );
    let rows: String =
        (0..300).map(|i| format!("{},{}\n", f64::from(i) * 0.01 - 1.5, f64::from(i % 7) * 0.1)).collect();
    fs::write(dir.join("rows.csv"), format!("x1,x2\n{rows}")).expect("a file");
    for (ranks, file) in [(1, "p1.csv"), (3, "p3.csv")] {
        done(dir, ranks, &["predict", "r1", "--input", "rows.csv", "--samples", "7", "--output", file]);
    }
    let predicted = |file: &str| fs::read_to_string(dir.join(file)).expect("predictions");
    assert_eq!(predicted("p3.csv"), predicted("p1.csv"));
}

#[test]
fn a_step_of_several_processes_is_timed_with_what_it_sends() {
    let folder = folder();
    let dir = folder.path();
    let text = done(dir, 2, &["bench", "n.net", "--seconds", "0.1", "--threads", "1", "--json"]);
    let bench: serde_json::Value = serde_json::from_str(&text).expect("one object, of the first");
    assert_eq!(bench["processes"], 2);
    let kernels = bench["kernels"].as_array().expect("kernels");
    // As many as the program of each has: of figures of the minibatch, and of all gradients.
    let program = done(dir, 1, &["emit", "n.net", "--stage", "loops", "--ranks", "2"]);
    let sent: Vec<_> =
        kernels.iter().filter(|k| k["name"].as_str().is_some_and(|n| n.starts_with("exchange"))).collect();
    assert_eq!(sent.len(), program.matches("= tree over the blocks of 2 ranks").count(), "{text}");
    assert!(sent.iter().all(|k| k["bytes"].as_u64() > Some(0)), "{text}");
    let output = run(dir, 2, &["bench", "n.net", "--ranks", "4"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said(&output).matches("`--ranks` foretells from one process").count(), 1, "{}", said(&output));
}

#[test]
fn trials_are_dealt_to_processes() {
    let folder = folder();
    let dir = folder.path();
    let words = |out: &'static str| {
        [
            "experiment",
            "n.net",
            "--seeds",
            "3",
            "--splits",
            "2",
            "--jobs",
            "1",
            "--set",
            "epochs=1",
            "-o",
            out,
        ]
    };
    let one = done(dir, 1, &words("e1"));
    assert_eq!(done(dir, 3, &words("e3")), one);
}

#[test]
fn what_processes_have_must_agree_and_is_said_once() {
    let folder = folder();
    let dir = folder.path();
    fs::write(dir.join("own0.net"), NET).expect("a file");
    fs::write(dir.join("own1.net"), NET.replace("lr=0.1", "lr=0.2")).expect("a file");
    let output = each(dir, 2, "exec $dropnet train own$rank.net -o r");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let once =
        |output: &Output, text: &str| assert_eq!(said(output).matches(text).count(), 1, "{}", said(output));
    once(&output, "process 1 has not the same as process 0: text of the net");

    fs::write(dir.join("whole.net"), NET.replace(", blocks=12", "")).expect("a file");
    let output = run(dir, 2, &["train", "whole.net", "-o", "w"]);
    assert_eq!(output.status.code(), Some(2));
    once(&output, "`batch ROWS, blocks=2`");

    fs::write(dir.join("bad.net"), NET.replace("relu", "rellu")).expect("a file");
    let output = run(dir, 3, &["train", "bad.net", "-o", "b"]);
    assert_eq!(output.status.code(), Some(1));
    once(&output, "2 errors");

    done(dir, 1, &["train", "n.net", "-o", "taken", "--epochs", "1"]);
    let output = run(dir, 2, &["train", "n.net", "-o", "taken"]);
    assert_eq!(output.status.code(), Some(2));
    once(&output, "go on with it by `--resume`");
}

/// Each has the same net beside other rows; or the last comes when all others wait.
#[test]
fn other_data_are_told_and_late_processes_are_waited_for() {
    let folder = folder();
    let dir = folder.path();
    let net = NET.replace("moons, rows=900, noise=0.2, seed=1", "csv, \"rows.csv\"");
    let rows = |shift: f64| -> String {
        let row = |i: u32| {
            let x = f64::from(i % 37) * 0.1 + if i == 850 { shift } else { 0.0 };
            format!("{x},{},{}\n", f64::from(i % 11), i % 2)
        };
        (0..900).map(row).collect()
    };
    for (rank, shift) in [0.0, 0.0, 1e-3].into_iter().enumerate() {
        let own = dir.join(rank.to_string());
        fs::create_dir(&own).expect("a folder");
        fs::write(own.join("n.net"), &net).expect("a file");
        fs::write(own.join("rows.csv"), format!("x1,x2,y\n{}", rows(shift))).expect("a file");
    }
    let output = each(dir, 3, "cd $rank; exec $dropnet train n.net -o r");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let told = "process 2 has not the same as process 0: rows of the data";
    assert_eq!(said(&output).matches(told).count(), 1, "{}", said(&output));

    let output = each(dir, 2, "cd $rank; [ $rank = 0 ] || sleep 2; exec $dropnet train n.net -o r");
    assert!(output.status.success(), "{}", said(&output));
    assert!(!dir.join("1/r").exists(), "the first writes alone");
    done(&dir.join("0"), 1, &["train", "n.net", "-o", "straight"]);
    assert!(last(&dir.join("0"), "r") == last(&dir.join("0"), "straight"));

    // Judged by the first with a file that the second has not, and with another one.
    fs::rename(dir.join("0/r"), dir.join("r")).expect("a folder");
    fs::rename(dir.join("1/rows.csv"), dir.join("1/gone.csv")).expect("a file");
    let judge = "cd $rank; exec $dropnet eval ../r --input rows.csv";
    let output = each(dir, 2, judge);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(said(&output).matches("there is no such file or folder").count(), 1, "{}", said(&output));
    fs::write(dir.join("1/rows.csv"), "x1,x2,y\n1,2,1\n").expect("a file");
    let output = each(dir, 2, judge);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(said(&output).matches("number of rows to judge").count(), 1, "{}", said(&output));
}

/// The first process may write no more than so much, as where a disk is full.
#[test]
fn a_disk_that_is_full_ends_all_with_what_was_written_before() {
    let folder = folder();
    let dir = folder.path();
    done(dir, 1, &["train", "n.net", "-o", "r", "--epochs", "1"]);
    let before = last(dir, "r");
    // The library's own files are no larger than that: messages go by sockets.
    let lines = "export OMPI_MCA_btl=self,tcp PMIX_MCA_gds=hash
        [ $rank = 0 ] && { trap '' XFSZ; ulimit -f 4; }
        exec $dropnet train n.net -o r --resume";
    let output = each(dir, 2, lines);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(said(&output).matches("best.ckpt: File too large").count(), 1, "{}", said(&output));
    assert!(last(dir, "r") == before, "what was there stays");
    done(dir, 3, &["train", "n.net", "-o", "r", "--resume"]);
    done(dir, 1, &["train", "n.net", "-o", "straight"]);
    assert!(last(dir, "r") == last(dir, "straight"));
}

/// The process of a rank below `mpirun`.
fn of_rank(mpirun: &Child, rank: usize) -> Option<u32> {
    let wanted = format!("OMPI_COMM_WORLD_RANK={rank}\0");
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", mpirun.id())).ok()?;
    children.split_whitespace().filter_map(|id| id.parse().ok()).find(|id: &u32| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&wanted)
    })
}

fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), id.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} to {id}");
}

/// Starts a long run and sends a signal to one of its processes when it has trained for a while.
fn signalled(dir: &Path, rank: usize, name: &str) -> (Output, Duration) {
    let words = ["train", "n.net", "-o", "long", "--set", "epochs=100000", "--no-progress"];
    let mut command = command(dir, 3, &words);
    let mpirun = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("mpirun");
    let begun = Instant::now();
    while !dir.join("long/last.ckpt").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(of_rank(&mpirun, rank).expect("a process"), name);
    let sent = Instant::now();
    let output = mpirun.wait_with_output().expect("an end");
    (output, sent.elapsed())
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_dies_ends_the_others_and_nothing_is_lost() {
    for rank in [0, 2] {
        let folder = folder();
        let dir = folder.path();
        let (output, time) = signalled(dir, rank, "KILL");
        assert!(time < Duration::from_secs(10), "{time:?}");
        assert!(!output.status.success());
        let ours = said(&output).matches(&format!("process {rank} of this run has ended")).count();
        assert!(ours <= 1 && said(&output).contains("signal 9"), "{}", said(&output));
        let epoch =
            |run: &str| fs::read_to_string(dir.join(run).join("log.jsonl")).expect("a log").lines().count();
        let so_far = epoch("long");
        assert!(so_far > 0);
        // It goes on from there, and comes to what an undisturbed run comes to.
        let epochs = (so_far + 2).to_string();
        let words = ["train", "n.net", "--set", "epochs=100000", "--epochs", &epochs];
        done(dir, 2, &[&words[..], &["-o", "long", "--resume"]].concat());
        done(dir, 1, &[&words[..], &["-o", "straight"]].concat());
        assert!(last(dir, "long") == last(dir, "straight"), "rank {rank}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_is_asked_to_stop_all_stop_behind_one_step() {
    let folder = folder();
    let dir = folder.path();
    let (output, _) = signalled(dir, 1, "TERM");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert_eq!(said(&output).matches("the checkpoint is written").count(), 1, "{}", said(&output));
    let epochs =
        (fs::read_to_string(dir.join("long/log.jsonl")).expect("a log").lines().count() + 1).to_string();
    let words = ["train", "n.net", "--set", "epochs=100000", "--epochs", &epochs];
    done(dir, 3, &[&words[..], &["-o", "long", "--resume"]].concat());
    done(dir, 1, &[&words[..], &["-o", "straight"]].concat());
    assert!(last(dir, "long") == last(dir, "straight"));
}
