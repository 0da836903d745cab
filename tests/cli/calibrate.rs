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
    assert!((precision * rmse * rmse - 1.0).abs() < 1e-6, "{precision} {rmse}");
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

/// A net that hands its two inputs on as logits, and a table of them.
const HANDED_ON: &str = "\
data {
  source csv, \"t.csv\"
  split train=8, valid=12, shuffle=false
  batch 4
}

net {
  input x: real[2]
  identity
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer sgd, lr=1e-9
  epochs 1
}
";

/// Logits `a, b` and the class `y`, of 8 training and 12 validation rows.
fn handed_on(row: impl Fn(usize) -> (f64, f64, &'static str)) -> Folder {
    let mut table = String::from("a,b,y\n");
    for i in 0..20 {
        let (a, b, y) = row(i);
        table += &format!("{a},{b},{y}\n");
    }
    let folder = Folder::new(&[("m.net", HANDED_ON), ("t.csv", &table)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    folder
}

/// Of logits 2 and -2 that are right in three of four rows: p / (1 - p) = 3 = e^(4 / T).
#[test]
fn the_likeliest_temperature_is_found_to_its_last_digits() {
    let folder = handed_on(|i| (2.0, -2.0, if i % 4 == 0 { "q" } else { "p" }));
    let fit = &folder.json(&["calibrate", "run", "--json"])["fits"]["weight_scaling"];
    let (value, nll) = (fit["value"].as_f64().expect("a number"), fit["nll"].as_f64().expect("a number"));
    assert!((value / (4.0 / 3.0_f64.ln()) - 1.0).abs() < 1e-7, "{fit}");
    assert!((nll - -(0.75 * 0.75_f64.ln() + 0.25 * 0.25_f64.ln())).abs() < 1e-12, "{fit}");
}

#[test]
fn without_a_likeliest_temperature_nothing_is_written() {
    let right = |i: usize| if i.is_multiple_of(2) { (3.0, 0.0, "p") } else { (0.0, 3.0, "q") };
    let wrong = |i: usize| if i.is_multiple_of(2) { (3.0, 0.0, "q") } else { (0.0, 3.0, "p") };
    for (row, why) in [
        (
            &right as &dyn Fn(usize) -> (f64, f64, &'static str),
            "the lower it is, the likelier they are: all of them are right",
        ),
        // The classes are named in the order in which they come.
        (&|i| if i == 0 { (0.0, 0.0, "p") } else { wrong(i) }, "the higher it is, the likelier they are"),
    ] {
        let folder = handed_on(row);
        let said = folder.run(&["calibrate", "run"]);
        assert!(said.contains(why) && said.ends_with("--- exit 3\n"), "{said}");
        assert!(!folder.path().join("run/calibration.json").exists());
    }
}

#[test]
fn where_all_temperatures_are_alike_it_stays_at_one() {
    let folder = handed_on(|i| (0.0, 0.0, if i % 2 == 0 { "p" } else { "q" }));
    let said = folder.run(&["calibrate", "run"]);
    assert!(said.contains("nothing is gained") && said.contains("12 rows are few"), "{said}");
    let fit = &folder.json(&["calibrate", "run", "--json"])["fits"]["weight_scaling"];
    assert_eq!((fit["value"].as_f64(), &fit["nll"]), (Some(1.0), &fit["before"]), "{fit}");
}

/// The input is the prediction: residuals of 0 have no precision, those of a thousandth of a thousandth one of many digits.
#[test]
fn precisions_have_the_units_of_the_target() {
    let net = HANDED_ON
        .replace("class[2]", "real[1]")
        .replace("x: real[2]", "x: real[1]")
        .replace("cross_entropy", "squared_error");
    for (off, printed) in
        [(0.0, None), (0.5, Some("          4 ")), (1000.0, Some("      1e-6 ")), (1e-4, Some("e8 "))]
    {
        let mut table = String::from("x,y\n");
        (0..20)
            .for_each(|i| table += &format!("{i},{}\n", f64::from(i) + if i % 2 == 0 { off } else { -off }));
        let folder = Folder::new(&[("m.net", &net), ("t.csv", &table)]);
        folder.run(&["train", "m.net", "-q", "-o", "run"]);
        let said = folder.run(&["calibrate", "run"]);
        match printed {
            Some(printed) => assert!(said.contains(printed), "{said}"),
            None => {
                assert!(said.contains("fits them exactly") && said.ends_with("--- exit 3\n"), "{said}");
                assert!(folder.run(&["eval", "run"]).ends_with("--- exit 0\n"));
            }
        }
    }
}

/// A net gives 32-bit numbers; in the target's own units they may be none.
#[test]
fn what_is_no_number_in_the_targets_units_is_no_prediction() {
    let net = "data {
  source csv, \"t.csv\"
  split train=20, valid=10, test=10, shuffle=false
  normalize target
}
net {
  input x: real[1]
  dense 4 -> dropout 0.1
  dense 1
  output y: real[1]
}
train {
  loss squared_error
  optimizer sgd, lr=0.05
  epochs 10
}
";
    let mut table = String::from("x,y\n");
    for i in 0..40 {
        let x = f64::from(i % 10) * 0.2 - 0.9;
        let far = i == 25 || i == 35;
        table += &format!("{},{}\n", if far { 1e37 } else { x }, 1000.0 * x);
    }
    let folder = Folder::new(&[("m.net", net), ("t.csv", &table), ("new.csv", "x\n0.5\n1e37\n")]);
    assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("--- exit 0\n"));
    for (row, args) in [
        (2, &["predict", "run", "--input", "new.csv"][..]),
        (2, &["predict", "run", "--input", "new.csv", "--samples", "5"]),
        (6, &["eval", "run"]),
        (6, &["eval", "run", "--samples", "5"]),
        (6, &["calibrate", "run"]),
    ] {
        let said = folder.run(args);
        assert!(said.contains(&format!("error: row {row} (counted from 1): the net gives ")), "{said}");
        assert!(
            said.contains("which 32-bit numbers do not hold in the target's own units\nhelp: "),
            "{said}"
        );
        assert!(said.ends_with("--- exit 3\n"), "{said}");
    }
    assert!(!folder.path().join("run/calibration.json").exists());
}

#[test]
fn a_broken_calibration_is_written_anew() {
    let folder = handed_on(|i| (2.0, -2.0, if i % 4 == 0 { "q" } else { "p" }));
    folder.run(&["calibrate", "run"]);
    let sound = folder.read("run/calibration.json");
    let value = sound.lines().find(|line| line.contains("\"value\"")).expect("a value");
    for broken in [
        "{",
        &sound.replace(value, "\"value\": null,"),
        &sound.replace(value, "\"value\": -1.0,"),
        &sound.replace(value, "\"value\": 1e-320,"),
    ] {
        std::fs::write(folder.path().join("run/calibration.json"), broken).expect("a file of the test");
        let said = folder.run(&["eval", "run"]);
        assert!(
            said.contains("`dropnet calibrate` writes it anew") && said.ends_with("--- exit 3\n"),
            "{said}"
        );
        assert!(folder.run(&["calibrate", "run"]).ends_with("--- exit 0\n"));
        assert_eq!(folder.read("run/calibration.json"), sound);
    }
}

/// What was found is used without being asked for.
#[test]
fn intervals_take_the_fitted_precision() {
    let net = NUMBERS.replace(
        "  interval 90%, precision=fit\n  report rmse, log_likelihood(precision=fit), coverage\n",
        "",
    );
    let folder = Folder::trained(&net);
    let row = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1\n";
    let ask = |more: &[&str]| {
        let args = ["predict", "run", "--input", "-", "--interval", "90%"];
        folder.run_with(&[&args, more].concat(), row)
    };
    assert!(ask(&[]).contains("`dropnet calibrate RUN` fits it"), "{}", ask(&[]));
    folder.run(&["calibrate", "run"]);
    let rows = |said: &str| said.lines().nth(3).expect("a row").to_string();
    assert_eq!(rows(&ask(&[])), rows(&ask(&["--precision", "fit"])));
    assert_ne!(rows(&ask(&[])), rows(&ask(&["--precision", "1"])));
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

/// Nets that answer at each step have one temperature for all tokens: of rows of their own, and of streams that carry a state.
#[test]
fn tokens_have_a_temperature() {
    const COPIES: &str = "\
data {
  source copy, rows=120, symbols=2, delay=2
  tokenize chars
  split valid=40%
}

net {
  input text: token[_, vocab=_]
  words: embedding 12
  gru 12, recurrent_dropout=0.2
  unembed words
  output again: token[_, vocab=_]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 6
  report perplexity
}
";
    let streams = COPIES
        .replace(
            "source copy, rows=120, symbols=2, delay=2",
            "source text, \"t.txt\"\n  window 5, carry=true\n  batch 4",
        )
        .replace("recurrent_dropout=0.2", "recurrent_dropout=0.2, carry=true")
        .replace("token[_,", "token[5,");
    let text: String =
        (0..90_u32).map(|i| ["ab", "ba", "aab", "c "][(i * i * 7 % 11 % 4) as usize]).collect();
    for net in [COPIES, &streams] {
        let folder = Folder::new(&[("m.net", net), ("t.txt", &text)]);
        assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("--- exit 0\n"));
        let fitted = folder.json(&["calibrate", "run", "--samples", "7", "--json"])["fits"].clone();
        let number = |json: &Json| json.as_f64().unwrap_or_else(|| panic!("{json} is no number"));
        let valid = |more: &[&str]| {
            folder.json(&[&["eval", "run", "--samples", "7", "--json"], more].concat())["valid"].clone()
        };
        let at_fit = valid(&[]);
        let likely = |figures: &Json| -number(&figures["log_likelihood"]);
        for (way, key) in [("weight_scaling", "tempered"), ("mc_dropout", "mc_dropout")] {
            let (fit, found) = (&fitted[way], likely(&at_fit[key]));
            assert!((found - number(&fit["nll"])).abs() < 1e-6, "{way}: {fit} {at_fit}");
            assert!((number(&at_fit[key]["perplexity"]).ln() - found).abs() < 1e-5, "{at_fit}");
            assert!(number(&fit["nll"]) < number(&fit["before"]), "{fit}");
            // Any other temperature is worse.
            for other in [0.97, 1.03].map(|by| (by * number(&fit["value"])).to_string()) {
                assert!(likely(&valid(&["--temperature", &other])[key]) > found, "{way} {other}: {fit}");
            }
        }
        let plain = valid(&["--temperature", "1"]);
        assert!((likely(&plain["mc_dropout"]) - number(&fitted["mc_dropout"]["before"])).abs() < 1e-6);
        assert!(
            (number(&plain["loss"]) - number(&fitted["weight_scaling"]["before"])).abs() < 1e-6,
            "{plain}"
        );
        let few = folder.json(&["calibrate", "run", "--rows", "8", "--json"]);
        assert_eq!(few["fits"]["weight_scaling"]["rows"], 8);
        let mean = folder.run(&["calibrate", "run", "--ensemble", "geometric"]);
        assert!(
            mean.contains("a temperature of such a mean of a net that foretells a token at each of"),
            "{mean}"
        );
    }
}
