use serde_json::Value as Json;

use crate::support::Folder;

const NET: &str = "\
edition 1

param p = 0.1
param width = 16

data {
  source friedman, rows=240, noise=1, seed=3
  split folds=3, valid=25%
  normalize inputs, target
  batch 32
}

net {
  input x: real[10]
  dense width -> relu -> dropout p
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 15
}

predict {
  mc_dropout samples=30, seed=1
  interval 90%, precision=0.5
}

sweep {
  vary p, [0, 0.1, 0.3]
  goal max, valid.log_likelihood
}
";

/// Results depend on neither the number of jobs nor on where an earlier attempt stopped.
#[test]
fn results_are_the_same_for_any_number_of_jobs_and_after_a_stop() {
    let folder = Folder::new(&[("m.net", NET)]);
    let run = |out: &str, more: &[&str]| {
        folder.json(&[&["experiment", "m.net", "--json", "-o", out], more].concat())
    };
    let one = run("one", &["--jobs", "1", "--seeds", "2"]);
    assert_eq!(one, run("three", &["--jobs", "3", "--seeds", "2"]));
    let record = folder.read("one/experiment.jsonl");
    assert_eq!(record.lines().count(), 1 + 3 * 2 * (3 + 1));
    // As if it had been stopped in the middle of a line.
    std::fs::create_dir(folder.path().join("two")).unwrap();
    std::fs::write(folder.path().join("two/experiment.jsonl"), &record[..record.len() / 2]).unwrap();
    assert_eq!(one, run("two", &["--seeds", "2", "--resume"]));
    assert_eq!(folder.read("two/experiment.jsonl").lines().count(), record.lines().count());
}

/// The chosen point is the one whose recorded goal is the highest, and what is tested was trained on more rows than what was validated.
#[test]
fn the_best_by_validation_is_tested() {
    let folder = Folder::new(&[("m.net", NET)]);
    let report = folder.json(&["experiment", "m.net", "--json", "-o", "e"]);
    let lines: Vec<Json> =
        folder.read("e/experiment.jsonl").lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    let runs = report["arms"][0]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let searched =
            lines.iter().filter(|l| l["trial"]["phase"] == "search" && l["trial"]["split"] == run["split"]);
        let goal = |line: &&Json| line["found"]["valid.mc.log_likelihood"].as_f64().unwrap();
        let best = searched.clone().max_by(|a, b| goal(a).total_cmp(&goal(b))).unwrap();
        assert_eq!(run["chosen"][0][1], best["trial"]["set"]["p"]);
        assert_eq!(searched.count(), 3);
        let names: Vec<&String> = run["figures"].as_object().unwrap().keys().collect();
        // Of the rows that were fitted and of those that were tested; there are no others left.
        assert!(
            names.iter().all(|name| name.starts_with("test.") || name.starts_with("train.")),
            "{names:?}"
        );
        assert!(names.iter().any(|name| *name == "train.rmse"), "{names:?}");
    }
    let mean = report["arms"][0]["figures"]["test.rmse"]["mean"].as_f64().unwrap();
    let each: Vec<f64> = runs.iter().map(|run| run["figures"]["test.rmse"].as_f64().unwrap()).collect();
    assert!((mean - each.iter().sum::<f64>() / 3.0).abs() < 1e-12);
}

#[test]
fn settings_are_compared_in_pairs() {
    let folder = Folder::new(&[("m.net", NET)]);
    let args = ["experiment", "m.net", "-q", "-o", "e", "--compare", "width=4,16"];
    let said = folder.run(&args);
    for part in ["m.net · 3 divisions · 1 seed", "width=4\n", "width=16 less width=4, in pairs", "chosen: p="]
    {
        assert!(said.contains(part), "{said}");
    }
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = Folder::new(&[("m.net", NET), ("n.net", &NET.replace("folds=3, ", ""))]);
    let mut text = folder.run(&["experiment", "m.net", "-o", "e", "--compare", "q=1,2"]);
    text += &folder.run(&["experiment", "m.net", "-o", "e", "--compare", "p=0,0.5"]);
    text += &folder.run(&["experiment", "m.net", "-o", "e", "--compare", "width=4"]);
    text += &folder.run(&["experiment", "m.net", "-o", "e", "--resume"]);
    text += &folder.run(&["experiment", "m.net", "-o", "e", "--splits", "4"]);
    text += &folder.run(&["experiment", "n.net", "-q", "-o", "n"]);
    text += &folder.run(&["experiment", "n.net", "-q", "-o", "n", "--splits", "3"]);
    folder.run(&["experiment", "m.net", "-q", "-o", "f", "--splits", "1"]);
    text += &folder.run(&["experiment", "m.net", "-o", "f"]);
    text += &folder.run(&["experiment", "m.net", "-o", "f", "--resume", "--set", "width=4"]);
    insta::assert_snapshot!(text);
}

