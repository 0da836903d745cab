use crate::support::Folder;

#[test]
fn units_that_a_row_saw() {
    let net = "\
data {
  source builtin, \"iris\"
  split test=20%
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
  epochs 2
}
";
    let folder = Folder::new(&[("m.net", net)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let mut text = folder.run(&["subnet", "run", "--row", "3", "--sample", "7"]);
    text += &folder.run(&["subnet", "run", "--row", "3", "--sample", "8"]);
    text += &folder.run(&["subnet", "run", "--row", "3", "--sample", "7", "--seed", "1", "--json"]);
    text += &folder.run(&["subnet", "run", "--epoch", "1", "--position", "90"]);
    text += &folder.run(&["subnet", "run", "--row", "3"]);
    text += &folder.run(&["subnet", "run"]);
    insta::assert_snapshot!(text);
}

const IRIS: &str = "\
data {
  source builtin, \"iris\"
  split test=30%
  normalize inputs
  batch 35
}

net {
  input x: real[4]
  dropout 0.2 -> dense 12 -> relu -> dropout 0.5
  dense 3
  output species: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 30
}
";

/// A thinned net is a run like any other, and its one pass is the sample of the masked one.
#[test]
fn a_sub_network_becomes_a_net() {
    let rows = "sepal_length,sepal_width,petal_length,petal_width\n6,2.8,4.9,1.6\n5,3.4,1.5,0.2\n";
    let folder = Folder::new(&[("m.net", IRIS), ("rows.csv", rows)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let said = folder.run(&["subnet", "run", "--row", "0", "--sample", "0", "--export", "thin"]);
    assert!(said.contains("source builtin, \"iris\"") && !said.contains("dropout"), "{said}");
    let predict = |args: &[&str]| -> Vec<f64> {
        let said = folder.run(&[args, &["--input", "rows.csv"]].concat());
        let row = said.lines().nth(3).unwrap_or_else(|| panic!("{said}")).to_string();
        row.split(',').skip(1).take(3).map(|p| p.parse().expect("a probability")).collect()
    };
    let (thin, masked) = (predict(&["predict", "thin"]), predict(&["predict", "run", "--samples", "1"]));
    assert!(thin.iter().zip(&masked).all(|(a, b)| (a - b).abs() < 1e-5), "{thin:?} {masked:?}");
    assert!(folder.run(&["eval", "thin"]).contains("test"));
    let summary = folder.run(&["summary", "thin/model.net"]);
    assert!(summary.contains("dense_2"), "{summary}");
    let again = folder.run(&["subnet", "run", "--row", "0", "--sample", "0", "--export", "thin"]);
    assert!(again.contains("holds a run already"), "{again}");
}

/// Step 4 of three a pass is the second of the second pass: 105 rows in minibatches of 35.
#[test]
fn a_step_of_training_names_its_minibatch() {
    let folder = Folder::new(&[("m.net", IRIS)]);
    folder.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "2"]);
    let body = |said: String| said.split_once('\n').map(|(_, body)| body.to_string());
    let step = folder.run(&["subnet", "run", "--step", "4", "--sample", "7"]);
    assert_eq!(body(step), body(folder.run(&["subnet", "run", "--epoch", "1", "--position", "42"])));
    let said = folder.run(&["subnet", "run", "--step", "4", "--sample", "35"]);
    assert!(said.contains("the minibatch of step 4 has 35 rows"), "{said}");
}

/// What is lost without one unit, with and without dropout.
#[test]
fn units_are_taken_out_one_by_one() {
    let folder = Folder::new(&[
        ("m.net", IRIS),
        ("n.net", &IRIS.replace("dropout 0.2 -> ", "").replace(" -> dropout 0.5", "")),
    ]);
    folder.run(&["train", "m.net", "-q", "-o", "with"]);
    folder.run(&["train", "n.net", "-q", "-o", "without"]);
    let output = folder.command(&["audit", "without", "--ablate", "--json"]).output().expect("runs");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let lost: Vec<f64> =
        found["layers"][0]["lost"].as_array().expect("units").iter().filter_map(|x| x.as_f64()).collect();
    assert_eq!((lost.len(), &found["layers"][0]["weight"]), (12, &"dense_2.weight".into()));
    assert!(lost.iter().any(|x| *x != 0.0) && lost.iter().all(|x| x.abs() <= 1.0), "{lost:?}");
    insta::assert_snapshot!(folder.run(&["audit", "with", "without", "--ablate"]));
}

