//! Ctrl-C: heard while data are read, when nothing is there to be kept.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::Folder;

const NET: &str = "data {
  source audio, \"sounds\"
  resample 768kHz
  split valid=2
}

net {
  input clip: wave[40ms, rate=768kHz]
  conv 8, 16, stride=8, pad=valid -> relu -> mean_pool over=time
  dense 2
  output level: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 1
}

sweep {
  vary p, [1, 2]
  goal min, valid.loss
}
";

/// Clips whose samples at the other rate are a minute's work and more.
fn sounds(folder: &Path) {
    for class in ["a", "b"] {
        let dir = folder.join("sounds").join(class);
        fs::create_dir_all(&dir).expect("a folder");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        for clip in 0..2 {
            let mut writer = hound::WavWriter::create(dir.join(format!("{clip}.wav")), spec).expect("a file");
            (0..500_000).for_each(|i| writer.write_sample((i % 99) as i16).expect("a sample"));
            writer.finalize().expect("a whole file");
        }
    }
}

/// Starts a command and waits until it listens to Ctrl-C; answers what it says when it hears it, and its exit code.
fn interrupted(folder: &Path, args: &[&str]) -> (String, Option<i32>) {
    signalled(folder, args, "INT", 0b10)
}

/// The same by another signal, once the mask of caught ones has its bit.
fn signalled(folder: &Path, args: &[&str], signal: &str, bit: u64) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dropnet"));
    command.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary runs");
    while !listens(&child, bit) {
        std::thread::yield_now();
    }
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(sent.expect("a shell").success());
    let output = child.wait_with_output().expect("an end");
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

/// Whether the process catches a signal, as the kernel tells.
fn listens(child: &Child, bit: u64) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught =
        status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
    u64::from_str_radix(&caught, 16).unwrap_or(0) & bit != 0
}

/// Reading these data takes minutes, and there is nothing that could be resumed: the command ends at once, and no run is left behind.
#[test]
#[cfg(target_os = "linux")]
fn reading_of_data_ends_at_once() {
    let swept = format!("param p = 1\n{NET}");
    let folder = Folder::new(&[("m.net", NET.split("\nsweep").next().expect("a net")), ("s.net", &swept)]);
    sounds(folder.path());
    let (said, code) = interrupted(folder.path(), &["train", "m.net", "-o", "run"]);
    assert_eq!((said.as_str(), code), ("interrupted before training began\n", Some(130)));
    assert!(!folder.path().join("run").exists());
    let warned = signalled(folder.path(), &["train", "m.net", "-o", "run"], "USR1", 1 << 9);
    assert_eq!((warned.0.as_str(), warned.1), ("interrupted before training began\n", Some(130)));
    let (said, code) = interrupted(folder.path(), &["train", "m.net", "--watch"]);
    assert!(code == Some(130) && !said.contains("interrupted"), "{said}");
    let (said, code) = interrupted(folder.path(), &["experiment", "s.net", "-o", "e"]);
    assert!(said.ends_with("help: the same command with `--resume` goes on from there\n"), "{said}");
    assert!(said.contains("interrupted; what was finished is recorded\n") && code == Some(130), "{said}");
}
