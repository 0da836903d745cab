//! Columns of categories that are looked up: `input town: category[_]` with an `embedding` behind it.

use std::fmt::Write;

use crate::support::Folder;

const TOWNS: [&str; 5] = ["Aachen", "Bonn", "Celle", "Dessau", "Emden"];

/// Rents of flats: what a town is worth, and a square metre. Every ninth town is not known.
fn table() -> String {
    let mut text = "size,Home town,floor,rent\n".to_string();
    for i in 0..90_usize {
        let (town, size) = ((i * 7 + i / 5) % 5, 20 + (i * 37) % 80);
        let rent = [3.0, 9.0, 1.0, 5.0, 7.0][town] * 40.0 + size as f64 * 4.0;
        let cell = if i % 9 == 4 { "" } else { TOWNS[town] };
        writeln!(text, "{size},{cell},{},{rent}", i % 4).expect("written");
    }
    text
}

fn net(source: &str, inputs: &str, looked_up: &str, train: &str) -> String {
    format!(
        "data {{\n  source csv, \"flats.csv\"{source}\n  target rent\n  fill category\n  split valid=20, shuffle=false\n  normalize inputs, target\n  batch 10\n}}\n\
         net {{\n  input {inputs}\n{looked_up}\n  all: concat place, x\n  deep: dense 6 -> tanh\n  answer: dense 1\n  output rent: real[1]\n}}\n\
         train {{\n  {train}\n  loss squared_error\n  report rmse\n}}\n"
    )
}

const LEARN: &str = "optimizer adam, lr=0.03\n  epochs 60\n  seed 3";
const LOOKED_UP: &str = "  from home_town\n  place: embedding 2, dropout=0.1";

fn folder(files: &[(&str, &str)]) -> Folder {
    let table = table();
    let learn = net(", unknown=zero", "home_town: category[_], x: real[_]", LOOKED_UP, LEARN);
    // The same weights on numbers of which one is 1: the town comes first in this table.
    let hot: String = table
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{},{}\n", cells[1], cells[0], cells[2], cells[3])
        })
        .collect();
    let load = "load \"run\"\n  optimizer sgd, lr=1e-30\n  epochs 1";
    let same = net("", "hot: real[6], x: real[2]", "  from hot\n  place: dense 2, bias=false", load);
    let same = same.replace("flats.csv", "turned.csv");
    let mut all =
        vec![("flats.csv", &table[..]), ("turned.csv", &hot), ("flats.net", &learn), ("hot.net", &same)];
    all.extend(files);
    Folder::new(&all)
}

#[test]
fn a_column_is_looked_up_as_numbers_of_which_one_is_1_would_be_multiplied() {
    let folder = folder(&[
        ("one.csv", "floor,size,Home town\n1,50,Bonn\n"),
        ("others.csv", "Home town,size,floor\nBonn,50,1\n,50,1\nUlm,50,1\nEmden,50,1\n"),
        ("rows.json", "[{\"size\": 50, \"Home town\": \"Bonn\", \"floor\": 1}]"),
    ]);
    let said = folder.run(&["train", "flats.net", "-o", "run", "--no-progress"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert!(
        said.contains("· 49 parameters"),
        "6 towns, with the one that is not known, of 2 numbers: {said}"
    );
    let said = folder.run(&["train", "hot.net", "-q", "-o", "hot"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    for part in ["train", "valid"] {
        let rmse =
            |run: &str| folder.json(&["eval", run, "--json"])[part]["rmse"].as_f64().expect("a figure");
        assert!((rmse("run") - rmse("hot")).abs() < 1e-3, "{} {}", rmse("run"), rmse("hot"));
        assert!(rmse("run") < 60.0, "it learns what a town is worth: {}", rmse("run"));
    }
    let predicted = |file: &str| -> Vec<f64> {
        let said = folder.run(&["predict", "run", "--input", file]);
        let lines = said.lines().filter_map(|line| line.split(',').next_back()?.parse().ok());
        lines.collect()
    };
    let rents = predicted("others.csv");
    assert_eq!(rents.len(), 4, "{rents:?}");
    assert_eq!(predicted("one.csv"), rents[..1]);
    assert_eq!(predicted("rows.json"), rents[..1]);
    // A town that nobody saw stands for zeros, one that is not known for a vector that was learnt.
    assert!((0..4).all(|i| (i + 1..4).all(|j| (rents[i] - rents[j]).abs() > 0.01)), "{rents:?}");
    // What a seed says of samples, and a run that goes on, are as without.
    assert!(
        folder.run(&["predict", "run", "--input", "one.csv", "--samples", "20"]).ends_with("--- exit 0\n")
    );
    let resumed = folder.run(&["train", "flats.net", "-q", "-o", "run", "--resume", "--epochs", "61"]);
    assert!(resumed.ends_with("--- exit 0\n"), "{resumed}");
    let masks = folder.run(&["subnet", "run", "--row", "0", "--sample", "1", "--input", "one.csv"]);
    assert!(masks.contains("place"), "{masks}");
    assert!(folder.run(&["summary", "flats.net"]).ends_with("--- exit 0\n"));
}

#[test]
fn what_is_no_column_of_categories_is_told() {
    let with = |inputs: &str, looked_up: &str| net("", inputs, looked_up, LEARN);
    let nets = [
        ("number.net", with("floor: category[4], x: real[7]", &LOOKED_UP.replace("home_town", "floor"))),
        ("open.net", with("floor: category[_], x: real[_]", &LOOKED_UP.replace("home_town", "floor"))),
        ("count.net", with("home_town: category[9], x: real[2]", LOOKED_UP)),
        ("name.net", with("town: category[6], x: real[2]", &LOOKED_UP.replace("home_town", "town"))),
        ("width.net", with("home_town: category[6], x: real[8]", LOOKED_UP)),
        ("behind.net", with("x: real[_], home_town: category[_]", LOOKED_UP)),
        ("plain.net", net("", "home_town: category[_], x: real[_]", LOOKED_UP, LEARN)),
    ];
    let files: Vec<(&str, &str)> = nets.iter().map(|(name, text)| (*name, &text[..])).collect();
    let folder = folder(&[&files[..], &[("new.csv", "size,Home town,floor\n50,Ulm,1\n")]].concat());
    for (net, expected) in [
        ("number.net", "`floor` is no column of categories"),
        ("open.net", "the data have no column of categories `floor`"),
        ("count.net", "`Home town` has 6 categories"),
        ("name.net", "the data have no column `town`"),
        ("width.net", "the data give 8 numbers a row"),
        ("behind.net", "an input behind one with a size `_`"),
    ] {
        let said = folder.run(&["check", "--data", net]);
        assert!(said.contains(expected) && said.ends_with("--- exit 1\n"), "{net}: {said}");
    }
    assert!(folder.run(&["train", "plain.net", "-q", "-o", "plain"]).ends_with("--- exit 0\n"));
    let said = folder.run(&["predict", "plain", "--input", "new.csv"]);
    assert!(said.contains("error[E0535]: `Ulm` is a category that training never saw"), "{said}");
}