const SEARCHED: &str = "\
data {
  source moons, rows=240, noise=0.3, seed=1
  split train=120, valid=60, test=60
  batch 20
}

param lr = 0.01
param width = 8

net {
  input x: real[2]
  dense width -> relu -> dropout 0.2
  dense 2
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=lr
  epochs 8
}

sweep {
  vary lr, 1e-5..1, scale=log
  vary width, 4..32, step=4
  search tpe, trials=22, seed=3
  prune median, after=2epochs
  goal min, valid.loss
}
";

/// A search that learns and gives up is the same for any number of jobs and after a stop; what it gives up it does not choose.
#[test]
fn a_search_that_learns_does_not_depend_on_jobs() {
    let folder = Folder::new(&[("m.net", SEARCHED)]);
    let run = |out: &str, more: &[&str]| {
        folder.json(&[&["experiment", "m.net", "--json", "--seeds", "2", "-o", out], more].concat())
    };
    let one = run("one", &["--jobs", "1"]);
    assert_eq!(one, run("five", &["--jobs", "5"]));
    let record = folder.read("one/experiment.jsonl");
    assert_eq!(record.lines().count(), 1 + 2 * (22 + 1));
    std::fs::create_dir(folder.path().join("two")).unwrap();
    std::fs::write(folder.path().join("two/experiment.jsonl"), &record[..2 * record.len() / 3]).unwrap();
    assert_eq!(one, run("two", &["--resume"]));
    let lines: Vec<Json> = record.lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    let pruned: Vec<&Json> = lines.iter().filter(|l| l["pruned"] == true).collect();
    assert!((4..40).contains(&pruned.len()), "{}", pruned.len());
    let curve = |line: &Json| line["curve"].as_array().map_or(0, Vec::len);
    assert!(pruned.iter().all(|l| (2..8).contains(&curve(l))));
    let whole = lines.iter().filter(|l| l["trial"]["phase"] == "search" && l["pruned"] == false);
    assert!(whole.clone().all(|l| curve(l) == 8));
    // The best of all that came to their end.
    let loss = |l: &&Json| l["found"]["valid.loss"].as_f64().unwrap();
    let best = whole.min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
    assert_eq!(one["best"]["value"]["mean"], best["found"]["valid.loss"]);
    let width: u32 = best["trial"]["set"]["width"].as_str().unwrap().parse().unwrap();
    assert!(width.is_multiple_of(4));
}

/// `best.net` is the file with the values that won: trained, it is the trial that won.
#[test]
fn the_best_file_is_the_best_trial() {
    let folder = Folder::new(&[("m.net", SEARCHED)]);
    let said = folder.run(&["experiment", "m.net", "-q", "-o", "e"]);
    insta::assert_snapshot!(said);
    let report = folder.json(&["experiment", "m.net", "--json", "-o", "e", "--resume"]);
    assert!(folder.run(&["fmt", "--check", "e/best.net"]).ends_with("--- exit 0\n"));
    folder.run(&["train", "e/best.net", "-q", "-o", "r"]);
    let log = folder.read("r/log.jsonl");
    let last: Json = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    let (loss, best) = (&last["valid"]["loss"], &report["best"]["value"]["mean"]);
    assert!((loss.as_f64().unwrap() - best.as_f64().unwrap()).abs() < 1e-6, "{loss} {best}");
}

/// A net that fits a precision on validation rows while it trains keeps them for its last training too, also where its file divides none off.
#[test]
fn a_net_that_needs_its_validation_rows_keeps_them() {
    let net = NET
        .replace("folds=3, valid=25%", "test=25%")
        .replace("goal max, valid.log_likelihood", "goal min, valid.loss")
        .replace("  epochs 15", "  epochs 15\n  penalize l2, bayes_decay(length_scale=1, precision=fit)");
    let folder = Folder::new(&[("m.net", &net)]);
    let report = folder.json(&["sweep", "m.net", "--json", "-o", "e"]);
    let tested = report["arms"][0]["runs"][0]["figures"]["test.rmse"].as_f64().unwrap();
    // The targets have a spread of 5.
    assert!(tested < 4.5, "{report}");
    assert_eq!(folder.read("e/experiment.jsonl").lines().count(), 1 + 3 + 1);
}

