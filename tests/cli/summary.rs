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
