//! Sessions: transcripts of what people type, from a pipe; what needs a terminal, on a pseudo-terminal.

use std::{path::Path, process::Command};

use crate::support::{Folder, masked};

const LONG: &str = "\
data {
  source moons, rows=20_000, noise=0.2
  batch 20
}

net {
  input x: real[2]
  dense 256 -> relu -> dropout 0.5
  dense 256 -> relu -> dropout 0.5
  dense 2
  output moon: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  epochs 1000
}
";

/// What a terminal would show: both streams as one.
fn session(folder: &Folder, lines: impl AsRef<[u8]>, data: Option<&Path>) -> String {
    std::fs::write(folder.path().join("lines.txt"), lines).expect("a file of the test");
    let mut command = Command::new("sh");
    command.args(["-c", "\"$DROPNET\" repl <lines.txt 2>&1"]).current_dir(folder.path());
    command.env("DROPNET", env!("CARGO_BIN_EXE_dropnet"));
    match data {
        Some(data) => command.env("DROPNET_DATA", data),
        None => command.env_remove("DROPNET_DATA"),
    };
    let output = command.output().expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Parameters are shown by name, all of them or one with all its numbers; `help` and `exit` need no colon.
#[test]
fn weights_are_shown_and_plain_words_understood() {
    let net = LONG.replace("dense 256", "dense 4").replace("epochs 1000", "epochs 1");
    let folder = Folder::new(&[("m.net", &net)]);
    let lines = ":load m.net\n:weights\n:train\n:weights dense_1\n:weights dense_3.bias\n:weights dense_9\nhelp\nexit\nquit\n";
    let said = session(&folder, lines, None);
    let behind = |command: &str| said.split(&format!("> {command}\n")).nth(1).unwrap_or_default().to_owned();
    assert!(behind(":weights").starts_with("error: no net has been trained yet"), "{said}");
    let layer = behind(":weights dense_1");
    let [weight, _, bias, ..] = &layer.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    assert!(weight.starts_with("  dense_1.weight  2x4  mean ") && weight.contains("  sd "), "{said}");
    assert!(bias.starts_with("  dense_1.bias    4  mean "), "{said}");
    let one = behind(":weights dense_3.bias");
    assert_eq!(one.lines().nth(1).map(|line| line.split_whitespace().count()), Some(2), "{said}");
    assert!(behind(":weights dense_9").contains("help: it has dense_1.weight, dense_1.bias, "), "{said}");
    assert!(behind("help").starts_with("A line of a `.net` file"), "{said}");
    assert!(said.ends_with("> exit\n"), "{said}");
}

/// What depends on the machine (times, roundings, what is drawn of them) is masked.
fn transcript(name: &str, lines: &str, data: Option<&Path>, files: &[(&str, &str)]) {
    snapshot(name, &session(&Folder::new(files), lines, data));
}

fn snapshot(name: &str, said: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r" +\d+(\.\d+)?[mu]?s  loss", "  [time]  loss");
    settings.add_filter(r"-?\d+\.\d{4,}(e-?\d+)?", "[number]");
    settings.add_filter(r",[01]\.\d+,\[number\]", ",[number],[number]");
    settings
        .add_filter(r"(?m)^(-?[\d.]+(e-?\d+)?|\[number\]) {10,}(-?[\d.]+(e-?\d+)?|\[number\])$", "[axis]");
    settings.add_filter(r" ↑best", "");
    settings.add_filter(r"[\u{2800}-\u{28FF}]+", "[dots]");
    settings.add_filter(r"\[dots\] (-?[\d.]+(e-?\d+)?|\[number\])", "[dots] [number]");
    settings.bind(|| masked(|| insta::assert_snapshot!(name, said)));
}

macro_rules! transcripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            transcript(stringify!($name), include_str!(concat!("transcripts/", stringify!($name), ".txt")), None, &[]);
        }
    )*};
}

transcripts! { moons overfit typo shape rates odd }

/// Real digits, where they are at hand.
#[test]
fn masks() {
    let Some(data) = std::env::var_os("DROPNET_DATA") else { return };
    let data = std::path::absolute(data).expect("a path");
    let net = include_str!("../../examples/mnist_one_eight.net");
    transcript("masks", include_str!("transcripts/masks.txt"), Some(&data), &[("mnist_one_eight.net", net)]);
}

