//! Runs side by side: the list of them, the newest by `@last`, and what a difference of two is worth.

use serde_json::Value as Json;

use crate::support::Folder;

const MOONS: &str = "\
param p = 0.3

data {
  source moons, rows=400, noise=0.3, seed=1
  split valid=20%, test=200
  batch 30
}

net {
  input x: real[2]
  dense 16 -> relu -> dropout p
  dense 2
  output moon: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=2e-2
  epochs 6
  report accuracy
}
";

fn trained(folder: &Folder, args: &[&str]) {
    let said = folder.run(&[&["train", "-q"], args].concat());
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

fn folder() -> Folder {
    let folder = Folder::new(&[
        ("m.net", MOONS),
        ("w.net", &MOONS.replace("dense 16", "dense 32")),
        ("fewer.net", &MOONS.replace("test=200", "test=100")),
    ]);
    trained(&folder, &["m.net", "-o", "runs/a"]);
    trained(&folder, &["m.net", "--set", "p=0", "-o", "runs/b"]);
    folder
}

/// Lines of a table of differences: figure, difference, both ends, standard error.
fn differences(said: &str) -> Vec<(String, [f64; 4])> {
    let rows = said.lines().filter(|line| line.contains(" .. "));
    let row = |line: &str| {
        let mut words = line.split_whitespace().filter(|word| *word != "..");
        let name = words.next().unwrap().to_string();
        let numbers: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
        (name, numbers.try_into().unwrap())
    };
    rows.map(row).collect()
}

#[test]
fn runs_are_listed_with_what_differs() {
    let folder = folder();
    trained(&folder, &["w.net", "--seeds", "2", "-o", "runs/deep/er"]);
    trained(&folder, &["m.net", "--seed", "7", "-o", "own"]);
    let said = folder.run(&["runs"]);
    let line = |run: &str| {
        said.lines()
            .find(|line| line.trim_start().starts_with(run))
            .unwrap_or_else(|| panic!("{run}: {said}"))
    };
    assert!(said.contains("\nm.net, 3 runs\n") && said.contains("w.net, 1 run\n"), "{said}");
    assert!(line("runs/a").contains(" p=0.3 ") && line("runs/b").contains(" p=0 "), "{said}");
    assert!(line("runs/deep/er").contains(" 2 seeds ") && line("own").contains(" p=0.3 "), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    let json = |args: &[&str]| -> Vec<Json> {
        let output = folder.command(args).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = json(&["runs", "--json"]);
    assert_eq!(all.len(), 4);
    // 2 x 16 + 16 + 16 x 2 + 2, and the figures that training wrote.
    let a = all.iter().find(|run| run["run"] == "runs/a").unwrap();
    let metrics: Json = serde_json::from_str(&folder.read("runs/a/metrics.json")).unwrap();
    assert_eq!((a["parameters"].as_u64(), &a["test"]), (Some(82), &metrics["test"]));
    assert_eq!(
        (&a["best"]["epoch"], &a["best"]["figure"]),
        (&metrics["best"]["epoch"], &"valid.loss".into())
    );
    let test = |run: &str, name: &str| -> f64 {
        let text = folder.read(&format!("runs/deep/er/{run}/metrics.json"));
        serde_json::from_str::<Json>(&text).unwrap()["test"][name].as_f64().unwrap()
    };
    let mean = all.iter().find(|run| run["run"] == "runs/deep/er").unwrap()["test"]["loss"].as_f64().unwrap();
    assert!((mean - 0.5 * (test("seed-0", "loss") + test("seed-1", "loss"))).abs() < 1e-12);
    assert_eq!(json(&["runs", "runs/deep", "--json"]).len(), 1);
    let none = Folder::new(&[]);
    let said = none.run(&["runs"]) + &none.run(&["runs", "x"]) + &none.run(&["eval", "@last"]);
    insta::assert_snapshot!(said);
}

/// A run that ended early says so; one that cannot be read is named and the others are shown.
#[test]
fn broken_and_unfinished_runs_do_not_hide_others() {
    let folder = folder();
    std::fs::write(folder.path().join("runs/b/last.ckpt"), "mine").unwrap();
    std::fs::remove_file(folder.path().join("runs/a/metrics.json")).unwrap();
    let said = folder.run(&["runs"]);
    assert!(said.contains("runs/b is left out: ") && said.contains("not finished"), "{said}");
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// The newest is the one whose checkpoint was written last, and it is said which one it is.
#[test]
fn the_newest_run_has_a_name() {
    let folder = folder();
    for (args, line) in [
        (&["eval", "@last"][..], "test   200 rows"),
        (&["summary", "@last"], "runs/b · input x 2"),
        (&["plot", "@last", "--kind", "loss", "--csv"], "valid,6,"),
        (&["calibrate", "@last"], "temperature"),
    ] {
        let said = folder.run(args);
        assert!(said.contains("@last is runs/b\n") && said.contains(line), "{said}");
    }
    trained(&folder, &["m.net", "-o", "own"]);
    assert!(folder.run(&["eval", "@last"]).contains("@last is own\n"));
    // A folder of this name has a path of its own.
    trained(&folder, &["m.net", "-o", "./@last"]);
    assert!(folder.run(&["eval", "./@last"]).ends_with("--- exit 0\n"));
}

/// Of one net with itself nothing differs; of two the interval holds the difference, and its width is that of a mean of paired differences.
#[test]
fn nets_are_compared_row_by_row() {
    let folder = folder();
    let same = folder.run(&["compare", "runs/a", "runs/a"]);
    assert!(same.contains("nothing differs in what they were made of\n"), "{same}");
    assert!(differences(&same).iter().all(|(_, numbers)| numbers.iter().all(|x| *x == 0.0)), "{same}");
    let said = folder.run(&["compare", "runs/a", "runs/b"]);
    assert!(said.contains("A  runs/a  p=0.3\nB  runs/b  p=0\n"), "{said}");
    let ending =
        "interval over rows, of these two nets; for the method compare folders of `--seeds`\n--- exit 0\n";
    assert!(said.ends_with(ending) && said.contains("test part, 200 rows in pairs"), "{said}");
    assert_eq!(said, folder.run(&["compare", "runs/a", "runs/b"]), "the draws are addressed");
    assert_ne!(said, folder.run(&["compare", "runs/a", "runs/b", "--seed", "1"]));
    let found = folder.json(&["compare", "runs/a", "runs/b", "--json", "--draws", "20000"]);
    let figures = found["against"][0]["differences"]["figures"].as_array().unwrap();
    let figure = |name: &str, what: &str| -> f64 {
        figures.iter().find(|one| one["figure"] == name).unwrap()[what].as_f64().unwrap()
    };
    // Each row's surprise and whether it is right, of both nets.
    let rows = |run: &str| -> Vec<(f64, f64)> {
        let output = folder.command(&["eval", run, "--each", "test"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[cells.len() - 1].parse().unwrap(), f64::from(u8::from(cells[1] == cells[2])))
        };
        text.lines().skip(1).map(row).collect()
    };
    let pairs: Vec<(f64, f64)> =
        rows("runs/a").iter().zip(rows("runs/b")).map(|(a, b)| (b.0 - a.0, b.1 - a.1)).collect();
    assert_eq!(pairs.len(), 200);
    for (name, values) in [
        ("nll", pairs.iter().map(|pair| pair.0).collect::<Vec<f64>>()),
        ("accuracy", pairs.iter().map(|pair| pair.1).collect()),
    ] {
        let mean = values.iter().sum::<f64>() / 200.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 200.0;
        assert!((figure(name, "difference") - mean).abs() < 1e-5, "{name} {mean}");
        let theory = (variance / 200.0).sqrt();
        assert!((figure(name, "standard_error") / theory - 1.0).abs() < 0.03, "{name} {theory}");
        assert!(figure(name, "low") <= mean && mean <= figure(name, "high"), "{name}");
    }
}

/// What was changed in the text stands there line by line; of other rows nothing is subtracted; of several seeds the seeds are pairs.
#[test]
fn texts_rows_and_seeds_are_told_apart() {
    let folder = folder();
    trained(&folder, &["w.net", "-o", "wide"]);
    trained(&folder, &["fewer.net", "-o", "fewer"]);
    let wide = folder.run(&["compare", "runs/a", "wide"]);
    let change =
        "text of B against A\n  - dense 16 -> relu -> dropout p\n  + dense 32 -> relu -> dropout p\n";
    assert!(wide.contains(change), "{wide}");
    let fewer = folder.run(&["compare", "runs/a", "fewer"]);
    let why = "B less A: the test rows are not the same: there are 200 rows of one and 100 of the other\n";
    assert!(
        fewer.contains(why) && fewer.contains("test   loss") && differences(&fewer).is_empty(),
        "{fewer}"
    );
    trained(&folder, &["m.net", "--seeds", "3", "-o", "with"]);
    trained(&folder, &["m.net", "--set", "p=0", "--seeds", "3", "-o", "without"]);
    trained(&folder, &["m.net", "--set", "p=0", "--seed", "5", "--seeds", "2", "-o", "later"]);
    let found = folder.json(&["compare", "with", "without", "later", "--json"]);
    let loss = |run: &str, seed: u64| -> f64 {
        let text = folder.read(&format!("{run}/seed-{seed}/metrics.json"));
        serde_json::from_str::<Json>(&text).unwrap()["test"]["loss"].as_f64().unwrap()
    };
    let [paired, apart] = [0, 1].map(|i| {
        let all = found["against"][i]["differences"]["figures"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["figure"] == "loss").unwrap()
    });
    let each: Vec<f64> = (0..3).map(|seed| loss("without", seed) - loss("with", seed)).collect();
    let mean = each.iter().sum::<f64>() / 3.0;
    let error = (each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0 / 3.0).sqrt();
    assert!(
        (paired["difference"].as_f64().unwrap() - mean).abs() < 1e-9 && paired["paired"] == true,
        "{paired}"
    );
    assert!((paired["standard_error"].as_f64().unwrap() - error).abs() < 1e-9, "{paired}");
    // The quantile of two degrees of freedom.
    assert!((paired["high"].as_f64().unwrap() - mean - 4.302_652_7 * error).abs() < 1e-8, "{paired}");
    let means = (loss("later", 5) + loss("later", 6)) / 2.0
        - (0..3).map(|seed| loss("with", seed)).sum::<f64>() / 3.0;
    assert!(
        (apart["difference"].as_f64().unwrap() - means).abs() < 1e-9 && apart["paired"] == false,
        "{apart}"
    );
    let one = folder.run(&["compare", "runs/b", "with"]);
    assert!(
        one.contains("one pair of nets with the same seed")
            && one.contains("of one pair there is no interval"),
        "{one}"
    );
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = folder();
    let numbers =
        MOONS.replace("output moon: class[2]", "output moon: real[1]").replace("dense 2\n", "dense 1\n");
    let numbers = numbers.replace("cross_entropy", "squared_error").replace("report accuracy", "report rmse");
    std::fs::write(folder.path().join("n.net"), numbers).unwrap();
    trained(&folder, &["n.net", "-o", "numbers"]);
    let said = folder.run(&["compare", "runs/a", "numbers"])
        + &folder.run(&["compare", "runs/a"])
        + &folder.run(&["compare", "runs/a", "m.net"]);
    insta::assert_snapshot!(said);
}