/// All trials diverged, or the only one: the exit code of divergence, and a way out.
#[test]
fn divergence_of_all_trials_is_exit_4() {
    let alone = SEARCHED.split("sweep {").next().unwrap();
    let wild = "  vary lr, [1e25, 1e28]\n  goal min, valid.loss\n}\n";
    let folder = Folder::new(&[
        ("all.net", &format!("{alone}sweep {{\n{wild}")),
        ("one.net", &alone.replace("param lr = 0.01", "param lr = 1e25")),
    ]);
    let help = "help: a smaller `lr`, or `clip_norm=1` on the optimizer, usually cures it\n--- exit 4\n";
    let all = folder.run(&["sweep", "all.net", "-q", "-o", "a"]);
    assert!(all.contains("error: all 2 trials of division 0 diverged\n") && all.ends_with(help), "{all}");
    let one = folder.run(&["experiment", "one.net", "-q", "-o", "o"]);
    assert!(
        one.contains("error: training diverged in epoch 1, step ")
            && one.contains(", of division 0, seed 0\n")
            && one.ends_with(help),
        "{one}"
    );
}

/// A second process does not write into a record that another one writes; what a killed one left of its first line is no record.
#[test]
fn a_record_has_one_writer() {
    let folder = Folder::new(&[("m.net", NET)]);
    let begin = ["experiment", "m.net", "-q", "-o", "e", "--splits", "1"];
    let guard = dropnet::internal::run::Guard::take(&folder.path().join("e")).unwrap();
    std::fs::write(folder.path().join("e/experiment.jsonl"), "").unwrap();
    let busy = format!("error: another dropnet (process {}) writes to e\n", std::process::id());
    for args in [&begin[..], &[&begin[..], &["--resume"]].concat()] {
        let said = folder.run(args);
        assert!(said.contains(&busy) && said.ends_with("--- exit 3\n"), "{said}");
    }
    drop(guard);
    let begun = folder.run(&[&begin[..], &["--resume"]].concat());
    assert!(begun.ends_with("--- exit 0\n"), "{begun}");
    let record = folder.read("e/experiment.jsonl");
    assert_eq!(record.lines().count(), 1 + 3 + 1);
    std::fs::create_dir(folder.path().join("f")).unwrap();
    std::fs::write(folder.path().join("f/experiment.jsonl"), &record[..20]).unwrap();
    let begun = folder.run(&["experiment", "m.net", "-q", "-o", "f", "--splits", "1"]);
    assert!(begun.ends_with("--- exit 0\n"), "{begun}");
    // Trials that run side by side end in any order.
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&folder.read("f/experiment.jsonl")), sorted(&record));
}

/// What the page on sweeps shows is what its file gives.
#[test]
fn the_page_on_sweeps_shows_what_comes_out() {
    let page = include_str!("../../docs/SWEEPS.md");
    let block =
        |from: &str| page.split(from).nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let folder = Folder::new(&[("moons.net", block("```net\n"))]);
    let said = folder.run(&["sweep", "moons.net", "-o", "runs/moons"]);
    let shown = block("```text\n$ dropnet sweep moons.net -o runs/moons\n");
    // Talk and data are two streams: the lines are the same, their order is not.
    let sorted = |text: &str| {
        let mut lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("$ ")).collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    assert_eq!(sorted(&said), sorted(shown));
    assert!(folder.run(&["train", "runs/moons/best.net", "-q", "-o", "r"]).ends_with("--- exit 0\n"));
}

/// The sample of the language's own pages: a search by sampled likelihood, on rows that its file does not divide off.
#[test]
fn a_table_is_searched_as_the_language_says() {
    let sample = include_str!("../samples/c_uci_mc_dropout.net");
    let short =
        sample.replace("epochs 4000", "epochs 5").replace("trials=40", "trials=12").replace("1000", "20");
    let cells = |i: u32| (0..8).map(|j| format!("{},", (i * (j + 3)) % 17)).collect::<String>();
    let rows = (0..150).map(|i| format!("{}{}\n", cells(i), (i * 7) % 23));
    let table = "a,b,c,d,e,f,g,h,y\n".to_string() + &rows.collect::<String>();
    let folder = Folder::new(&[("c.net", &short), ("concrete.csv", &table)]);
    assert!(folder.run(&["check", "c.net"]).ends_with("--- exit 0\n"));
    let report = folder.json(&["sweep", "c.net", "--json", "--splits", "2", "-o", "e"]);
    assert_eq!(report["arms"][0]["runs"].as_array().unwrap().len(), 2);
    assert_eq!(report["tried"].as_array().unwrap().len(), 24);
    assert_eq!(report["tried"][0]["goal"], "valid.log_likelihood");
    let coverage = report["arms"][0]["figures"]["test.mc.coverage"]["mean"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&coverage));
}

