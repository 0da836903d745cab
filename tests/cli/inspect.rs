//! What passes through a net with one row, forwards and backwards.

use serde_json::Value;

use crate::support::Folder;

const NET: &str = "\
data {
  source builtin, \"iris\"
  split test=20%
  batch 30
}

net {
  input x: real[4]
  dense 8 -> tanh -> dropout 0.5
  dense 3
  output species: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 2
}
";

#[test]
fn a_row_passes_through_a_net() {
    let folder = Folder::trained(NET);
    let mut text = folder.run(&["inspect", "run", "--row", "3"]);
    text += &folder.run(&["inspect", "run", "--part", "test", "--gradients", "--layer", "dense_2.weight"]);
    text += &folder.run(&["inspect", "run", "--values", "--layer", "dropout_1"]);
    insta::with_settings!({filters => vec![(r"-?\d+\.\d+(e-?\d+)?", "[number]")]}, {
        insta::assert_snapshot!(text);
    });
}

#[test]
fn its_units_are_those_of_its_sample() {
    let folder = Folder::trained(NET);
    let sample = ["--row", "5", "--sample", "2"];
    let inspected = folder.json(&[&["inspect", "run", "--json"], &sample[..]].concat());
    let masks = folder.json(&[&["subnet", "run", "--json"], &sample[..]].concat());
    let dropout =
        inspected["layers"].as_array().expect("layers").iter().find(|layer| layer["path"] == "dropout_1");
    let kept = dropout.expect("dropout")["kept"].as_array().expect("a mask");
    let kept: Vec<Value> = (0..kept.len()).filter(|i| kept[*i] == true).map(Value::from).collect();
    assert_eq!(Value::from(kept), masks["sites"][0]["kept"]);
    assert_eq!(inspected["of"]["sample"], 2);
    let gradients = folder.json(&["inspect", "run", "--json", "--gradients"]);
    assert!(gradients["layers"][1]["values"].is_null() && gradients["layers"][1]["gradient"].is_array());
}

#[test]
fn what_cannot_be_inspected_says_why() {
    let folder = Folder::trained(NET);
    let mut text = String::new();
    for more in [
        &["--row", "900"][..],
        &["--part", "valid"],
        &["--layer", "dense_7"],
        &["--values", "--layer", "dense_1.weight"],
        &["--values", "--gradients"],
    ] {
        text += &folder.run(&[&["inspect", "run"], more].concat());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_session_shows_values_and_gradients() {
    let folder = Folder::trained(NET);
    let lines = ":load m.net\n:train\n:values 3 --layer dropout_1\n:grad --layer dense_1.bias\n";
    let text = folder.run_with(&["repl"], lines);
    assert!(text.contains("row 3 of train, sample 0: loss") && text.contains("dropout_1  8  "), "{text}");
    assert!(text.contains("row 0 of train, sample 0: loss") && text.contains("dense_1.bias  8  "), "{text}");
}