#[test]
fn files_are_loaded_changed_and_saved() {
    let folder = Folder::new(&[("long.net", LONG), ("broken.net", "net {\n  input x: reel[2]\n}\n")]);
    let lines = ":load broken.net\n:load nothing.net\n:load long.net\n:save\n:save other.net\nepochs 2\n:save other.net\n:save long.net\n:reload\n;ls *.net\n:new\n:list\n:save\n:undo\n:diff\n:help\n";
    insta::assert_snapshot!(session(&folder, lines, None));
    assert_eq!(folder.read("other.net"), LONG.replace("epochs 1000", "epochs 2"));
    assert_eq!(folder.read("long.net"), LONG);
}

#[test]
fn what_cannot_be_done_is_said() {
    let lines = ":eval\n:continue\n:train epochs=x\n:train epochs=0\n:continue fresh\n:train\n:mc 1\n:masks\n:type nobody\n:insert\n:insert x dense 3\n:undo\n?nobody\n;false\n:emit\n:\n:plot loss\n";
    insta::assert_snapshot!(session(&Folder::new(&[]), lines, None));
}

/// What goes wrong names no file that the user has not named, and ends no session.
#[test]
fn odd_lines_are_answered() {
    let net = LONG.replace("256", "8").replace("20_000", "60").replace("epochs 1000", "epochs 2");
    let folder = Folder::new(&[("small.net", &net)]);
    let mut lines = b":load small.net\n:train\n:predict 1\n:predict nothing.csv\n".to_vec();
    lines.extend(
        b":masks dropout_1 5\n:masks dropout_1 6\n:masks dropout_1 99999999999\n:plot masks 99999999999\n:subnet --epoch 9 --position 0\n:subnet --epoch 0 --position 60\n",
    );
    lines.extend(b"dense \xff\n:set lr=3\n:set pp=1\noptimizer sgd, lr=1e30\n:train fresh\n:type dense_1\n");
    let said = session(&folder, lines, None);
    assert!(!said.contains("/tmp") && !said.contains("row.csv"), "{said}");
    snapshot("odd_lines_are_answered", &said);
}

/// Texts in quotes, whatever form the rows of the net have; blanks, commas and flags behind them.
#[test]
fn a_net_of_texts_is_asked_in_words() {
    let net = "data {\n  source csv, \"t.csv\", text=review, label=mood\n  tokenize words\n}\nnet {\n  input text: token[_, vocab=_]\n  embedding 4, dropout=0.2 -> mean_pool over=time\n  dense 2\n  output mood: class[_]\n}\ntrain {\n  loss cross_entropy\n  optimizer adam, lr=0.02\n  epochs 2\n}\n";
    let rows = "review,mood\na good film,good\n\"bad, so bad\",bad\n";
    let folder = Folder::new(&[("t.net", net), ("t.csv", rows)]);
    let lines = ":predict \"good\"\n:load t.net\n:train\n:predict \"bad, so -- bad\"\n:predict \"good film\" --samples 5\n:mc \"a film\" 5\n:predict \"good\n:predict \" . \" \n:predict 1\n:sample \"a\" --tokens 2\n";
    let said = session(&folder, lines, None);
    assert!(!said.contains("/tmp") && !said.contains("row.txt"), "{said}");
    snapshot("a_net_of_texts_is_asked_in_words", &said);
}