/// Maps that are dropped whole are listed by number; place by place, they are small pictures.
#[test]
fn masks_of_maps_are_pictures() {
    let net = "data {
  source shapes, rows=90, size=8
  split train=60, test=30
}
net {
  input x: real[8, 8, 1]
  conv 5, 3x3 -> relu -> dropout 0.4, share=space
  max_pool 2x2 -> dropout 0.25
  flatten -> dense 4
  output y: class[4]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-2
  epochs 1
}
";
    let folder = Folder::new(&[("m.net", net)]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    insta::assert_snapshot!(folder.run(&["subnet", "run", "--row", "2", "--sample", "1"]));
    let output =
        folder.command(&["subnet", "run", "--row", "2", "--sample", "1", "--json"]).output().expect("runs");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["sites"][0]["shape"], serde_json::json!([8, 8, 5]));
    insta::assert_snapshot!("maps_are_taken_out_whole", folder.run(&["audit", "run", "--ablate"]));
    for (kind, more) in [("filters", ["--layer", "conv_1"]), ("maps", ["--row", "3"])] {
        let args = [&["plot", "run", "--kind", kind][..], &more, &["--csv"]].concat();
        let csv = folder.run(&args);
        let tiles = csv.lines().filter(|line| line.contains(",0,0,0,")).count();
        assert!(csv.ends_with("--- exit 0\n") && tiles == if kind == "maps" { 6 } else { 5 }, "{csv}");
    }
    let refused = folder.run(&["plot", "run", "--kind", "maps", "--row", "30"]);
    assert!(refused.contains("the test part has 30 rows, counted from 0: there is no row 30"), "{refused}");
    let refused = folder.run(&["plot", "run", "--kind", "weights", "--row", "3"]);
    assert!(refused.contains("`--row` is of `--kind maps`"), "{refused}");
}

/// One mask for all steps of a row, as the layer is told; with `share=none` each step has its own, and so does zoneout.
#[test]
fn masks_over_time() {
    let net = |share: &str| {
        format!(
            "data {{\n  source sines, rows=60, length=6\n  batch 20\n}}\nnet {{\n  input x: real[6, 1]\n  reshape 6x1, roles=[time, channel]\n  \
             lstm 12, recurrent_dropout=0.4, share={share}, zoneout=0.3 -> dropout 0.5, share=time -> mean_pool over=time\n  dense 1 -> dropout 0.5\n  dense 1\n  \
             output y: real[1]\n}}\ntrain {{\n  loss squared_error\n  optimizer adam, lr=0.05\n  epochs 1\n}}\n"
        )
    };
    let folder = Folder::new(&[("shared.net", &net("time")), ("fresh.net", &net("none"))]);
    for name in ["shared", "fresh"] {
        folder.run(&["train", &format!("{name}.net"), "-q", "-o", name]);
    }
    let steps = |run: &str, site: &str| {
        let said =
            folder.run(&["subnet", run, "--row", "3", "--sample", "7", "--time", "--site", site, "--json"]);
        let line = said.lines().find(|line| line.starts_with('{')).expect(&said);
        let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
        json["sites"][0]["steps"].as_array().expect("steps").clone()
    };
    let alike = |steps: &[serde_json::Value]| steps.iter().all(|step| *step == steps[0]);
    for (run, site, same) in [
        ("shared", "lstm_1.recurrent_dropout", true),
        ("fresh", "lstm_1.recurrent_dropout", false),
        ("shared", "lstm_1.zoneout", false),
        ("shared", "dropout_1", true),
    ] {
        let steps = steps(run, site);
        assert_eq!((steps.len(), alike(&steps)), (6, same), "{run} {site}: {steps:?}");
    }
    insta::assert_snapshot!(folder.run(&["subnet", "shared", "--row", "3", "--sample", "7", "--time"]));
}

