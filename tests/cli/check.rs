use crate::support::{FAULTY, Folder, SOUND, masked};

/// A param that nothing uses.
const UNUSED: &str = "param q = 0.5\nnet {\n  input x: real[8]\n  dense 3\n  output y: class[3]\n}\n";

#[test]
fn a_sound_file_gives_a_count_and_a_time() {
    masked(|| insta::assert_snapshot!(Folder::new(&[("m.net", SOUND)]).run(&["check", "m.net"])));
}

#[test]
fn quiet_is_silent_on_success() {
    insta::assert_snapshot!(Folder::new(&[("m.net", SOUND)]).run(&["check", "-q", "m.net"]), @r"
    $ dropnet check -q m.net
    --- exit 0
    ");
}

#[test]
fn findings_are_shown_in_full() {
    masked(|| insta::assert_snapshot!(Folder::new(&[("m.net", FAULTY)]).run(&["check", "m.net"])));
}

#[test]
fn findings_of_several_files_one_a_line() {
    let folder = Folder::new(&[("a.net", FAULTY), ("b.net", SOUND), ("c.net", UNUSED)]);
    let args = ["check", "a.net", "b.net", "c.net", "--output-format", "concise"];
    masked(|| insta::assert_snapshot!(folder.run(&args)));
}

#[test]
fn json_is_one_object_a_line() {
    let folder = Folder::new(&[("m.net", FAULTY)]);
    let output = folder.command(&["check", "m.net", "--output-format", "json"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(object["file"], "m.net");
        assert!(object["code"].as_str().is_some_and(|code| code.starts_with('E')));
        assert!(object["span"]["start"]["line"].as_u64().is_some());
    }
}

#[test]
fn stdin_is_a_dash() {
    let folder = Folder::new(&[]);
    masked(|| {
        insta::assert_snapshot!(folder.run_with(&["check", "-", "--output-format", "concise"], FAULTY))
    });
}

#[test]
fn warnings_fail_only_when_denied() {
    let folder = Folder::new(&[("m.net", UNUSED)]);
    let both = folder.run(&["check", "m.net"]) + &folder.run(&["check", "-q", "m.net", "--deny", "warnings"]);
    masked(|| insta::assert_snapshot!(both));
}

#[test]
fn sets_replace_params() {
    let folder = Folder::new(&[("m.net", SOUND)]);
    let concise = ["check", "m.net", "--output-format", "concise", "--set"];
    let run = |set: &str| folder.run(&[&concise[..], &[set]].concat());
    masked(|| insta::assert_snapshot!(run("p=0.2") + &run("p=1.5") + &run("rate=0.2") + &run("p")));
}

#[test]
fn what_cannot_be_read_is_exit_3() {
    let folder = Folder::new(&[]);
    std::fs::write(folder.path().join("latin.net"), b"net { # caf\xe9\n}\n").expect("a file of the test");
    std::fs::create_dir(folder.path().join("folder")).expect("a folder");
    let all: String =
        ["missing.net", "latin.net", "folder"].iter().map(|name| folder.run(&["check", name])).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn data_are_compared_when_asked_for() {
    let net = "data {\n  source moons\n}\nnet {\n  input x: real[3]\n  dense 2\n  output y: class[2]\n}\n";
    let gone = net.replace("moons", "csv, \"gone.csv\"");
    let folder = Folder::new(&[("m.net", net), ("gone.net", &gone)]);
    let all = folder.run(&["check", "m.net"])
        + &folder.run(&["check", "m.net", "--data", "--output-format", "concise"])
        + &folder.run(&["check", "gone.net"])
        + &folder.run(&["check", "gone.net", "--data"]);
    masked(|| insta::assert_snapshot!(all));
}

/// Layers of a block that stands twice are found fault with once, and counted so.
#[test]
fn what_is_said_once_is_counted_once() {
    let net = "block Two() {\n  dense 8 -> relu -> dropout 0.95\n}\nnet {\n  input x: real[8]\n  Two\n  Two\n  dense 3\n  output y: class[3]\n}\n";
    let said = Folder::new(&[("m.net", net)]).run(&["check", "--pedantic", "m.net"]);
    let shown = said.lines().filter(|line| line.starts_with("warning[")).count();
    assert!(shown > 0 && said.contains(&format!("checked 1 file: {shown} warning")), "{said}");
}
