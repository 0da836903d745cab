use crate::support::{FAULTY, Folder, SOUND};

#[test]
fn a_table() {
    insta::assert_snapshot!(Folder::new(&[("m.net", SOUND)]).run(&["summary", "m.net", "--set", "p=0.25"]));
}

#[test]
fn json_holds_the_same_and_more() {
    let folder = Folder::new(&[("m.net", SOUND)]);
    let output = folder.command(&["summary", "m.net", "--json"]).output().expect("runs");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["parameters"], 8 * 16 + 16 + 16 * 3 + 3);
    assert_eq!(summary["dropout_sites"], 1);
    let dropout =
        summary["layers"].as_array().and_then(|rows| rows.iter().find(|row| row["layer"] == "dropout"));
    assert_eq!(dropout.map(|row| row["dropout"]["rate"].clone()), Some(0.5.into()));
}

#[test]
fn a_faulty_file_is_reported_on_stderr() {
    insta::assert_snapshot!(Folder::new(&[("m.net", FAULTY)]).run(&["summary", "m.net"]));
}

/// A stem that stays as it is, and would be cut elsewhere in evaluation.
const FROZEN: &str = "\
data {
  source blobs, rows=600, features=40, classes=4
  split valid=100
  prefix_limit 20MB
}
net {
  input x: real[40]
  stem: dense 64 -> relu -> dropout 0.5 -> dense 32 -> relu
  dense 4
  output y: class[4]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-2
  epochs 1
  freeze stem
}
";

/// How far a net is computed once over its rows; before data are read, and of a run, which knows how many there are.
#[test]
fn what_depends_on_data_alone() {
    let folder = Folder::trained(FROZEN);
    let mut said = folder.run(&["summary", "m.net"]);
    said += &folder.run(&["summary", "run"]);
    let lines = |net: &str| {
        let table = Folder::new(&[("m.net", net)]).run(&["summary", "m.net"]);
        table
            .lines()
            .filter(|line| line.contains("as far as"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    said += &lines(&FROZEN.replace("20MB", "0"));
    said += &lines(&format!("param room = off\n{}", FROZEN.replace("20MB", "room")));
    said += &lines(&FROZEN.replace("  prefix_limit 20MB\n", ""));
    insta::assert_snapshot!(said);
    let plan = folder.json(&["summary", "run", "--json"])["computed_once"].clone();
    assert_eq!((plan["numbers"].clone(), plan["kept"].clone()), (64.into(), true.into()));
}

/// Bytes of the training rows are known once the data are read.
#[test]
fn what_takes_too_much_room_is_said() {
    let folder = Folder::trained(&FROZEN.replace("20MB", "100kB"));
    let table = folder.run(&["summary", "run"]);
    let lines: Vec<&str> = table.lines().filter(|line| line.contains("as far as")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
