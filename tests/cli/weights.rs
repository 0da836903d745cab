//! `weights COLUMN`: a row that counts twice is a row that stands twice.

use crate::support::Folder;

/// All rows in each update, by plain steps down the gradient: nothing depends on the order of the rows.
fn net(statements: &str, rows: usize, more: &str) -> String {
    format!(
        "data {{
  source csv, \"t.csv\"
  {statements}
  split train={rows}, test=4, shuffle=false
  batch {rows}
}}
{more}
net {{
  input x: real[2]
  dense 3, init=constant(0.3) -> tanh
  dense 1
  output y: real[1]
}}
train {{
  loss squared_error
  optimizer sgd, lr=0.2
  epochs 30
}}
"
    )
}

const ROWS: [(f64, f64, usize, f64); 6] = [
    (0.5, -1.0, 2, 1.0),
    (1.5, 0.2, 0, 9.0),
    (-0.7, 0.4, 1, 0.2),
    (0.1, 1.1, 3, -1.0),
    (-1.2, -0.3, 1, 0.5),
    (0.9, 0.8, 1, 0.1),
];
const TEST: &str = "1,1,2,0.3\n-1,0.5,0,0.7\n0.2,-0.4,5,0.1\n0,1,1,0\n";

fn trained(net: &str, table: &str) -> Folder {
    let folder = Folder::new(&[("m.net", net), ("t.csv", table), ("new.csv", "a,b\n0.3,0.7\n-2,1\n1,-1\n")]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder
}

fn predicted(folder: &Folder) -> Vec<f64> {
    let text = folder.run(&["predict", "run", "--input", "new.csv"]);
    let numbers: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(numbers.len(), 3, "{text}");
    numbers
}

#[test]
fn a_weight_is_as_many_rows() {
    let row = |(a, b, n, y): (f64, f64, usize, f64)| format!("{a},{b},{n},{y}\n");
    let weighed = ROWS.map(row).concat();
    let repeated = ROWS.map(|one| row(one).repeat(one.2)).concat();
    let head = "a,b,people,y\n";
    let by_weight = trained(&net("weights people", 6, ""), &format!("{head}{weighed}{TEST}"));
    let by_rows = trained(&net("inputs a, b", 8, ""), &format!("{head}{repeated}{TEST}"));
    let plain = trained(&net("inputs a, b", 6, ""), &format!("{head}{weighed}{TEST}"));
    let [own, rows, plain] = [&by_weight, &by_rows, &plain].map(predicted);
    for (x, y) in own.iter().zip(&rows) {
        assert!((x - y).abs() < 1e-5, "{own:?} {rows:?}");
    }
    assert!(own.iter().zip(&plain).any(|(x, y)| (x - y).abs() > 0.05), "{own:?} {plain:?}");
    // Figures are of the rows as they are, and so is the test part.
    let figure = |folder: &Folder| folder.json(&["eval", "run", "--json"])["test"]["rmse"].as_f64().unwrap();
    assert!((figure(&by_weight) - figure(&by_rows)).abs() < 1e-5);
    let folds = by_weight.read("run/log.jsonl");
    let loss = |text: &str| -> f64 {
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        last["train"]["loss"].as_f64().unwrap()
    };
    assert!(
        (loss(&folds) - loss(&by_rows.read("run/log.jsonl"))).abs() < 1e-5,
        "the loss of training is weighed"
    );
}

/// Equal weights, whatever they are, change no bit; nor does mixing break on them.
#[test]
fn equal_weights_change_nothing() {
    let table = |weight: &str| {
        let row = |(a, b, _, y): (f64, f64, usize, f64)| format!("{a},{b},{weight},{y}\n");
        format!("a,b,people,y\n{}{TEST}", ROWS.map(row).concat())
    };
    for more in ["", "augment {\n  mixup alpha=0.5\n}"] {
        let with = trained(&net("weights people", 6, more), &table("4"));
        let without = trained(&net("inputs a, b", 6, more), &table("4"));
        assert_eq!(predicted(&with), predicted(&without), "{more}");
    }
}

#[test]
fn weights_that_cannot_be() {
    let table = "a,b,people,y\n1,2,3,4\n2,3,-1,2\n3,4,1,5\n4,5,1,1\n5,6,2,3\n6,7,1,2\n1,2,1,2\n3,2,1,1\n2,2,2,1\n1,1,1,1\n";
    let mut said = String::new();
    for (statements, table) in [
        ("weights people", table.to_owned()),
        ("weights people", table.replace(",-1,", ",,")),
        ("weights people", table.replace(",-1,", ",many,").replace(",3,4\n", ",few,4\n")),
        ("weights a, b", table.to_owned()),
        ("weights 1..2", table.to_owned()),
        ("target y\n  weights y", table.to_owned()),
        ("weights nobody", table.to_owned()),
        ("weights people\n  window 2, target=y", table.to_owned()),
    ] {
        let folder = Folder::new(&[("m.net", &net(statements, 6, "")), ("t.csv", &table)]);
        said += &format!("{statements}\n{}\n", folder.run(&["train", "m.net", "-q", "-o", "run"]));
    }
    insta::assert_snapshot!(said);
}
