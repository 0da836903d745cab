//! `--watch`, as an editor and its user would meet it: the binary runs while its file is saved.

use std::{
    io::{BufRead, BufReader},
    process::Child,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use crate::support::Folder;

const NET: &str = "data {
  source moons, rows=200
  split train=150, valid=50
  batch 10
}
net {
  input x: real[2]
  dense 8 -> relu
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.01
  epochs 2
}
";

struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn new(folder: &Folder, args: &[&str]) -> Self {
        // One pipe for both streams, so that lines come in their order.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dropnet"));
        command.args(args).current_dir(folder.path());
        command.stdout(writer.try_clone().expect("the pipe again")).stderr(writer);
        let child = command.spawn().expect("the binary runs");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// What is said until a line holds this.
    fn until(&self, part: &str) -> String {
        let mut said = String::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => {
                    said += &format!("{line}\n");
                    if line.contains(part) {
                        return said;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no `{part}` within a minute, after:\n{said}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before `{part}`, after:\n{said}"),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn save(folder: &Folder, text: &str) {
    std::fs::write(folder.path().join("m.net"), text).expect("the file is saved");
}

#[test]
fn a_check_is_made_anew_when_its_file_is_saved() {
    let folder = Folder::new(&[("m.net", NET)]);
    let running = Running::new(&folder, &["check", "m.net", "--watch"]);
    let first = running.until("checked 1 file");
    assert!(first.contains("watching m.net") && first.contains("no errors"), "{first}");
    save(&folder, &NET.replace("relu", "rleu"));
    let second = running.until("checked 1 file");
    assert!(
        second.contains("changed: m.net") && second.contains("E0203") && second.contains("1 error"),
        "{second}"
    );
    std::fs::remove_file(folder.path().join("m.net")).unwrap();
    let third = running.until("cannot read m.net");
    assert!(!third.contains("no errors"), "{third}");
    save(&folder, NET);
    assert!(running.until("checked 1 file").contains("no errors"));
}

/// A run of a text that is no longer there ends; a text with errors is not trained.
#[test]
fn training_begins_anew_when_its_file_is_saved() {
    let folder = Folder::new(&[("m.net", NET)]);
    let running = Running::new(&folder, &["train", "m.net", "--watch"]);
    assert!(running.until("the run is in").contains("epoch 2/2"));
    save(&folder, &NET.replace("epochs 2", "epochs 1_000_000"));
    running.until(" 3/1000000");
    save(&folder, &NET.replace("dense 8", "dense eight"));
    let said = running.until("E0101");
    assert!(said.contains("m.net was saved: stopped in epoch"), "{said}");
    save(&folder, NET);
    let said = running.until("the run is in");
    assert!(said.contains("checked, and the data loaded, in ") && said.contains("epoch 2/2"), "{said}");
}

#[test]
fn what_cannot_be_watched() {
    let folder = Folder::new(&[("m.net", NET)]);
    let text = folder.run_with(&["check", "-", "--watch"], NET);
    assert!(
        text.contains("error: --watch: stdin is read once; name a file") && text.ends_with("exit 2\n"),
        "{text}"
    );
    let text = folder.run(&["train", "m.net", "--watch", "-o", "r"]);
    assert!(text.contains("cannot be used with") && text.ends_with("exit 2\n"), "{text}");
    assert!(folder.run(&["check", "m.net", "--no-clear"]).ends_with("exit 2\n"));
}