/// Fewer points than trials: a point that comes again has the result it had, in the run and after a resume, and is recorded once.
#[test]
fn points_that_come_again_are_not_tried_again() {
    let net = SEARCHED
        .replace(
            "vary lr, 1e-5..1, scale=log\n  vary width, 4..32, step=4",
            "vary lr, [1e-4, 1e-2, 1]\n  vary width, [4, 8]",
        )
        .replace("trials=22", "trials=40");
    let folder = Folder::new(&[("m.net", &net)]);
    let whole = folder.json(&["sweep", "m.net", "--json", "-o", "one", "--jobs", "1"]);
    let record = folder.read("one/experiment.jsonl");
    assert!(record.lines().count() <= 1 + 6 + 1, "{record}");
    let trials = whole["tried"].as_array().unwrap().iter().map(|one| one["trials"].as_u64().unwrap());
    assert_eq!(trials.sum::<u64>(), 40);
    std::fs::create_dir(folder.path().join("two")).unwrap();
    std::fs::write(folder.path().join("two/experiment.jsonl"), &record[..record.len() / 2]).unwrap();
    assert_eq!(whole, folder.json(&["sweep", "m.net", "--json", "-o", "two", "--resume", "--jobs", "4"]));
}

/// A net whose `batch_norm` wants two rows in every minibatch.
const NORMED: &str = "\
param p = 0

data {
  source moons, rows=60, noise=0.2
  split train=32, valid=17, test=11
  batch 16
}

net {
  input x: real[2]
  dense 8, bias=false -> batch_norm -> relu -> dropout p
  dense 2
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 2
}
";

/// Every number of rows that will be fitted is looked at before the first trial, and by `check --data`: 51 of the folds' 51 and 52 rows, and the
/// 49 on which the winner of a sweep is trained.
#[test]
fn rows_that_cannot_be_fitted_are_found_before_the_first_trial() {
    let sweep = format!("{NORMED}\nsweep {{\n  vary p, [0, 0.1]\n  goal min, valid.loss\n}}\n");
    let folds = NORMED.replace("train=32, valid=17, test=11", "folds=7").replace("batch 16", "batch 25");
    let one = NORMED.replace("train=32, valid=17", "train=33, valid=16");
    let folder =
        Folder::new(&[("sweep.net", &sweep), ("folds.net", &folds), ("one.net", &one), ("good.net", NORMED)]);
    let mut text = String::new();
    for net in ["sweep.net", "folds.net"] {
        text += &folder.run(&["experiment", net, "-o", "e", "--jobs", "1"]);
        text += &folder.run(&["check", "--data", net]);
    }
    text += &folder.run(&["check", "--data", "one.net"]);
    text += &folder.run(&["train", "one.net", "-o", "r"]);
    assert!(!folder.path().join("e").exists() && !folder.path().join("r").exists());
    assert!(folder.run(&["train", "good.net", "-q", "-o", "r"]).ends_with("--- exit 0\n"));
    insta::assert_snapshot!(text);
}

