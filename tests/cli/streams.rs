//! Pipes, colours, usage.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use crate::support::{FAULTY, Folder, SOUND};

/// A reader that takes a little and goes away, as `| head` does.
#[test]
fn a_closed_pipe_is_not_an_error() {
    let many = format!("net {{\n{}}}\n", "  dense 8 wrong\n".repeat(4000));
    let folder = Folder::new(&[("m.net", &many)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_dropnet"))
        .args(["check", "m.net", "--output-format", "json"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("some output");
    drop(stdout);
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn colour_comes_when_asked_for() {
    let folder = Folder::new(&[("m.net", FAULTY)]);
    let colored = |color: &str| folder.run(&["check", "m.net", "--color", color]).contains('\u{1b}');
    assert!(colored("always"));
    assert!(!colored("never"));
    assert!(!colored("auto"), "a pipe is no terminal");
}

#[test]
fn usage_errors_are_exit_2() {
    let folder = Folder::new(&[("m.net", SOUND)]);
    for args in [
        &["chekc", "m.net"][..],
        &["check"],
        &["check", "m.net", "--output-format", "yaml"],
        &["summary"],
        &[],
    ] {
        let said = folder.run(args);
        assert!(said.ends_with("--- exit 2\n"), "{said}");
    }
    let said = folder.run(&["chekc", "m.net"]);
    assert!(said.contains("'check'"), "a similar command is named: {said}");
}

#[test]
fn completions_know_the_commands() {
    let folder = Folder::new(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.run(&["completions", shell]);
        assert!(script.contains("summary") && script.ends_with("--- exit 0\n"), "{shell}");
    }
}

#[test]
fn help_names_every_command() {
    insta::assert_snapshot!(Folder::new(&[]).run(&["--help"]));
}
