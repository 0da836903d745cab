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
    // A pipe with a name can be read but once, as those of `<(...)` in a shell.
    let rest = |said: String| said.split_once('\n').map(|(_, rest)| rest.to_owned());
    let piped = folder.run_with(&["predict", "run", "--input", "/dev/stdin"], rows);
    assert_eq!(rest(piped), rest(said));
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
    let output = folder.command(&["eval", "run", "--json", "--samples", "0"]).output().expect("runs");
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

#[test]
fn samples_say_how_uncertain_a_row_is() {
    let folder = trained();
    let rows = "length,width,color\n1,2,red\n4.5,2,blue\n";
    let predict = |more: &[&str]| {
        folder.run_with(&[&["predict", "run", "--input", "-", "--samples", "500"], more].concat(), rows)
    };
    let csv = predict(&[]);
    let mut lines = csv.lines().skip(2);
    let header = "kind,small,tall,entropy,expected_entropy,mutual_information,mutual_information_jackknife,variation_ratio,standard_error";
    assert_eq!(lines.next(), Some(header));
    let information = |line: Option<&str>| {
        let fields: Vec<&str> = line.expect("a row").split(',').collect();
        fields[5].parse::<f64>().expect("a number")
    };
    // The second row lies where the class changes.
    let (sure, unsure) = (information(lines.next()), information(lines.next()));
    assert!(sure >= 0.0 && unsure > 2.0 * sure, "{csv}");
    let table = |said: &str| said.split_once("--- stdout").map(|(_, table)| table.to_string());
    assert_eq!(table(&predict(&["--threads", "1"])), table(&csv));
    assert_ne!(table(&predict(&["--seed", "8"])), table(&csv));
    let json = predict(&["--output", "json"]);
    let first: Json = serde_json::from_str(json.lines().nth(2).expect("a row")).expect("JSON");
    assert!(
        first["mutual_information"].as_f64().is_some() && first["probability"]["tall"].is_f64(),
        "{json}"
    );
}

#[test]
fn eval_puts_samples_beside_weight_scaling() {
    let folder = trained();
    let said = folder.run(&["eval", "run"]);
    assert!(said.contains("(mean of 100 samples of dropout)"), "{said}");
    assert!(!folder.run(&["eval", "run", "--samples", "0"]).contains("samples of dropout"));
    let output = folder.command(&["eval", "run", "--json", "--samples", "7"]).output().expect("runs");
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["test"]["mc_dropout"]["samples"], 7);
    assert!(json["test"]["mc_dropout"]["log_likelihood"].as_f64() < Some(0.0));
    assert!(json["train"].get("mc_dropout").is_none());
}

/// Intervals of the `predict` section, and flags in its place.
#[test]
fn numbers_have_intervals() {
    let net = "\
data {
  source friedman, rows=200, noise=1, seed=5
  split test=25%
  normalize inputs, target
  batch 32
}

net {
  input x: real[10]
  dense 16 -> relu -> dropout 0.1
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=1e-2
  epochs 20
}