/// A search draws points that nobody wrote: those that leave a minibatch of one row, of the 50 that are fitted or the 58 on which the winner is
/// trained, are passed over, and no others.
#[test]
fn a_drawn_point_that_cannot_be_fitted_is_passed_over() {
    let net = |range: &str, search: &str| {
        let net = NORMED.replace("param p = 0", "param bs = 20").replace(" -> dropout p", "");
        let net = net.replace("rows=60", "rows=70").replace("batch 16", "batch bs");
        let net = net
            .replace("train=32, valid=17, test=11", "train=50, valid=8, test=12")
            .replace("epochs 2", "epochs 1");
        format!(
            "{net}\nsweep {{\n  vary bs, {range}, step=1\n  search {search}, seed=1\n  goal min, valid.loss\n}}\n"
        )
    };
    let none = net("47..51", "random, trials=3").replace("47..51, step=1", "[49]");
    let folder = Folder::new(&[
        ("tpe.net", &net("47..51", "tpe, trials=24")),
        ("random.net", &net("47..51", "random, trials=24")),
        ("last.net", &net("55..58", "tpe, trials=24")),
        ("none.net", &none),
    ]);
    for (file, bs, rows) in [("tpe", "49", "50"), ("random", "49", "50"), ("last", "57", "58")] {
        let net = format!("{file}.net");
        let said = folder.run(&["sweep", &net, "-o", file, "--jobs", "2", "-v"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let why = format!(
            "[E0539]: `batch_norm_1` needs at least two rows in every minibatch; {rows} training rows in minibatches of {bs} leave one for the last; "
        );
        assert!(
            said.contains(&format!("passed over, for they cannot be fitted: 1; bs={bs}: {why}")),
            "{said}"
        );
        assert!(said.contains(&format!("bs={bs}  passed over: {why}")), "{said}");
        let record = folder.read(&format!("{file}/experiment.jsonl"));
        for line in record.lines().skip(1).map(|line| serde_json::from_str::<Json>(line).expect("JSON")) {
            assert_eq!(line["refused"].is_string(), line["trial"]["set"]["bs"] == bs, "{line}");
            assert_eq!(line["found"].as_object().expect("figures").is_empty(), line["refused"].is_string());
        }
        let again = folder.run(&["sweep", &net, "-o", file, "--resume", "--json"]);
        assert!(again.contains("\"refused\":") && again.ends_with("--- exit 0\n"), "{again}");
    }
    let said = folder.run(&["sweep", "none.net", "-o", "none"]);
    assert!(said.contains("error[E0539]: ") && said.ends_with("--- exit 3\n"), "{said}");
    assert!(!folder.path().join("none").exists());
}

/// What does not differ is not counted twice: divisions to which chance adds nothing, and equal settings.
#[test]
fn copies_are_no_replicates() {
    let plain = NORMED.replace(" -> batch_norm", "");
    let split = |split: &str| plain.replace("train=32, valid=17, test=11", split);
    let ordered = split("test=20%, shuffle=false");
    let tail = split("valid=tail 20%, test=20%, shuffle=false");
    let repeats = split("folds=9, test=20%, shuffle=false");
    let own = split("valid=2")
        .replace("source moons, rows=60, noise=0.2", "source idx, \"m\"")
        .replace("real[2]", "real[1, 2, 1]")
        .replace("dense 8", "flatten -> dense 8");
    let folder = Folder::new(&[
        ("ordered.net", &ordered),
        ("tail.net", &tail),
        ("repeats.net", &repeats),
        ("own.net", &own),
        ("folds.net", &split("folds=3, shuffle=false")),
        ("random.net", &split("valid=20%, test=20%")),
    ]);
    std::fs::create_dir(folder.path().join("m")).unwrap();
    for part in ["train", "t10k"] {
        let images = [vec![0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2], (0..16).collect()].concat();
        let labels = [vec![0, 0, 8, 1, 0, 0, 0, 8], vec![0, 1, 0, 1, 1, 0, 1, 0]].concat();
        std::fs::write(folder.path().join(format!("m/{part}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.path().join(format!("m/{part}-labels-idx1-ubyte")), labels).unwrap();
    }
    for net in ["ordered", "tail", "repeats", "own"] {
        let said = folder.run(&["experiment", &format!("{net}.net"), "-o", net, "--splits", "3"]);
        assert!(
            said.contains("--splits 3: every division holds the same rows") && said.ends_with("exit 2\n"),
            "{said}"
        );
        assert!(!folder.path().join(net).exists());
        assert!(
            folder
                .run(&["experiment", &format!("{net}.net"), "-q", "-o", net, "--splits", "1"])
                .ends_with("exit 0\n")
        );
    }
    for net in ["folds", "random"] {
        let said = folder.run(&["experiment", &format!("{net}.net"), "-q", "-o", net, "--splits", "3"]);
        assert!(said.contains("3 divisions") && said.ends_with("exit 0\n"), "{said}");
    }
    let said = folder.run(&["experiment", "random.net", "-o", "same", "--compare", "p=0.1,1e-1"]);
    assert!(said.contains("`p=0.1` and `p=1e-1` set the same") && said.ends_with("exit 2\n"), "{said}");
}

#[test]
fn index_files_that_name_the_same_rows_are_one_division() {
    let rows: String = (0..12).map(|i| format!("{i},{},{}\n", i % 5, i % 2)).collect();
    let net = NORMED
        .replace(" -> batch_norm", "")
        .replace("moons, rows=60, noise=0.2", "csv, \"t.csv\", header=false")
        .replace("train=32, valid=17, test=11", "given=\"index\", number=0");
    let (train, test) = ("0\n1\n2\n3\n4\n5\n", "6\n7\n8\n");
    let folder = Folder::new(&[
        ("m.net", &net),
        ("t.csv", &rows),
        ("index_train_0.txt", train),
        ("index_test_0.txt", test),
        ("index_train_1.txt", test),
        ("index_test_1.txt", train),
        ("index_train_2.txt", "5\n4\n3\n2\n1\n0\n"),
        ("index_test_2.txt", test),
    ]);
    let said = folder.run(&["experiment", "m.net", "-o", "e", "--splits", "3"]);
    assert!(said.contains("divisions 0 and 2 hold the same rows") && said.ends_with("exit 2\n"), "{said}");
    assert!(folder.run(&["experiment", "m.net", "-q", "-o", "e", "--splits", "2"]).ends_with("exit 0\n"));
}

/// Each division has a training part of its own, and what is computed once of it changes no figure.
#[test]
fn a_frozen_stem_is_computed_anew_for_each_division() {
    let net = NET.replace(
        "  dense width -> relu",
        "  stem: dense 64 -> relu -> dense 32 -> relu\n  dense width -> relu",
    );
    let net = net.replace("epochs 15", "epochs 4\n  freeze stem");
    let report = |limit: &str| {
        let net = net.replace("batch 32", &format!("batch 32\n  prefix_limit {limit}"));
        let folder = Folder::new(&[("m.net", &net)]);
        folder.json(&["experiment", "m.net", "--json", "-o", "e", "--jobs", "2"])["arms"].clone()
    };
    assert_eq!(report("2GB"), report("off"));
}

/// A net whose experiments take a moment, with words and numbers to compare.
const SHORT: &str = "\
param p = 0.1
param width = 8

data {
  source friedman, rows=120, noise=1, seed=3
  split folds=3, valid=25%
  normalize inputs, target
  batch 32
}

net {
  input x: real[10]
  dense round(width / (1 - p)) -> relu -> dropout p
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 3
  report rmse
}
";

/// Two params at once: every combination, each value against the one of reference with all else equal, and every trial in the table.
#[test]
fn two_params_are_compared_with_all_else_equal() {
    let folder = Folder::new(&[("m.net", SHORT)]);
    let args = [
        "experiment",
        "m.net",
        "-q",
        "-o",
        "e",
        "--compare",
        "p=0,0.5",
        "--compare",
        "width=4,8,16",
        "--against",
        "width=8",
    ];
    let report = folder.json(&[&args[..], &["--json"]].concat());
    assert_eq!(report["arms"].as_array().unwrap().len(), 6);
    let pair = |one: &Json| {
        let name = |set: &Json| {
            let pairs = set.as_array().unwrap().iter().map(|pair| pair[1].as_str().unwrap().to_string());
            pairs.collect::<Vec<_>>().join("/")
        };
        format!("{}-{}", name(&one["set"]), name(&one["less"]))
    };
    let pairs: Vec<String> = report["differences"].as_array().unwrap().iter().map(pair).collect();
    let expected =
        ["0.5/4-0/4", "0.5/8-0/8", "0.5/16-0/16", "0/4-0/8", "0/16-0/8", "0.5/4-0.5/8", "0.5/16-0.5/8"];
    assert_eq!(pairs, expected);
    let mean = |arm: usize| report["arms"][arm]["figures"]["test.rmse"]["mean"].as_f64().unwrap();
    let first = &report["differences"][0]["figures"]["test.rmse"];
    assert!((first["mean"].as_f64().unwrap() - (mean(3) - mean(0))).abs() < 1e-12, "{first}");
    assert_eq!(first["count"], 3);
    assert!(
        first["low"].as_f64() < first["mean"].as_f64() && first["mean"].as_f64() < first["high"].as_f64()
    );
    let csv = folder.run(&[&args[..], &["--csv", "--resume"]].concat());
    let lines: Vec<&str> = csv.lines().skip_while(|line| !line.starts_with("p,width,")).collect();
    assert_eq!(lines[0], "p,width,division,seed,phase,given_up,test.loss,test.rmse,train.loss,train.rmse");
    assert_eq!(lines.iter().filter(|line| line.contains(",test,false,")).count(), 6 * 3, "{csv}");
    let mut refused =
        folder.run(&["experiment", "m.net", "-o", "f", "--compare", "p=0,0.5", "--against", "p=0.3"]);
    refused += &folder.run(&["experiment", "m.net", "-o", "f", "--compare", "p=0,0.5", "--compare", "p=1,2"]);
    refused += &folder.run(&["experiment", "m.net", "-o", "f", "--against", "p=0"]);
    insta::assert_snapshot!(refused);
}

/// Two files, division by division: what is subtracted is what each comes to by itself.
#[test]
fn two_files_are_compared_in_pairs() {
    let other = SHORT.replace("adam, lr=0.01", "sgd, lr=0.05");
    let rows = SHORT.replace("rows=120", "rows=90");
    let folder = Folder::new(&[("a.net", SHORT), ("b.net", &other), ("rows.net", &rows)]);
    let report = folder.json(&["experiment", "a.net", "b.net", "--json", "-o", "both", "--seeds", "2"]);
    let alone = |file: &str| {
        folder.json(&["experiment", file, "--json", "-o", file.split('.').next().unwrap(), "--seeds", "2"])
    };
    let (a, b) = (alone("a.net"), alone("b.net"));
    assert_eq!(report["arms"][0]["figures"], a["arms"][0]["figures"]);
    assert_eq!(report["arms"][1]["figures"], b["arms"][0]["figures"]);
    assert_eq!(
        (&report["arms"][1]["file"], &report["differences"][0]["less_file"]),
        (&"b.net".into(), &"a.net".into())
    );
    let mean = |report: &Json| report["arms"][0]["figures"]["test.rmse"]["mean"].as_f64().unwrap();
    let difference = report["differences"][0]["figures"]["test.rmse"]["mean"].as_f64().unwrap();
    assert!((difference - (mean(&b) - mean(&a))).abs() < 1e-12);
    let said = folder.run(&["experiment", "a.net", "b.net", "-q", "-o", "again", "--against", "b.net"]);
    assert!(said.contains("a.net less b.net, in pairs\n"), "{said}");
    let apart = folder.run(&["experiment", "a.net", "rows.net", "-o", "apart"]);
    assert!(
        apart.contains("the files are not compared in pairs") && !apart.contains("in pairs\n"),
        "{apart}"
    );
    let same = folder.run(&["experiment", "a.net", "a.net", "-o", "same"]);
    assert!(same.contains("are the same text") && same.ends_with("--- exit 2\n"), "{same}");
    let text = folder.run(&["plot", "both", "--text"]);
    assert!(text.contains("across: file (0: a.net, 1: b.net)"), "{text}");
}

/// Shards leave what one process leaves: the same table, record and best net, however many there are and in whatever order; what is missing is said.
#[test]
fn shards_make_the_table_of_one_process() {
    let sweep = format!("{SHORT}\nsweep {{\n  vary width, [4, 8]\n  goal min, valid.loss\n}}\n");
    let learning = SHORT.to_string()
        + "\nsweep {\n  vary width, 4..16, step=4\n  search tpe, trials=6\n  prune median, after=1epochs\n  goal min, valid.loss\n}\n";
    let folder = Folder::new(&[("plain.net", SHORT), ("sweep.net", &sweep), ("learning.net", &learning)]);
    for (file, more, shards) in [
        ("plain.net", &["--compare", "p=0,0.5", "--seeds", "2"][..], 5),
        ("sweep.net", &["--seeds", "2"], 4),
        ("learning.net", &[], 2),
    ] {
        let (one, parts) = (format!("{file}-one"), format!("{file}-parts"));
        let run = |out: &str, args: &[&str]| {
            folder.run(&[&["experiment", file, "-q", "-o", out], more, args].concat())
        };
        let whole = run(&one, &["--jobs", "1"]);
        let early = run(&parts, &["--collect"]);
        assert!(early.contains("holds no record to collect") && early.ends_with("--- exit 3\n"), "{early}");
        let mut missing = String::new();
        // Tests wait for points of others: a second round does them, and one of another number of shards goes on where the first stopped.
        for round in 0..2 {
            for index in (1..=shards).rev() {
                let said = run(&parts, &["--shard", &format!("{index}/{shards}")]);
                assert!(said.ends_with("--- exit 0\n"), "{said}");
                if round == 0 && index == 2 {
                    missing = run(&parts, &["--collect"]);
                }
            }
        }
        assert!(missing.contains("missing: ") && missing.ends_with("--- exit 3\n"), "{missing}");
        let table = |said: &str| said.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(table(&run(&parts, &["--collect"])), table(&whole), "{file}");
        let record = |out: &str| {
            let text = folder.read(&format!("{out}/experiment.jsonl"));
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(record(&parts), record(&one), "{file}");
        if file != "plain.net" {
            assert_eq!(folder.read(&format!("{parts}/best.net")), folder.read(&format!("{one}/best.net")));
        }
        // Nothing is done twice.
        let again = folder.run(&[&["experiment", file, "-o", &parts, "--shard", "1/7"], more].concat());
        assert!(again.ends_with("--- exit 0\n"), "{again}");
        let own = folder.read(&format!("{parts}/record.1-of-7.jsonl"));
        assert_eq!(own.lines().count(), 1, "{own}");
    }
    let list = folder.run(&["experiment", "plain.net", "-o", "x y", "--list", "2"]);
    assert!(list.contains("\ndropnet experiment plain.net -o 'x y' --shard 1/2\ndropnet experiment plain.net -o 'x y' --shard 2/2\n"), "{list}");
    let mut task = folder.command(&["experiment", "plain.net", "-o", "slurm"]);
    task.env("SLURM_ARRAY_TASK_ID", "7").env("SLURM_ARRAY_TASK_COUNT", "3").env("SLURM_ARRAY_TASK_MIN", "6");
    let said = String::from_utf8(task.output().unwrap().stderr).unwrap();
    assert!(
        said.contains("shard 2/3, as SLURM_ARRAY_TASK_ID says\n")
            && said.contains("shard 2/3: 1 trial recorded"),
        "{said}"
    );
    let wrong = folder.run(&["experiment", "plain.net", "-o", "x", "--shard", "4/3"]);
    assert!(wrong.contains("expected I/N") && wrong.ends_with("--- exit 2\n"), "{wrong}");
}

/// The record draws a figure over a param, and where epochs were recorded the course of each setting.
#[test]
fn an_experiment_is_drawn() {
    let folder = Folder::new(&[("m.net", SHORT)]);
    let args = ["experiment", "m.net", "-q", "-o", "e", "--compare", "p=0,0.5", "--compare", "width=4,8"];
    let report = folder.json(&[&args[..], &["--json"]].concat());
    let csv = folder.run(&["plot", "e", "--csv", "--over", "p"]);
    let mean = &report["arms"][3]["figures"]["test.rmse"];
    assert!(csv.contains(&format!("\nwidth=8,0.5,{},,\n", mean["mean"])), "{csv} {mean}");
    let bar = csv.lines().find(|line| line.starts_with("\"width=8, standard error\",0.5,,")).unwrap();
    let ends: Vec<f64> = bar.rsplit(',').take(2).map(|x| x.parse().unwrap()).collect();
    assert!((0.5 * (ends[0] - ends[1]) - mean["standard_error"].as_f64().unwrap()).abs() < 1e-12, "{bar}");
    let table = folder.run(&[&args[..], &["--resume", "--table", "test.rmse"]].concat());
    let lines: Vec<Vec<&str>> = table.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["test.rmse", "width=4", "width=8"], "{table}");
    assert_eq!((lines[1][0], lines[2][0]), ("p=0", "p=0.5"), "{table}");
    let [said, error] = [lines[2][4], lines[2][6]].map(|cell| cell.parse::<f64>().unwrap());
    assert!((said / mean["mean"].as_f64().unwrap() - 1.0).abs() < 1e-3, "{table} {mean}");
    assert!((error / mean["standard_error"].as_f64().unwrap() - 1.0).abs() < 1e-3, "{table} {mean}");
    let none = folder.run(&[&args[..], &["--resume", "--table", "test.f1"]].concat());
    assert!(
        none.contains("help: it has test.loss, test.rmse, train.loss, train.rmse\n--- exit 2\n"),
        "{none}"
    );
    let none = folder.run(&["plot", "e", "--kind", "training"]);
    assert!(
        none.contains("the figures of epochs were not recorded\nhelp: ") && none.ends_with("--- exit 3\n"),
        "{none}"
    );
    let said = folder.run(&[&args[..], &["--resume", "--record", "epochs"]].concat());
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let curves = folder.run(&["plot", "e", "--kind", "training", "--csv"]);
    assert!(curves.contains("Loss,\"p=0, width=4: train, mean of 3 runs\",3,"), "{curves}");
    assert_eq!(
        report,
        folder.json(&[&args[..], &["--json", "--resume"]].concat()),
        "what is recorded changes no figure"
    );
    assert!(folder.run(&["plot", "e"]).contains("<svg"));
    let mut refused = folder.run(&["plot", "e", "--figure", "test.f1"]);
    refused += &folder.run(&["plot", "e", "--over", "q"]);
    refused += &folder.run(&["plot", "e", "--kind", "weights"]);
    refused += &folder.run(&["plot", "e", "--samples", "3"]);
    insta::assert_snapshot!(refused);
}

/// What is tested is trained on the rows that `train` has; without `--keep-valid` on those of validation too.
#[test]
fn validation_rows_are_kept_where_that_is_asked_for() {
    let net =
        SHORT.replace("folds=3, valid=25%", "valid=25%, test=25%").replace("  epochs", "  seed 5\n  epochs");
    let watching = net.replace("  epochs", "  stop_early patience=3\n  epochs");
    let folder = Folder::new(&[("m.net", &net), ("watching.net", &watching)]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run", "--threads", "1"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let test: Json = serde_json::from_str(&folder.read("run/metrics.json")).expect("JSON");
    let loss = |more: &[&str], out: &str| -> f64 {
        let report = folder.json(&[&["experiment", "m.net", "--json", "-o", out], more].concat());
        report["arms"][0]["figures"]["test.loss"]["mean"].as_f64().expect("a figure")
    };
    assert_eq!(loss(&["--keep-valid"], "kept"), test["test"]["loss"].as_f64().expect("a figure"));
    assert_ne!(loss(&[], "all"), loss(&["--keep-valid", "--resume"], "kept"));
    let refused = folder.run(&["experiment", "m.net", "-o", "kept", "--resume"])
        + &folder.run(&["experiment", "watching.net", "--keep-valid", "-o", "watching"]);
    assert!(refused.contains("one of the two has `--keep-valid`"), "{refused}");
    assert!(refused.contains("the net watches its validation rows, and keeps them"), "{refused}");
    std::fs::write(folder.path().join("none.net"), net.replace("valid=25%, ", "")).expect("a file");
    let none = folder.run(&["experiment", "none.net", "--keep-valid", "-o", "none"]);
    assert!(none.contains("the data have no validation part"), "{none}");
}
