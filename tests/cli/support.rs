//! Runs the binary in a folder of its own and writes down what happened.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder with files, the working directory of the commands.
pub struct Folder(TempDir);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file of the test");
        }
        Self(folder)
    }

    /// A folder with `m.net` and the run that its training left in `run`.
    pub fn trained(net: &str) -> Self {
        let folder = Self::new(&[("m.net", net)]);
        let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        folder
    }

    /// The one JSON object that a command writes.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.command(args).output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("a file that the command left")
    }

    /// The binary, deaf to the environment of whoever runs the tests.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dropnet"));
        command.args(args).current_dir(self.path());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "DROPNET_DATA", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    /// Command line, both streams and the exit code.
    pub fn run(&self, args: &[&str]) -> String {
        self.run_with(args, "")
    }

    pub fn run_with(&self, args: &[&str], stdin: &str) -> String {
        let output = self.command(args).write_stdin(stdin).output().expect("the binary runs");
        let mut text = format!("$ dropnet {}\n", args.join(" "));
        for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !stream.is_empty() {
                text += &format!("--- {name}\n{}", String::from_utf8_lossy(stream));
            }
        }
        text + &format!(
            "--- exit {}\n",
            output.status.code().map_or("by signal".into(), |code| code.to_string())
        )
    }
}

/// Snapshots with the time and the folder masked.
pub fn masked(body: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+\.\d+ ms", "[ms]");
    settings.add_filter(r"\d+\.\d+ ?s\b", "[s]");
    settings.bind(body);
}

/// A net without faults.
pub const SOUND: &str = "\
edition 1

param p = 0.5

net {
  input x: real[8]
  dense 16, max_norm=3 -> relu -> dropout p
  dense 3
  output y: class[3]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 2
}
";

/// Two errors and, once they are gone, a warning.
pub const FAULTY: &str = "\
param q = 0.5
net {
  input x: real[8]
  dense 16 -> relu -> dropuot 0.5
  dense 3, wdth=4
  output y: class[3]
}
";
