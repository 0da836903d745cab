use serde_json::Value as Json;

use crate::support::Folder;

const FLOWERS: &str = "\
data {
  source csv, \"flowers.csv\"
  split test=25%
  normalize inputs
  batch 4
}

net {
  input x: real[5]
  dense 8 -> relu -> dropout 0.2
  dense 2
  output kind: class[2]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.2
  epochs 20
}
";

/// Two numbers, a category of three, and a class that the numbers decide.
fn flowers() -> String {
    let row = |i: usize| {
        let (length, width) = (1.0 + (i % 7) as f64, 2.0 + (i % 5) as f64);
        let color = ["red", "white", "blue"][i % 3];
        format!("{length},{width},{color},{}\n", if length > 4.0 { "tall" } else { "small" })
    };
    String::from("length,width,color,kind\n") + &(0..40).map(row).collect::<String>()
}

fn trained() -> Folder {
    let folder = Folder::new(&[("m.net", FLOWERS), ("flowers.csv", &flowers())]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder
}

#[test]
fn raw_rows_go_through_the_fitted_transform() {
    let folder = trained();
    let rows = "width,color,length\n3,red,7\n2,blue,1\n";
    let said = folder.run_with(&["predict", "run", "--input", "-"], rows);
    let mut lines = said.lines().skip(2);
    assert_eq!(lines.next(), Some("kind,small,tall"));
    assert!(lines.next().is_some_and(|line| line.starts_with("tall,")), "{said}");
    assert!(lines.next().is_some_and(|line| line.starts_with("small,")), "{said}");
}

#[test]
fn json_is_one_object_a_row() {
    let folder = trained();
    let mut command = folder.command(&["predict", "run", "--input", "flowers.csv", "--output", "json"]);
    let output = command.output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 40);
    for line in text.lines() {
        let object: Json = serde_json::from_str(line).expect("JSON");
        let sum: f64 = ["small", "tall"].iter().filter_map(|name| object["probability"][name].as_f64()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{line}");
    }
}

#[test]
fn npy_has_its_magic() {
    let folder = trained();
    let mut command =
        folder.command(&["predict", "run/last.ckpt", "--input", "flowers.csv", "--output", "npy"]);
    let output = command.output().expect("runs");
    assert!(output.stdout.starts_with(b"\x93NUMPY"));
}

#[test]
fn eval_gives_every_part() {
    let folder = trained();
    let output = folder.command(&["eval", "run", "--json"]).output().expect("runs");
    let object: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let metrics: Json = serde_json::from_str(&folder.read("run/metrics.json")).expect("JSON");
    assert_eq!(object["test"], metrics["test"], "as training tested it");
    assert!(object["train"]["accuracy"].as_f64().is_some_and(|a| a > 0.9), "{object}");
    let table = folder.run(&["eval", "run"]);
    assert!(table.contains("train  30 rows  loss ") && table.contains("test   10 rows  loss "), "{table}");
}

#[test]
fn faults_are_exit_3_with_their_place() {
    let folder = trained();
    let rows = "length,width,color\n1,2,red\n1,wide,red\n";
    let all = folder.run_with(&["predict", "run", "--input", "-"], rows)
        + &folder.run_with(&["predict", "run", "--input", "-"], "length,color\n1,red\n")
        + &folder.run_with(&["predict", "run", "--input", "-"], "")
        + &folder.run(&["predict", "nowhere", "--input", "flowers.csv"])
        + &folder.run(&["predict", ".", "--input", "flowers.csv"])
        + &folder.run(&["predict", "run", "--input", "nothing.csv"])
        + &folder.run(&["eval", "m.net"]);
    insta::assert_snapshot!(all);
}

#[test]
fn changed_data_are_noticed() {
    let folder = trained();
    std::fs::write(folder.path().join("flowers.csv"), flowers().replace("7,", "70,"))
        .expect("a file of the test");
    insta::assert_snapshot!(folder.run(&["eval", "run"]));
}
