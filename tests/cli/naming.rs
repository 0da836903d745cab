//! The same mistake in what is named has the same answer from every command.

use crate::support::{Folder, SOUND};

const NET: &str = "\
edition 1

param width = 4

data {
  source blobs, rows=90, classes=3, features=2
  split valid=20%, test=20%
  batch 16
}

net {
  input x: real[2]
  dense width -> relu -> dropout 0.2, kind=concrete
  dense 3
  output y: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 3
}
";

/// A run, two runs by seed, the folder of an experiment, and what is none of these.
fn folder() -> Folder {
    let folder = Folder::new(&[("m.net", NET), ("s.net", SOUND), ("x.csv", "0.1,0.2\n")]);
    for args in [
        &["train", "m.net", "-q", "-o", "run", "--set", "width=6"][..],
        &["train", "m.net", "-q", "-o", "runs/two", "--seeds", "2"],
        &["experiment", "m.net", "-q", "-o", "tried"],
    ] {
        let said = folder.run(args);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::create_dir(folder.path().join("cut")).unwrap();
    for file in ["model.net", "model.lock.json"] {
        std::fs::copy(folder.path().join("run").join(file), folder.path().join("cut").join(file)).unwrap();
    }
    folder
}

/// What a command says of a path, and its exit code.
fn said(folder: &Folder, command: &[&str], path: &str) -> String {
    let mut args = vec![command[0], path];
    args.extend(&command[1..]);
    let said = folder.run(&args);
    said.split_once('\n').unwrap().1.replace("--- stderr\n", "")
}

const OF_RUNS: [&[&str]; 8] = [
    &["predict", "--input", "x.csv"],
    &["eval"],
    &["audit"],
    &["plot"],
    &["plot", "--kind", "weights"],
    &["calibrate"],
    &["subnet", "--row", "0", "--sample", "0"],
    &["audit", "--ablate"],
];

#[test]
fn a_path_that_is_no_run_has_one_answer() {
    let folder = folder();
    let mut all = String::new();
    for path in ["m.net", "run/model.net", "nowhere", "empty", "cut", "tried", "runs", ".", "x.csv"] {
        let first = said(&folder, OF_RUNS[0], path);
        // Of the folder of an experiment `plot` draws the record.
        for command in OF_RUNS.into_iter().filter(|command| path != "tried" || command[0] != "plot") {
            let plot_adds = "\nhelp: `--graph svg` draws the net itself";
            assert_eq!(said(&folder, command, path).replace(plot_adds, ""), first, "{command:?} {path}");
        }
        all += &first;
    }
    // Where one run is asked for.
    for command in [&OF_RUNS[5], &OF_RUNS[6], &&["summary"][..]] {
        all += &said(&folder, command, "runs/two");
    }
    insta::assert_snapshot!(all);
}

const OF_NETS: [&[&str]; 8] = [
    &["check"],
    &["check", "--data"],
    &["fmt", "--check"],
    &["train"],
    &["bench"],
    &["emit", "--stage", "ast"],
    &["emit", "--stage", "model"],
    &["experiment", "-o", "e"],
];

#[test]
fn a_path_that_is_no_net_has_one_answer() {
    let folder = folder();
    let mut all = String::new();
    for path in ["run", "tried", "empty", ".", "run/last.ckpt", "nowhere"] {
        let first = said(&folder, OF_NETS[3], path);
        // A folder stands for the nets in it to those who read many.
        let one = |command: &&[&str]| path != "." || !matches!(command[0], "check" | "fmt");
        for command in OF_NETS.into_iter().filter(one) {
            assert_eq!(said(&folder, command, path), first, "{command:?} {path}");
        }
        all += &first;
    }
    insta::assert_snapshot!(all);
}

/// The net of a run is shown with the values it was trained with, and with the rate that it learned.
#[test]
fn a_run_has_a_summary() {
    let folder = folder();
    let of_run = said(&folder, &["summary"], "run");
    let of_net = folder.run(&["summary", "run/model.net", "--set", "width=6", "-q"]);
    let table = of_net.split_once("--- stdout\n").unwrap().1.replace("run/model.net", "run");
    let (shown, rates) = of_run.split_once("learned rates  ").expect("a learned rate");
    assert_eq!(shown.replace("--- stdout\n", "") + "--- exit 0\n", table);
    let eval = folder.run(&["eval", "run"]);
    assert!(eval.contains(&format!("learned rates  {}", rates.lines().next().unwrap())), "{rates} {eval}");
    let json = folder.json(&["summary", "run/last.ckpt", "--json"]);
    let rate = json["learned_rates"]["dropout_1"].as_f64().unwrap();
    assert_eq!(rates.lines().next().unwrap(), format!("dropout_1 {rate:.4}"));
    assert_eq!(json["parameters"], 2 * 6 + 6 + 6 * 3 + 3 + 1);
    let refused = folder.run(&["summary", "run", "--set", "width=3"]);
    assert!(
        refused.contains("a run has the values that it was trained with")
            && refused.ends_with("--- exit 2\n")
    );
}