predict {
  mc_dropout samples=50
  interval 90%, precision=1
}
";
    let folder = Folder::new(&[("m.net", net)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let predict = |more: &[&str]| {
        let rows = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1\n";
        folder.run_with(&[&["predict", "run", "--input", "-"], more].concat(), rows)
    };
    let numbers = |said: String| -> Vec<f64> {
        let row = said.lines().nth(3).expect("a row").to_string();
        row.split(',').map(|field| field.parse().expect("a number")).collect()
    };
    let header = "y,y_epistemic_sd,y_aleatoric_sd,y_sd,y_low,y_high,y_standard_error";
    assert_eq!(predict(&[]).lines().nth(2), Some(header));
    let [mean, epistemic, aleatoric, sd, low, high, se] = numbers(predict(&[]))[..] else {
        panic!("columns")
    };
    assert!((sd - epistemic.hypot(aleatoric)).abs() < 1e-4 && (aleatoric - 1.0).abs() < 1e-6);
    assert!((se - epistemic / 50_f64.sqrt()).abs() < 1e-5);
    // A mixture of normals is not quite a normal distribution, but near enough that its width is.
    assert!(low < mean && mean < high);
    assert!(((high - low) / (2.0 * 1.645 * sd) - 1.0).abs() < 0.1, "{low} {mean} {high} {sd}");
    let one_pass = numbers(predict(&["--samples", "0", "--interval", "0.5", "--precision", "4"]));
    assert!((one_pass[2] - one_pass[1] - 0.67449).abs() < 1e-4, "{one_pass:?}");
}

#[test]
fn what_has_no_effect_is_refused() {
    let folder = trained();
    let sure = FLOWERS.replace(" -> dropout 0.2", "");
    std::fs::write(folder.path().join("sure.net"), sure).expect("written");
    folder.run(&["train", "sure.net", "-q", "-o", "sure"]);
    let all = [
        ["predict", "sure", "--input", "flowers.csv", "--samples", "5"],
        ["predict", "run", "--input", "flowers.csv", "--seed", "5"],
        ["predict", "run", "--input", "flowers.csv", "--precision", "5"],
        ["predict", "run", "--input", "flowers.csv", "--interval", "90%"],
    ];
    let said: String = all.iter().map(|args| folder.run(args)).collect();
    insta::assert_snapshot!(said + &folder.run(&["eval", "sure", "--samples", "5"]));
}

/// Flags that mean nothing beside each other, and limits that no row or every row passes.
#[test]
fn what_contradicts_itself_is_refused() {
    let folder = trained();
    std::fs::copy(folder.path().join("run/last.ckpt"), folder.path().join("copy.ckpt")).expect("a copy");
    let input = ["--input", "flowers.csv"];
    let refused = |runs: &[&str], more: &[&str], why: &str| {
        let said = folder.run(&[&["predict"], runs, &input, more].concat());
        assert!(said.contains(why) && !said.contains("--- stdout"), "{said}");
    };
    for flag in [&["--ensemble", "arithmetic"][..], &["--until-se", "0.1"], &["--seed", "3"]] {
        refused(&["run"], &[flag, &["--samples", "0"]].concat(), "`--samples 0` draws none");
    }
    refused(&["run"], &["--abstain", "confidence<2"], "every row would be refused");
    refused(&["run"], &["--abstain", "confidence<0.5"], "no row would be refused");
    refused(&["run"], &["--abstain", "entropy>0.7"], "`entropy` is from 0 to 0.6931 here");
    refused(&["run", "run"], &[], "are the same net");
    refused(&["run", "./run/"], &[], "are the same net");
    refused(&["run", "copy.ckpt"], &[], "are the same net");
    refused(&["copy.ckpt"], &["--checkpoint", "best"], "`--checkpoint` chooses one of a run");
    refused(&["run"], &["--precision", "4"], "probabilities say how sure they are");
}

/// A `normal` output says how far observations spread; samples that are none have no precision to be measured by.
#[test]
fn a_precision_is_refused_where_it_says_nothing() {
    let net = |output: &str, loss: &str| {
        format!(
            "data {{\n  source friedman, rows=60, noise=1\n  split valid=25%\n  batch 15\n}}\n\nnet {{\n  input x: real[10]\n  dense 8 -> relu\n  {output}\n}}\n\n\
             train {{\n  loss {loss}\n  optimizer adam, lr=0.01\n  epochs 1\n}}\n"
        )
    };
    let row = "1,2,3,4,5,6,7,8,9,10\n";
    let normal = Folder::trained(&net("dense 2\n  output y: normal[1]", "gaussian_nll"));
    let said =
        normal.run_with(&["predict", "run", "--input", "-", "--interval", "95%", "--precision", "3"], row);
    assert!(said.contains("a `normal` one says how far observations spread"), "{said}");
    assert!(said.ends_with("--- exit 2\n"), "{said}");
    let real = Folder::trained(&net("dense 1\n  output y: real[1]", "squared_error"));
    let said = real.run(&["eval", "run", "--precision", "3"]);
    assert!(said.contains("no log-likelihood is measured here") && said.ends_with("--- exit 2\n"), "{said}");
}

/// A flag says what it takes, whatever stands there.
#[test]
fn numbers_that_do_not_fit_have_their_range_said() {
    let folder = trained();
    let asked = |more: &[&str]| folder.run(&[&["predict", "run", "--input", "flowers.csv"], more].concat());
    let temperatures = "a number above 0, from 1e-6 to 1e6";
    for (flag, value, range) in [
        ("--temperature", "-1", temperatures),
        ("--temperature", "0", temperatures),
        ("--temperature", "1e-300", temperatures),
        ("--temperature", "1e-320", temperatures),
        ("--temperature", "-inf", temperatures),
        ("--samples", "-1", "0..=1000000"),
        ("--seed", "-1", "a whole number from 0 on"),
        ("--seed", "1.5", "a whole number from 0 on"),
        ("--threads", "-1", "1..=1024"),
        ("--interval", "-5%", "a probability, such as 95% or 0.95"),
        ("--precision", "-2", "a number above 0, or `fit`"),
        ("--precision", "1e-320", "a number above 0, or `fit`"),
        ("--until-se", "-0.1", "a number above 0"),
    ] {
        let said = asked(&[flag, value]);
        assert!(said.contains(&format!("invalid value '{value}' for '{flag}")), "{said}");
        assert!(said.contains(range) && said.ends_with("--- exit 2\n"), "{said}");
    }
    let said = folder.run(&["train", "m.net", "--epochs", "-3"]);
    assert!(said.contains("a whole number from 1 on") && said.ends_with("--- exit 2\n"), "{said}");
}

#[test]
fn rows_without_a_prediction_are_named() {
    let folder = trained();
    let rows = "length,width,color\n1,2,red\n3e38,-3e38,red\n";
    for more in [&[][..], &["--samples", "5"], &["--ensemble", "geometric"]] {
        let said = folder.run_with(&[&["predict", "run", "--input", "-"], more].concat(), rows);
        assert!(said.contains("row 2 (counted from 1)") && said.ends_with("--- exit 3\n"), "{said}");
        assert!(!said.contains("--- stdout"), "{said}");
    }
}

/// The mean of one sub-network is that sub-network under either mean; of many, softmax of mean logits is sharper.
#[test]
fn ensembles_are_arithmetic_or_geometric() {
    let folder = trained();
    let predict = |more: &[&str]| {
        let said = folder.run_with(
            &[&["predict", "run", "--input", "-"], more].concat(),
            "length,width,color\n4.5,2,blue\n",
        );
        let row = said.lines().nth(3).unwrap_or_else(|| panic!("{said}")).to_string();
        row.split(',').skip(1).map(|p| p.parse().expect("a probability")).collect::<Vec<f64>>()
    };
    let one = |mean| predict(&["--ensemble", mean, "--samples", "1"]);
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(near(&one("arithmetic"), &one("geometric")));
    let (arithmetic, geometric) =
        (predict(&["--ensemble", "arithmetic"]), predict(&["--ensemble", "geometric"]));
    assert!(near(&arithmetic, &predict(&["--samples", "100"])[..2]));
    assert!((arithmetic[0] - geometric[0]).abs() > 1e-4, "{arithmetic:?} {geometric:?}");
    assert!((geometric[0] + geometric[1] - 1.0).abs() < 1e-6);
    let said = folder.run(&["eval", "run", "--ensemble", "geometric", "--samples", "50"]);
    assert!(said.contains("(geometric mean of 50 samples of dropout)"), "{said}");
}

/// All sub-networks as a way to predict: by the file, by a flag, and near the mean of many samples.
#[test]
fn every_sub_network_at_once() {
    let net = "\
data {
  source builtin, \"iris\"
  split test=20%
  normalize inputs
  batch 30
}
net {
  input x: real[4]
  dense 8 -> relu -> dropout 0.5
  dense 3
  output species: class[3]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 30
  report nll
}
predict {
  exact
}
";
    let folder = Folder::new(&[
        ("m.net", net),
        ("rows.csv", "sepal_length,sepal_width,petal_length,petal_width\n6,2.8,4.9,1.6\n"),
    ]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let first = |args: &[&str]| -> Vec<f64> {
        let text = folder.run(&[&["predict", "run", "--input", "rows.csv"], args].concat());
        let row = text.lines().nth(3).unwrap_or_else(|| panic!("{text}"));
        let numbers: Vec<f64> = row.split(',').filter_map(|cell| cell.parse().ok()).take(3).collect();
        assert_eq!(numbers.len(), 3, "{text}");
        numbers
    };
    let (exact, sampled) = (first(&[]), first(&["--samples", "20000"]));
    assert!(exact.iter().zip(&sampled).all(|(a, b)| (a - b).abs() < 0.015), "{exact:?} {sampled:?}");
    assert_ne!(exact, first(&["--exact", "geometric"]));
    let said = folder.run(&["eval", "run"]);
    assert!(said.contains("(arithmetic mean of all sub-networks)"), "{said}");
    let json = folder.run(&["eval", "run", "--json", "--exact", "geometric"]);
    assert!(json.contains("\"exact\":{\"nll\":"), "{json}");
    let both = folder.run(&["eval", "run", "--exact", "--samples", "3"]);
    assert!(both.contains("cannot be used with") && both.ends_with("--- exit 2\n"), "{both}");
}

/// A row in the middle of its class is answered, one between the classes is not.
#[test]
fn uncertain_rows_are_marked() {
    let folder = trained();
    let rows = "length,width,color\n1,2,red\n4.5,2,blue\n";
    let predict =
        |more: &[&str]| folder.run_with(&[&["predict", "run", "--input", "-"], more].concat(), rows);
    let marks = |said: &str| -> Vec<String> {
        let table = said.split_once("--- stdout\n").expect("a table").1;
        table.lines().take(3).filter_map(|line| line.rsplit(',').next().map(str::to_string)).collect()
    };
    for rule in ["mi>0.05", "entropy>0.3", "variation_ratio>0.1"] {
        let said = predict(&["--samples", "300", "--abstain", rule]);
        assert_eq!(marks(&said), ["abstain", "false", "true"], "{rule}: {said}");
        assert!(said.contains("abstains from 1 of 2 rows"), "{said}");
    }
    assert_eq!(marks(&predict(&["--abstain", "confidence<0.9"])), ["abstain", "false", "true"]);
    let json = predict(&["--abstain", "entropy>0.3", "--output", "json"]);
    assert_eq!(json.matches("\"abstain\":true").count(), 1, "{json}");
    let refused: String =
        ["mi>0.3", "sd>1", "mi<1", "doubt>1"].iter().map(|rule| predict(&["--abstain", rule])).collect();
    insta::assert_snapshot!(refused);
}

/// A cell that normalisation takes beyond 32 bits is named, and nothing is made of it.
#[test]
fn cells_far_outside_of_what_was_trained_are_named() {
    let net = "data {\n  source friedman, rows=60, noise=1\n  normalize inputs, target\n}\nnet {\n  input x: real[10]\n  dense 8 -> relu -> dropout 0.1\n  dense 4 -> relu\n  dense 1\n  output y: real[1]\n}\ntrain {\n  loss squared_error\n  optimizer adam, lr=0.01\n  epochs 1\n}\n";
    let folder = Folder::trained(net);
    let said =
        folder.run_with(&["predict", "run", "--input", "-"], "1,1,1,1,1,1,1,1,1,1\n1,1,1e38,1,1,1,1,1,1,1\n");
    assert!(said.contains("`1e38` is beyond 32 bits as the net sees it"), "{said}");
    assert!(said.contains("-:2, column 3") && said.ends_with("--- exit 3\n"), "{said}");
}
