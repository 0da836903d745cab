//! A flag that would change nothing is refused, with the reason.

use crate::support::{Folder, SOUND};

const NET: &str = "\
edition 1

param p = 0.5
param q = 0.1

data {
  source moons, rows=100
  split valid=20%, test=20%
  batch 16
}

net {
  input x: real[2]
  dropout q -> dense 8 -> relu -> dropout p
  dense 2
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 2
}

sweep {
  vary p, [0.1, 0.2]
  goal min, valid.loss
}
";

#[test]
fn what_would_change_nothing_is_refused() {
    let folder = Folder::new(&[("m.net", NET), ("s.net", SOUND)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let twice = ["--set", "p=0.1", "--set", "p=0.9"];
    let mut all = String::new();
    for command in [
        &["check", "m.net"][..],
        &["train", "m.net", "-o", "r"],
        &["summary", "m.net"],
        &["emit", "--stage", "graph", "m.net"],
        &["bench", "m.net"],
        &["experiment", "m.net", "-o", "e"],
        &["repl", "m.net"],
    ] {
        let said = folder.run(&[command, &twice].concat());
        assert!(
            said.contains("error: `--set p=...` stands twice") && said.ends_with("--- exit 2\n"),
            "{said}"
        );
    }
    for args in [
        &["check", "m.net", "--set", "p=0.1", "--set", "p=0.1"][..],
        &["check", "-", "-"],
        &["fmt", "-", "m.net", "-"],
        &["emit", "--stage", "ast", "--mode", "eval", "m.net"],
        &["emit", "--stage", "model", "--mode", "mc", "m.net"],
        &["emit", "--stage", "ast", "--set", "p=0.2", "m.net"],
        &["experiment", "m.net", "-o", "e", "--set", "p=0.2"],
        &["experiment", "m.net", "-o", "e", "--set", "q=0.2", "--compare", "q=0,0.5"],
        &["experiment", "m.net", "-o", "e", "--compare", "q=0,0.5,0"],
        &["subnet", "run", "--row", "0", "--sample", "0", "--checkpoint", "last"],
        &["subnet", "run", "--row", "0", "--sample", "0", "--position", "3"],
        &["subnet", "run", "--step", "0", "--sample", "0", "--position", "3"],
        &["subnet", "run", "--epoch", "0", "--position", "0", "--seed", "5"],
        &["subnet", "run", "--step", "0", "--sample", "0", "--seed", "5"],
        &["bench", "m.net", "--svg", "x.png"],
        &["new", "no/folder"],
    ] {
        all += &folder.run(args);
    }
    insta::assert_snapshot!(all);
    assert!(!folder.path().join("r").exists() && !folder.path().join("e").exists());
}

/// Masks of what was never trained would be of no net: 60 rows in minibatches of 16 are 4 steps an epoch, and there are 2.
#[test]
fn masks_are_of_what_was_trained() {
    let folder = Folder::new(&[("m.net", NET)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let last = folder.run(&["subnet", "run", "--step", "7", "--sample", "11"]);
    assert!(last.ends_with("--- exit 0\n"), "{last}");
    let same = folder.run(&["subnet", "run", "--epoch", "1", "--position", "59"]);
    assert_eq!(last.split_once('\n').unwrap().1, same.split_once('\n').unwrap().1);
    let mut all = String::new();
    for place in [
        ["--step", "8", "--sample", "0"],
        ["--step", "18446744073709551615", "--sample", "0"],
        ["--step", "7", "--sample", "12"],
        ["--epoch", "2", "--position", "0"],
        ["--epoch", "18446744073709551615", "--position", "0"],
        ["--epoch", "0", "--position", "60"],
    ] {
        all += &folder.run(&[&["subnet", "run"], &place[..]].concat());
    }
    insta::assert_snapshot!(all);
}