/// A session in which Ctrl-C is pressed once a training has come to its second epoch. Where it stops depends on the machine: of the epochs
/// one line is left, and the place is masked.
#[cfg(unix)]
#[test]
fn interrupt() {
    use std::io::{BufRead, BufReader, Read, Write};

    let folder = Folder::new(&[("long.net", &LONG.replace("20_000", "4_000"))]);
    let (before, after) = include_str!("transcripts/interrupt.txt").split_once("^C\n").expect("a stop");
    let (out, theirs) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dropnet"));
    command.arg("repl").current_dir(folder.path()).stdin(std::process::Stdio::piped());
    command.stdout(theirs.try_clone().expect("the pipe again")).stderr(theirs);
    let mut child = command.spawn().expect("the binary runs");
    drop(command);
    let mut keys = child.stdin.take().expect("its stdin");
    let (mut out, mut said) = (BufReader::new(out), String::new());
    let mut until = |part: &str, said: &mut String| {
        let from = said.len();
        while !said[from..].contains(part) {
            assert_ne!(out.read_line(said).expect("a line"), 0, "it ended before `{part}`:\n{said}");
        }
    };
    keys.write_all(before.as_bytes()).expect("keys");
    until("epoch    2/1000", &mut said);
    let interrupt = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(interrupt.expect("kill").success());
    until("goes on from there", &mut said);
    keys.write_all(after.as_bytes()).expect("keys");
    drop(keys);
    out.read_to_string(&mut said).expect("the rest");
    assert!(child.wait().expect("its end").success());
    snapshot("interrupt", &one_epoch_each(&said.replace("stopped in", "^C\nstopped in")));
}

/// Of epochs that follow each other the first, and where it stopped without the place.
#[cfg(unix)]
fn one_epoch_each(said: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in said.lines() {
        let line = match line.split_once("; `:continue`") {
            Some((_, rest)) => format!("stopped in epoch [n] after [n] steps; `:continue`{rest}"),
            None if line.starts_with("epoch ") => {
                "epoch [n]/[n]  [time]  loss [number]  accuracy [number]  lr [number]".into()
            }
            None => line.to_string(),
        };
        if kept.last() != Some(&line) {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[cfg(unix)]
mod terminal {
    use rexpect::session::{PtySession, spawn_command};

    use super::*;

    fn spawn(folder: &Folder) -> PtySession {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dropnet"));
        command.args(["repl", "long.net"]).current_dir(folder.path());
        command.env("TERM", "xterm").env("NO_COLOR", "1").env("XDG_STATE_HOME", folder.path());
        spawn_command(command, Some(60_000)).expect("a pseudo-terminal")
    }

    /// Ctrl-C ends training at a step, and the session goes on; the history outlives it.
    #[test]
    fn ctrl_c_stops_training_and_returns_to_the_prompt() {
        let folder = Folder::new(&[("long.net", LONG)]);
        let mut session = spawn(&folder);
        session.exp_string("> ").expect("a prompt");
        session.send_line(":train").expect("a line");
        session.exp_string("epoch    1/1000").expect("an epoch");
        session.send_control('c').expect("Ctrl-C");
        session.exp_string("`:continue` goes on from there").expect("a stop");
        session.exp_string("> ").expect("a prompt");
        session.send_line(":eval --samples 0").expect("a line");
        session.exp_string("20000 rows").expect("figures of the stopped run");
        session.send_line(":continue epochs=1").expect("a line");
        session.exp_string("epoch ").expect("an epoch");
        session.exp_string("> ").expect("a prompt");
        session.send_line(":quit").expect("a line");
        session.exp_eof().expect("the end");
        assert!(folder.read("dropnet/history").contains(":continue epochs=1"));
    }

    /// Tab completes words of the language and commands; Ctrl-C at the prompt drops the line.
    #[test]
    fn words_are_completed() {
        let folder = Folder::new(&[("long.net", LONG)]);
        let mut session = spawn(&folder);
        session.exp_string("> ").expect("a prompt");
        session.send(":summ\t\r").and_then(|_| session.flush()).expect("keys");
        session.exp_string("2 dropout sites").expect("the table");
        session.exp_string("> ").expect("a prompt");
        session.send("half a lin").and_then(|_| session.flush()).expect("keys");
        session.send_control('c').expect("Ctrl-C");
        session.exp_string("> ").expect("a prompt");
        session.send("?layer_n\t\r").and_then(|_| session.flush()).expect("keys");
        session.exp_string("layer_norm: layer").expect("the page");
        // Its example has arrows, which look like a prompt.
        session.exp_string("`LayerNormalization`").expect("the page's end");
        session.exp_string("> ").expect("a prompt");
        session.send_control('d').expect("Ctrl-D");
        session.exp_eof().expect("the end");
    }
}
