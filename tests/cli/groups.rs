//! `split by=COLUMN` through the commands.

use crate::support::{Folder, masked};

const NET: &str = "\
data {
  source csv, \"said.csv\"
  split by=speaker, valid=20%, test=20%
}

net {
  input x: real[2]
  dense 3
  output y: class[3]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
";

/// Nine speakers, of whom one says much, say three words.
fn said() -> String {
    let mut rows = String::from("speaker,low,high,word\n");
    for row in 0..60 {
        let speaker = if row % 3 == 0 { 0 } else { 1 + row % 8 };
        rows += &format!("s{speaker},{}.5,{},{}\n", row % 7, row % 5, ["yes", "no", "stop"][row % 3]);
    }
    rows
}

fn with(split: &str) -> Folder {
    let net = NET.replace("by=speaker, valid=20%, test=20%", split);
    Folder::new(&[("m.net", &net), ("said.csv", &said())])
}

#[test]
fn training_tells_rows_and_groups() {
    let heading = |split: &str| {
        let said = with(split).run(&["train", "m.net", "-o", "run"]);
        said.lines().find(|line| line.contains("training")).expect("a heading").to_owned()
    };
    let splits = [
        "by=speaker, valid=20%, test=20%",
        "by=speaker, folds=3, fold=2",
        "by=speaker, test=[s0], valid=[s1, s2]",
    ];
    let lines = splits.map(|split| {
        let line = heading(split);
        format!("split {split}\n{}", line.split_once(" · seed").expect("a seed").0)
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_groups_cannot_do_is_said() {
    let say = |split: &str| with(split).run(&["check", "--data", "m.net"]);
    masked(|| {
        insta::assert_snapshot!(
            [
                "by=speakr, test=20%",
                "by=word, test=20%",
                "by=speaker, folds=12",
                "by=speaker, test=[s0, s99]",
                "by=speaker, forward=true, test=20%",
                "test=[s0]"
            ]
            .map(say)
            .join("\n")
        )
    });
}

#[test]
fn folds_of_an_experiment_leave_one_speaker_out_each() {
    let folder = with("by=speaker, folds=9");
    let out = folder.run(&["experiment", "m.net", "-o", "e", "-q"]);
    assert!(out.contains("9 divisions") && out.ends_with("--- exit 0\n"), "{out}");
    let (before, changed) = (said(), said().replacen("s1,", "s2,", 1));
    assert_ne!(before, changed);
    let folder = with("by=speaker, test=20%");
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    std::fs::write(folder.path().join("said.csv"), changed).expect("a file of the test");
    let out = folder.run(&["eval", "run"]);
    assert!(out.contains("the data have changed"), "{out}");
}
