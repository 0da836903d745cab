//! Several runs that are averaged.

use serde_json::Value as Json;

use crate::support::Folder;

const NET: &str = "\
param p = 0.2

data {
  source builtin, \"iris\"
  split test=30%
  normalize inputs
  batch 35
}

net {
  input x: real[4]
  dense 8 -> relu -> dropout p
  dense 3
  output species: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 10
  report accuracy, nll
}
";
const ROW: &str = "sepal_length,sepal_width,petal_length,petal_width\n6,2.8,4.9,1.6\n";

fn trained(more: &[&str]) -> Folder {
    let folder = Folder::new(&[("m.net", NET)]);
    let said =
        folder.run(&[&["train", "m.net", "-q", "-o", "runs", "--seed", "5", "--seeds", "3"], more].concat());
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder
}

/// Probabilities of the row's three classes, and its mutual information if there is one.
fn predicted(folder: &Folder, args: &[&str]) -> (Vec<f64>, Option<f64>) {
    let args = [&["predict"], args, &["--input", "-", "--output", "json"]].concat();
    let said = folder.run_with(&args, ROW);
    let row: Json = serde_json::from_str(said.lines().nth(2).expect("a row")).expect("JSON");
    let probabilities = row["probability"].as_object().expect("classes").values();
    (probabilities.map(|p| p.as_f64().expect("a number")).collect(), row["mutual_information"].as_f64())
}

fn near(a: &[f64], b: &[f64]) {
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
}

#[test]
fn several_runs_predict_their_mean() {
    let folder = trained(&[]);
    let each = ["runs/seed-5", "runs/seed-6", "runs/seed-7"];
    let apart: Vec<Vec<f64>> = each.iter().map(|run| predicted(&folder, &[run]).0).collect();
    assert_ne!(apart[0], apart[1]);
    let mean: Vec<f64> = (0..3).map(|k| apart.iter().map(|p| p[k]).sum::<f64>() / 3.0).collect();
    let (together, information) = predicted(&folder, &["runs"]);
    near(&together, &mean);
    // What the nets disagree about, by its definition.
    let entropy = |p: &[f64]| -p.iter().map(|p| p * p.ln()).sum::<f64>();
    let expected = entropy(&mean) - apart.iter().map(|p| entropy(p)).sum::<f64>() / 3.0;
    assert!((information.expect("several") - expected).abs() < 1e-5, "{information:?} {expected}");
    near(&predicted(&folder, &each).0, &mean);
    // With dropout each gives its own samples.
    let sampled = |run| predicted(&folder, &[run, "--samples", "40"]).0;
    let of_samples: Vec<Vec<f64>> = each.iter().map(|run| sampled(*run)).collect();
    let mean: Vec<f64> = (0..3).map(|k| of_samples.iter().map(|p| p[k]).sum::<f64>() / 3.0).collect();
    near(&sampled("runs"), &mean);
    let one = predicted(&folder, &["runs", "--ensemble", "geometric", "--samples", "40"]).0;
    assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-6);
}

#[test]
fn figures_of_each_and_of_the_mean() {
    let folder = trained(&[]);
    let eval = folder.json(&["eval", "runs", "--json", "--samples", "30"]);
    let members = eval["test"]["members"].as_array().expect("members");
    assert_eq!(members.len(), 3);
    // The mean's negative log-likelihood is no worse than the members' on average (Jensen).
    let nll = |of: &Json| of["nll"].as_f64().expect("a number");
    assert!(nll(&eval["test"]) <= members.iter().map(nll).sum::<f64>() / 3.0);
    assert_eq!(eval["test"]["mc_dropout"]["samples"], 30);
    assert_eq!(
        members[1],
        folder.json(&["eval", "runs/seed-6", "--json"])["test"]
            .as_object()
            .map(|own| {
                own.iter()
                    .filter(|(name, _)| *name != "mc_dropout")
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect::<Json>()
            })
            .expect("figures")
    );
    let audit = folder.json(&["audit", "runs", "--json"]);
    let ways = audit["ways"].as_array().expect("ways");
    assert_eq!(ways.len(), 3 + 1 + 3);
    assert_eq!(ways[6]["mean_abs_diff"], 0.0);
    assert_eq!(audit["reference"], "the mean of 3 runs, 100 samples of each");
    insta::assert_snapshot!(
        folder.run(&["eval", "runs", "--samples", "10"]) + &folder.run(&["audit", "runs"])
    );
}

#[test]
fn a_cut_row_of_runs_goes_on() {
    let whole = trained(&[]);
    let folder = Folder::new(&[("m.net", NET)]);
    folder.run(&["train", "m.net", "-q", "-o", "runs/seed-5", "--seed", "5"]);
    folder.run(&["train", "m.net", "-q", "-o", "runs/seed-6", "--seed", "6", "--epochs", "4"]);
    folder.run(&["train", "m.net", "-q", "-o", "runs", "--seed", "5", "--seeds", "3", "--resume"]);
    for seed in [5, 6, 7] {
        let name = format!("runs/seed-{seed}/last.ckpt");
        let read = |folder: &Folder| std::fs::read(folder.path().join(&name)).expect("a checkpoint");
        assert!(read(&whole) == read(&folder), "{name}");
    }
}

#[test]
fn what_cannot_be_averaged_is_said() {
    let folder = trained(&[]);
    let other = NET.replace("  split test=30%\n", "  split test=30%, seed=4\n");
    std::fs::write(folder.path().join("other.net"), other).expect("written");
    folder.run(&["train", "other.net", "-q", "-o", "other"]);
    let all: String = [
        &["eval", "runs", "other"][..],
        &["audit", "runs", "--curve", "10"],
        &["predict", "runs", "--input", "m.net", "--exact"],
        &["train", "m.net", "--seeds", "3", "--resume"],
        &["train", "m.net", "-q", "-o", "runs", "--seed", "5", "--seeds", "2"],
        &["eval", "nowhere"],
    ]
    .iter()
    .map(|args| folder.run(args))
    .collect();
    insta::assert_snapshot!(all);
}

/// As many samples as it takes, and no more.
#[test]
fn samples_until_their_mean_is_settled() {
    let folder = trained(&[]);
    let csv = "sepal_length,sepal_width,petal_length,petal_width\n6,2.8,4.9,1.6\n5,3.4,1.5,0.2\n";
    let run =
        |args: &[&str]| folder.run_with(&[&["predict", "runs/seed-5", "--input", "-"], args].concat(), csv);
    let said = run(&["--until-se", "0.01"]);
    let column = |line: &str| line.rsplit(',').next().and_then(|x| x.parse::<f64>().ok());
    let errors: Vec<f64> = said.lines().filter_map(column).collect();
    assert!(errors.len() == 2 && errors.iter().all(|error| *error <= 0.01), "{said}");
    assert!(said.contains("samples of each row; no mean has a standard error above"), "{said}");
    let most = run(&["--until-se", "0.0001", "--samples", "60"]);
    assert!(most.contains("60 samples of each row are the most"), "{most}");
    let eval = folder.json(&["eval", "runs/seed-5", "--json", "--until-se", "0.02"]);
    let samples = &eval["test"]["mc_dropout"];
    assert!(
        samples["standard_error"].as_f64() <= Some(0.02) && samples["samples"].as_u64() > Some(20),
        "{eval}"
    );
}