/// The rows of an input have the masks that `predict` draws for them; what lies behind the end of a text is left out, and coins of word types are those of its words.
#[test]
fn rows_of_an_input_are_named() {
    let rows = "sepal_length,sepal_width,petal_length,petal_width\n6,2.8,4.9,1.6\n5,3.4,1.5,0.2\n";
    let folder = Folder::new(&[("m.net", IRIS), ("rows.csv", rows)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let ask = |args: &[&str]| folder.run(&[&["subnet", "run", "--sample", "4"], args].concat());
    let all = ask(&["--input", "rows.csv"]);
    let (first, second) = (ask(&["--row", "0"]), ask(&["--row", "1"]));
    let masks = |said: &str| {
        said.lines().filter(|line| line.contains(" kept ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(masks(&all), [masks(&first), masks(&second)].concat());
    assert!(all.contains("row 0\n") && all.contains("row 1\n"), "{all}");
    assert_eq!(masks(&ask(&["--input", "rows.csv", "--row", "1"])), masks(&second));
    let object = |args: &[&str]| {
        folder.json(&[&["subnet", "run", "--sample", "4", "--input", "rows.csv", "--json"], args].concat())
    };
    let each = object(&[]);
    assert_eq!(
        (&each["rows"][1], each["rows"].as_array().map(Vec::len)),
        (&object(&["--row", "1"]), Some(2))
    );
    let mut said = ask(&["--input", "rows.csv", "--row", "2"]);
    said += &ask(&["--input", "rows.csv", "--export", "thin"]);
    said += &folder.run(&["subnet", "run", "--input", "rows.csv"]);
    said += &folder.run(&[
        "subnet",
        "run",
        "--input",
        "rows.csv",
        "--sample",
        "1",
        "--epoch",
        "0",
        "--position",
        "1",
    ]);
    insta::assert_snapshot!(said);
    let thin = ask(&["--input", "rows.csv", "--row", "1", "--export", "thin"]);
    assert!(thin.ends_with("--- exit 0\n"), "{thin}");
}

#[test]
fn coins_of_word_types_are_those_of_the_words_of_a_row() {
    let net = "\
data {
  source csv, \"texts.csv\", text=said, label=kind
  split valid=4
  tokenize words, vocab=12
}
net {
  input words: token[6, vocab=12]
  embedding 4 -> dropout 0.5, share=type
  mean_pool over=time -> dense 2
  output kind: class[2]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
";
    let line = |i: usize| format!("{} word{} again,{}\n", ["good", "bad"][i % 2], i % 7, i % 2);
    let table = (0..24).map(line).fold("said,kind\n".to_owned(), |table, line| table + &line);
    let folder = Folder::new(&[("m.net", net), ("texts.csv", &table), ("new.txt", "good again good\nbad\n")]);
    let trained = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    let refused = folder.run(&["subnet", "run", "--row", "0", "--sample", "0"]);
    assert!(refused.contains("--input FILE"), "{refused}");
    let mut both = 0;
    for sample in 0..12 {
        let sample = sample.to_string();
        let said = folder.json(&["subnet", "run", "--input", "new.txt", "--sample", &sample, "--json"]);
        let site = &said["rows"][0]["sites"][0];
        assert_eq!(site["shape"], serde_json::json!([3]), "{said}");
        let kept: Vec<u64> =
            site["kept"].as_array().expect("steps").iter().filter_map(|x| x.as_u64()).collect();
        // The first word and the third are one word.
        assert_eq!(kept.contains(&0), kept.contains(&2), "{said}");
        both += usize::from(kept.contains(&0));
        assert_eq!(said["rows"][1]["sites"][0]["shape"], serde_json::json!([1]), "{said}");
    }
    assert!((1..12).contains(&both), "{both}");
}
