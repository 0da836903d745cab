//! How sure a net says it is, fitted afterwards.

use serde_json::Value as Json;

use crate::support::Folder;

const CLASSES: &str = "\
data {
  source moons, rows=400, noise=0.35, seed=3
  split valid=30%, test=20%
  batch 50
}

net {
  input x: real[2]
  dense 64 -> relu
  dense 64 -> relu -> dropout 0.2
  dense 2
  output moon: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 60
  report accuracy, nll
}
";
const NUMBERS: &str = "\
data {
  source friedman, rows=300, noise=1, seed=5
  split valid=25%, test=25%
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
  report rmse
}

predict {
  mc_dropout samples=50
  interval 90%, precision=fit
  report rmse, log_likelihood(precision=fit), coverage
}
";

#[test]
fn a_net_that_is_too_sure_gets_a_temperature() {
    let folder = Folder::trained(CLASSES);
    let fitted = folder.json(&["calibrate", "run", "--json"]);
    for way in ["weight_scaling", "mc_dropout"] {
        let fit = &fitted["fits"][way];
        assert!(fit["value"].as_f64() > Some(1.05), "{fitted}");
        assert!(fit["nll"].as_f64() < fit["before"].as_f64(), "{fitted}");
    }
    let temperature = fitted["fits"]["weight_scaling"]["value"].as_f64().expect("a number");
    let eval = folder.json(&["eval", "run", "--json"]);
    let valid = &eval["valid"];
    let close = |a: &Json, b: &Json| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-6;
    assert!(close(&valid["tempered"]["nll"], &fitted["fits"]["weight_scaling"]["nll"]), "{valid}");
    assert!(close(&valid["nll"], &fitted["fits"]["weight_scaling"]["before"]), "{valid}");
    assert!(close(&valid["mc_dropout"]["nll"], &fitted["fits"]["mc_dropout"]["nll"]), "{valid}");
    assert!(close(&valid["tempered"]["accuracy"], &valid["accuracy"]));
    // Log-odds are divided by the temperature.
    let odds = |more: &[&str]| {
        let args = [&["predict", "run", "--input", "-", "--output", "json"], more].concat();
        let said = folder.run_with(&args, "0.4,0.3\n");
        let row: Json = serde_json::from_str(said.lines().nth(2).expect("a row")).expect("JSON");
        let p: Vec<f64> =
            row["probability"].as_object().expect("classes").values().filter_map(Json::as_f64).collect();
        (p[1] / p[0]).ln()
    };
    let (hot, plain) = (odds(&[]), odds(&["--temperature", "1"]));
    assert!((hot * temperature / plain - 1.0).abs() < 1e-4, "{hot} {plain} {temperature}");
    assert!((odds(&["--temperature", "4"]) * 4.0 / plain - 1.0).abs() < 1e-4);
    let table = folder.run(&["eval", "run", "--samples", "20"]);
    assert!(table.contains("(temperature "), "{table}");
}

/// Without dropout the likeliest precision is one over the mean squared error.
#[test]
fn the_precision_of_numbers_is_fitted() {
    let folder = Folder::trained(NUMBERS);
    let unfitted = folder.run(&["eval", "run"]);
    let fitted = folder.json(&["calibrate", "run", "--json"]);
    let eval = folder.json(&["eval", "run", "--json"]);
    let rmse = eval["valid"]["rmse"].as_f64().expect("a number");
    let precision = fitted["fits"]["weight_scaling"]["value"].as_f64().expect("a number");
    assert!((precision * rmse * rmse - 1.0).abs() < 5e-3, "{precision} {rmse}");
    // Samples spread too, so that observations spread less around each.
    assert!(fitted["fits"]["mc_dropout"]["value"].as_f64() > Some(precision), "{fitted}");
    let samples = eval["valid"]["mc_dropout"].as_object().expect("figures");
    let names: Vec<&str> = samples.keys().map(String::as_str).filter(|name| *name != "samples").collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let nll = fitted["fits"]["mc_dropout"]["nll"].as_f64().expect("a number");
    assert!((samples["log_likelihood"].as_f64().expect("a number") + nll).abs() < 1e-6);
    let coverage = eval["test"]["mc_dropout"]["coverage"].as_f64().expect("a share");
    assert!((0.75..=1.0).contains(&coverage), "{coverage}");
    let row = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1\n";
    let said = folder.run_with(&["predict", "run", "--input", "-"], row);
    assert!(said.contains("y_low,y_high"), "{said}");
    let all = unfitted
        + &folder.run(&["calibrate", "run", "--samples", "20"])
        + &folder.run(&["experiment", "m.net", "--splits", "2", "-o", "e"]);
    insta::assert_snapshot!(all);
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let folder = Folder::trained(
        &CLASSES.replace("valid=30%, ", "").replace(" -> dropout 0.2", "").replace("epochs 60", "epochs 2"),
    );
    let all: String = [
        &["calibrate", "run"][..],
        &["calibrate", "run", "--samples", "5"],
        &["calibrate", "run", "--temperature", "5"],
        &["calibrate", "run/last.ckpt"],
        &["eval", "run", "--precision", "fit", "--temperature", "0"],
    ]
    .iter()
    .map(|args| folder.run(args))
    .collect();
    insta::assert_snapshot!(all);
}

/// What was fitted belongs to the parameters of that time.
#[test]
fn training_on_forgets_it() {
    let folder = Folder::new(&[("m.net", CLASSES)]);
    folder.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "30"]);
    folder.run(&["calibrate", "run"]);
    assert!(folder.run(&["eval", "run", "--samples", "0"]).contains("(temperature "));
    folder.run(&["train", "m.net", "-q", "-o", "run", "--resume"]);
    assert!(!folder.run(&["eval", "run", "--samples", "0"]).contains("(temperature "));
}
