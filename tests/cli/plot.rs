//! Pictures of trained nets; what they show is read from their numbers.

use crate::support::{Folder, SOUND};

const LINE: &str = "\
data {
  source line, rows=60, noise=1, seed=2
  split test=25%
  normalize inputs, target
  batch 15
}

net {
  input x: real[1]
  dense 32 -> relu -> dropout 0.1
  dense 32 -> relu -> dropout 0.1
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=1e-2
  epochs 80
}

predict {
  mc_dropout samples=200
  interval 95%, precision=1
}
";
const MOONS: &str = "\
data {
  source moons, rows=600, noise=0.3, seed=1
  split test=50%
  batch 30
}

net {
  input x: real[2]
  dense 32 -> relu -> dropout 0.3
  dense 2
  output moon: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=2e-2
  epochs 10
}
";

const WAVE: &str = "\
data {
  source csv, \"wave.csv\"
  window 6, horizon=2, stride=2, target=level
  split valid=20%, test=25%
  normalize inputs, target
  batch 8
}

net {
  input past: series[6, 1]
  gru 8, output=last, recurrent_dropout=0.1
  dense 1
  output next: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=1e-2
  epochs 20
}

predict {
  mc_dropout samples=50
  interval 80%, precision=20
}
";

/// Rows `series, x, y, low, high`.
fn numbers(folder: &Folder, args: &[&str]) -> Vec<(String, [f64; 4])> {
    let args = [&["plot", "run", "--csv"], args].concat();
    let output = folder.command(&args).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let row = |line: &str| {
        // Names may hold commas and are quoted then; numbers do not.
        let fields: Vec<&str> = line.rsplitn(5, ',').collect();
        let number = |i: usize| fields[3 - i].parse().unwrap_or(f64::NAN);
        (fields[4].trim_matches('"').to_string(), [number(0), number(1), number(2), number(3)])
    };
    text.lines().skip(1).map(row).collect()
}

fn of<'a>(all: &'a [(String, [f64; 4])], name: &str) -> Vec<&'a [f64; 4]> {
    all.iter().filter(|(series, _)| series.contains(name)).map(|(_, row)| row).collect()
}

/// What came is the table's own column at the lines that are foretold, the last of them last, and the title counts what the intervals hold.
#[test]
fn a_forecast_stands_beside_what_came() {
    let level = |line: usize| 10.0 + 3.0 * (line as f64 / 5.0).sin();
    let table: String = (1..=121).map(|line| format!("{}\n", level(line))).collect();
    let folder = Folder::new(&[("m.net", WAVE), ("wave.csv", &format!("level\n{table}"))]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let all = numbers(&folder, &["--kind", "forecast"]);
    let (came, band, mean) = (of(&all, "observed"), of(&all, "80% of observations"), of(&all, "mean"));
    let lines: Vec<f64> = came.iter().map(|row| row[0]).collect();
    assert_eq!(lines.len(), 14, "a quarter of 57 windows");
    assert!(lines.windows(2).all(|two| two[1] - two[0] == 2.0) && lines[13] == 120.0, "{lines:?}");
    assert!(came.iter().all(|row| (row[1] - level(row[0] as usize)).abs() < 1e-4), "{came:?}");
    assert!(mean.iter().zip(&band).all(|(mean, band)| band[2] < mean[1] && mean[1] < band[3]));
    let held = came.iter().zip(&band).filter(|(came, band)| band[2] <= came[1] && came[1] <= band[3]).count();
    let title = format!("14 rows of the test part: {held} in their 80% intervals");
    let svg = folder.run(&["plot", "run", "--kind", "forecast"]);
    assert!(svg.contains(&title), "{title}");
    let error: f64 = came.iter().zip(&mean).map(|(came, mean)| (came[1] - mean[1]).abs()).sum::<f64>() / 14.0;
    assert!(error < 1.0, "{error}");
}

/// Beyond the end of the table each step is foretold from those before it, two lines behind the end of its window: those that were foretold among them. Ways of samples differ.
#[test]
fn a_series_goes_on_beyond_its_table() {
    let level = |line: usize| 10.0 + 3.0 * (line as f64 / 5.0).sin();
    let table: Vec<f64> = (1..=121).map(level).collect();
    let lines: String = table.iter().map(|x| format!("{x}\n")).collect();
    let net = WAVE.replace(", stride=2", "");
    let folder = Folder::new(&[("m.net", &net), ("wave.csv", &format!("level\n{lines}"))]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let all = numbers(&folder, &["--kind", "forecast", "--ahead", "4", "--samples", "0"]);
    let exactly = |all: &[(String, [f64; 4])], name: &str| -> Vec<[f64; 4]> {
        all.iter().filter(|(series, _)| series == name).map(|(_, row)| *row).collect()
    };
    let ahead = exactly(&all, "ahead");
    assert_eq!(ahead.iter().map(|row| row[0]).collect::<Vec<f64>>(), [122.0, 123.0, 124.0, 125.0]);
    assert!(exactly(&all, "2 sd of the ways ahead").is_empty());
    let mut series = table;
    for row in &ahead {
        let window: Vec<String> =
            series[series.len() - 7..series.len() - 1].iter().map(f64::to_string).collect();
        let said = folder
            .run_with(&["predict", "run", "--input", "-", "--samples", "0"], &(window.join(",") + "\n"));
        let next: f64 =
            said.lines().nth(3).and_then(|line| line.split(',').next()?.parse().ok()).expect(&said);
        assert!((row[1] - next).abs() < 1e-4, "{row:?}, {next}");
        series.push(row[1]);
    }
    let all = numbers(&folder, &["--kind", "forecast", "--ahead", "4", "--samples", "20"]);
    let band = exactly(&all, "2 sd of the ways ahead");
    assert!(band.len() == 4 && band.iter().all(|row| row[3] > row[2]), "{band:?}");
    let said = folder.run(&["plot", "run", "--kind", "band", "--ahead", "4"]);
    assert!(said.contains("`--ahead` is of `--kind forecast`"), "{said}");
    let skipping = Folder::new(&[("m.net", WAVE), ("wave.csv", &format!("level\n{lines}"))]);
    skipping.run(&["train", "m.net", "-q", "-o", "run"]);
    let said = skipping.run(&["plot", "run", "--kind", "forecast", "--ahead", "4"]);
    assert!(said.contains("write `stride=1`"), "{said}");
}

/// What a net does not know grows away from its data; what observations leave open is there everywhere.
#[test]
fn a_band_widens_away_from_the_data() {
    let folder = Folder::trained(LINE);
    let all = numbers(&folder, &["--kind", "band"]);
    let (epistemic, total) = (of(&all, "epistemic"), of(&all, "95%"));
    let width = |row: &&[f64; 4]| row[3] - row[2];
    let (first, middle, last) = (width(&epistemic[0]), width(&epistemic[120]), width(&epistemic[240]));
    assert!(first > 2.0 * middle && last > 2.0 * middle, "{first} {middle} {last}");
    assert!(total.iter().all(|row| width(row) > 2.0 * 1.9), "at least the noise");
    // Half the range of the data on either side.
    let dots = of(&all, "training rows");
    assert_eq!(dots.len(), 45);
    let (low, high) =
        dots.iter().fold((f64::MAX, f64::MIN), |(low, high), row| (low.min(row[0]), high.max(row[0])));
    assert!((epistemic[0][0] - (low - 0.5 * (high - low))).abs() < 1e-3 * (high - low));
    // The line is y = 2 x + 8 with noise of variance 1.
    assert!(dots.iter().all(|row| (row[1] - 2.0 * row[0] - 8.0).abs() < 4.0), "{dots:?}");
    let svg = folder.run(&["plot", "run", "--kind", "band"]);
    assert!(svg.contains("<svg") && svg.contains("<polygon") && svg.contains("training rows"));
}

#[test]
fn doubtful_rows_are_the_wrong_ones() {
    let folder = Folder::trained(MOONS);
    let risk = numbers(&folder, &["--kind", "risk"]);
    let by_confidence = of(&risk, "confidence");
    // Of fewer than a twentieth of the 300 rows nothing is said.
    assert_eq!((by_confidence.len(), by_confidence[0][0]), (286, 0.05));
    let (half, whole) = (by_confidence[135][1], by_confidence[285][1]);
    assert!(half < 0.5 * whole && whole < 0.3, "{half} {whole}");
    assert_eq!(of(&risk, "by entropy").len(), 286);
    let groups = numbers(&folder, &["--kind", "uncertainty"]);
    let entropy = of(&groups, "entropy");
    assert_eq!(entropy.len(), 10);
    assert!(entropy[0][0] < entropy[9][0] && entropy[0][1] < entropy[9][1], "{entropy:?}");
    let bins = numbers(&folder, &["--kind", "reliability", "--samples", "20"]);
    assert!(
        of(&bins, "weight scaling")
            .iter()
            .all(|row| (0.5..=1.0).contains(&row[0]) && (0.0..=1.0).contains(&row[1]))
    );
    assert!(!of(&bins, "20 samples").is_empty());
    let rows: f64 = of(&bins, "weight scaling").iter().map(|row| row[2]).sum();
    assert_eq!(rows, 300.0, "each bin says how many rows it has");
    let curve = numbers(&folder, &["--kind", "convergence", "--samples", "12", "--sets", "4"]);
    assert_eq!(of(&curve, "mean over samples").len(), 12);
    folder.run(&["plot", "run", "--kind", "risk", "-o", "risk.svg"]);
    assert!(folder.read("risk.svg").ends_with("</svg>\n"));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = Folder::trained(MOONS);
    let line = Folder::new(&[("m.net", LINE)]);
    line.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "1"]);
    let all = folder.run(&["plot", "run", "--kind", "band"])
        + &folder.run(&["plot", "run", "--kind", "forecast"])
        + &folder.run(&["plot", "run", "--kind", "risk", "--sets", "3"])
        + &line.run(&["plot", "run", "--kind", "reliability"])
        + &line.run(&["plot", "run", "--kind", "convergence"]);
    insta::assert_snapshot!(all);
}

/// A flag that would change nothing is refused.
#[test]
fn flags_without_effect_are_refused() {
    let folder = Folder::trained(MOONS);
    let all: String = [
        &["plot", "run", "--kind", "convergence", "--seed", "3"][..],
        &["plot", "run", "--kind", "reliability", "--precision", "2"],
        &["plot", "run", "--kind", "risk", "--exact"],
        &["eval", "run", "--precision", "2"],
        &["plot", "run", "--checkpoint", "last"],
        &["plot", "run", "--kind", "weights", "--threads", "1"],
        &["plot", "run", "--kind", "risk", "--samples", "0", "--seed", "1"],
        &["plot", "run", "--kind", "convergence", "--samples", "0"],
        &["plot", "run", "--kind", "convergence", "--samples", "1000000", "--sets", "10000"],
        &["plot", "run", "-o", "x.gif"],
        &["plot", "run", "-o", "x.svg", "--csv"],
        &["plot", "run", "-o", "x.png", "--text"],
        &["plot", "m.net", "--graph", "dot", "-o", "x.svg"],
    ]
    .iter()
    .map(|args| folder.run(args))
    .collect();
    insta::assert_snapshot!(all);
}

/// The graph of a file, in three forms, to stdout or to a file.
#[test]
fn a_net_is_drawn_as_a_graph() {
    let folder = Folder::new(&[("m.net", SOUND)]);
    let dot = folder.run(&["plot", "m.net", "--graph", "dot"]);
    assert!(dot.contains("digraph net {") && dot.ends_with("--- exit 0\n"), "{dot}");
    let svg = folder.run(&["plot", "m.net", "--graph", "svg", "-o", "m.svg"]);
    assert!(svg.ends_with("--- exit 0\n") && folder.read("m.svg").starts_with("<svg"), "{svg}");
    let refused = folder.run(&["plot", "m.net", "--graph", "mermaid", "--kind", "risk"])
        + &folder.run(&["plot", "m.net", "m.net", "--graph", "mermaid"])
        + &folder.run(&["plot", "m.net"]);
    insta::assert_snapshot!(refused);
}

/// Inside of trained nets: losses, weights, and answers of hidden units with and without dropout.
#[test]
fn what_goes_on_inside_is_drawn() {
    let net = "data {\n  source moons, rows=300, noise=0.2\n  split valid=20%\n  batch 32\n}\nparam p = 0.5\nnet {\n  input x: real[2]\n  dense 32 -> relu -> dropout p\n  dense 2\n  output moon: class[2]\n}\ntrain {\n  loss cross_entropy\n  optimizer adam, lr=0.01\n  epochs 5\n}\n";
    let folder = Folder::trained(net);
    folder.run(&["train", "m.net", "--set", "p=0", "-q", "-o", "plain"]);
    let loss = folder.run(&["plot", "run", "--kind", "loss", "--csv"]);
    assert!(loss.contains("\ntrain (dropout on),5,") && loss.contains("\nvalid (dropout off),5,"), "{loss}");
    let weights = folder.run(&["plot", "run", "--kind", "weights", "--csv"]);
    assert!(weights.contains("dense_1.weight") && weights.contains("dense_2.weight"), "{weights}");
    let both = folder.run(&["plot", "run", "plain", "--kind", "activations", "--csv"]);
    assert!(both.contains("with dropout: mean") && both.contains("without dropout: mean"), "{both}");
    let refused = folder.run(&["plot", "run", "--kind", "weights", "--samples", "3"])
        + &folder.run(&["plot", "run/last.ckpt", "--kind", "loss"]);
    insta::assert_snapshot!(refused);
}

/// Two runs stand side by side under their names in every kind of picture, each as it is drawn alone.
#[test]
fn two_runs_are_drawn_side_by_side() {
    let folder = Folder::trained(
        &MOONS
            .replace("test=50%", "valid=20%, test=30%")
            .replace("dropout 0.3", "dropout p")
            .replace("data {", "param p = 0.3\ndata {"),
    );
    let trained = folder.run(&["train", "m.net", "-q", "--set", "p=0.6", "-o", "more"]);
    assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    let csv = |args: &[&str]| {
        let said = folder.run(&[&["plot"], args, &["--csv"]].concat());
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        said.lines().skip(3).map(|line| line.replace('"', "")).collect::<Vec<_>>()
    };
    for kind in ["training", "loss", "reliability", "risk", "uncertainty", "convergence"] {
        let kind = ["--kind", kind];
        let of = |run: &'static str| csv(&[&[run], &kind[..]].concat());
        let both = csv(&[&["run", "more"], &kind[..]].concat());
        // Each under its name and what differs.
        let named = |run: &str| format!("{run} (p={}): ", if run == "run" { "0.3" } else { "0.6" });
        let under = |run: &str| {
            let own = both.iter().filter(|line| line.contains(&named(run)));
            own.map(|line| line.replace(&named(run), "")).collect::<Vec<_>>()
        };
        let sorted = |mut lines: Vec<String>| {
            lines.retain(|line| !line.starts_with("---"));
            lines.sort();
            lines
        };
        assert_eq!(sorted(under("run")), sorted(of("run")), "{kind:?}");
        assert_eq!(sorted(under("more")), sorted(of("more")), "{kind:?}");
        assert_ne!(under("run"), under("more"), "{kind:?}");
    }
    let weights = csv(&["run", "more", "--kind", "weights"]);
    for matrix in [
        "run (p=0.3): dense_1.weight,",
        "run (p=0.3): dense_2.weight,",
        "more (p=0.6): dense_1.weight,",
        "more (p=0.6): dense_2.weight,",
    ] {
        let shares = weights.iter().filter(|line| line.starts_with(matrix));
        let shares: Vec<f64> = shares.map(|line| line.split(',').nth(2).unwrap().parse().unwrap()).collect();
        assert!(shares.len() == 60 && shares.iter().sum::<f64>() > 0.95, "{matrix} {shares:?}");
    }
    // The bins of both are the same.
    let places = |run: &str| -> Vec<String> {
        let own = weights.iter().filter(|line| line.starts_with(&format!("{run}): dense_1.weight,")));
        own.map(|line| line.split(',').nth(1).unwrap().to_string()).collect()
    };
    assert_eq!(places("run (p=0.3"), places("more (p=0.6"));
    let refused = folder.run(&["plot", "run", "more", "--kind", "band"]);
    assert!(
        refused.contains("error: run (p=0.3): a band is drawn of one number over one input"),
        "{refused}"
    );
}

/// Runs by seed in one folder: the mean of their curves and how far they lie apart; what is judged is their mean, and says so.
#[test]
fn runs_by_seed_are_drawn_together() {
    let folder = Folder::new(&[("m.net", MOONS)]);
    folder.run(&["train", "m.net", "-q", "--seeds", "2", "-o", "two"]);
    let csv = |args: &[&str]| folder.run(&[&["plot"], args, &["--csv"]].concat());
    let all = csv(&["two"]);
    let value = |text: &str, series: &str, at: usize| -> f64 {
        let line =
            text.lines().find(|line| line.contains(series)).unwrap_or_else(|| panic!("{series}: {text}"));
        line.split(series).nth(1).unwrap().split(',').nth(at).unwrap().parse().unwrap()
    };
    let apart: Vec<f64> = ["two/seed-0", "two/seed-1"]
        .iter()
        .map(|run| value(&csv(&[run]), "Loss,train (dropout on),3,", 0))
        .collect();
    let mean = value(&all, "Loss,\"train (dropout on), mean of 2 runs\",3,", 0);
    assert!((mean - (apart[0] + apart[1]) / 2.0).abs() < 1e-12, "{all}");
    let band = "Loss,\"train (dropout on), lowest to highest\",3,";
    assert_eq!(value(&all, band, 1), apart[0].min(apart[1]));
    assert_eq!(value(&all, band, 2), apart[0].max(apart[1]));
    // It never changes.
    assert!(!all.contains("Learning rate"), "{all}");
    assert!(csv(&["two", "--kind", "reliability"]).contains("\nmean of 2 runs: weight scaling,"));
    let one = csv(&["two", "two/seed-1", "--kind", "reliability"]);
    assert!(
        one.contains("\n\"two (2 seeds, 0 ... 1), mean of 2 runs: weight scaling\",")
            && one.contains("\ntwo/seed-1 (seed 1): weight scaling,"),
        "{one}"
    );
    assert!(csv(&["two", "--kind", "weights"]).contains("\ntwo/seed-1: dense_2.weight,"));
    // Runs are averaged by themselves only where that is asked for; a curve of convergence is of one net.
    let asked = csv(&["two/seed-0", "two/seed-1", "--mean", "--kind", "reliability"]);
    assert_eq!(
        asked.lines().skip(1).collect::<Vec<_>>(),
        csv(&["two", "--kind", "reliability"]).lines().skip(1).collect::<Vec<_>>()
    );
    let curves = csv(&["two", "--kind", "convergence", "--samples", "3", "--sets", "2"]);
    assert!(
        curves.contains("two/seed-0 (seed 0): mean over samples,")
            && curves.contains("two/seed-1 (seed 1): mean over samples,"),
        "{curves}"
    );
    let refused = csv(&["two/seed-0", "--mean"]) + &csv(&["two", "--kind", "weights", "--mean"]);
    assert_eq!(refused.matches("--- exit 2").count(), 2, "{refused}");
}

/// How training went, without a kind: every figure of the log has its chart.
#[test]
fn the_course_of_training_is_drawn() {
    let folder = Folder::trained(&MOONS.replace("test=50%", "valid=20%, test=30%"));
    let all = numbers(&folder, &[]);
    let names: std::collections::BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let best = folder.read("run/metrics.json");
    let best: serde_json::Value = serde_json::from_str(&best).unwrap();
    let ring = |chart: &str| format!("{chart},best epoch: {}", best["best"]["epoch"]);
    let known = [
        ring("Accuracy"),
        "Accuracy,train (dropout on)".into(),
        "Accuracy,valid (dropout off)".into(),
        ring("Loss"),
        "Loss,train (dropout on)".into(),
        "Loss,valid (dropout off)".into(),
    ];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), known);
    // The ring lies on the curve of validation, where that is lowest.
    let losses = of(&all, "Loss,valid");
    let lowest = losses.iter().min_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
    assert_eq!(of(&all, "Loss,best")[0][..2], lowest[..2]);
    let text = folder.run(&["plot", "run", "--text"]);
    for part in ["Loss; across: epoch, up: loss\n", "valid (dropout off): ", "--- exit 0\n"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    folder.run(&["plot", "run", "-o", "course.png"]);
    let png = std::fs::read(folder.path().join("course.png")).unwrap();
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    // One run has its activations with and without masks: more of them are 0 in a sample.
    let svg = folder.run(&["plot", "run", "--kind", "activations"]);
    let zeros = |name: &str| -> f64 {
        let after = svg.split(name).nth(1).unwrap_or_else(|| panic!("no `{name}`: {svg}"));
        after.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    assert!(zeros("in one sample") > zeros("dropout off") + 5.0, "{svg}");
}

/// A net that reads images of 2 x 2 dots: the tile of a unit holds its incoming weights, in the order of the dots.
#[test]
fn filters_are_the_weights_of_the_first_layer() {
    let net = MOONS
        .replace("source moons, rows=600, noise=0.3, seed=1", "source csv, \"dots.csv\"\n  target kind")
        .replace("x: real[2]\n", "x: real[2, 2, 1]\n  flatten\n");
    let row = |i: u32| format!("{},{},{},{},{}\n", i % 7, i % 3, i % 5, i % 2, ["a", "b"][i as usize % 2]);
    let dots = "p,q,r,s,kind\n".to_string() + &(0..120).map(row).collect::<String>();
    let folder = Folder::new(&[("m.net", &net), ("dots.csv", &dots)]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let csv = folder.run(&["plot", "run", "--kind", "filters", "--csv"]);
    let weights = csv.lines().filter(|line| line.starts_with("dense_1.weight with dropout,"));
    assert_eq!(weights.clone().count(), 32 * 4);
    let last = weights.clone().next_back().unwrap();
    assert!(last.starts_with("dense_1.weight with dropout,31,1,1,0,"), "{last}");
    assert!(folder.run(&["plot", "run", "run", "--kind", "filters"]).matches("<image").count() == 2);
    let text = folder.run(&["plot", "run", "--kind", "filters", "--text"]);
    assert!(text.contains("dense_1.weight with dropout, the first 20\n"), "{text}");
    let moons = Folder::trained(MOONS);
    let refused = moons.run(&["plot", "run", "--kind", "filters"]);
    assert!(refused.contains("the input is 2, no image") && refused.ends_with("--- exit 3\n"), "{refused}");
    let refused = moons.run(&["plot", "m.net", "--graph", "svg", "-o", "g.png"]);
    assert!(refused.ends_with("--- exit 2\n"), "{refused}");
}

/// The rows of training as `augment` changes them, a sheet an epoch.
#[test]
fn augmented_rows_are_shown_epoch_by_epoch() {
    let source = "data {\n  source shapes, rows=120, size=12\n  split test=20\n  batch 10\n}\n\naugment {\n  crop 12x12, pad=2\n  cutmix alpha=1\n}\n\nnet {\n  input image: real[12, 12, 1]\n  flatten -> dense 4\n  output shape: class[4]\n}\n\ntrain {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 3\n}\n";
    let folder = Folder::new(&[("shapes.net", source)]);
    let run = |more: &[&str]| {
        let args = [&["plot", "shapes.net", "--kind", "augment"], more].concat();
        let output = folder.command(&args).output().expect("runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("UTF-8"),
            String::from_utf8(output.stderr).expect("UTF-8"),
        )
    };
    let (code, csv, said) = run(&["--rows", "2..5", "--epochs", "2", "--csv"]);
    assert_eq!((code, csv.lines().count()), (Some(0), 1 + 2 * 3 * 144), "{said}");
    assert!(csv.starts_with("sheet,unit,row,column,channel,value\nepoch 1,0,0,0,0,"));
    assert!(said.contains("epoch 2: row 4 with row ") && said.contains("pasted in"), "{said}");
    assert_ne!(csv, run(&["--rows", "2..5", "--epochs", "2", "--csv", "--seed", "1"]).1);
    assert_eq!(run(&[]).1.matches("<image").count(), 4);
    let (code, _, said) = run(&["--rows", "90..110"]);
    assert!(code == Some(2) && said.contains("there are 100 training rows"), "{said}");
    let (code, _, said) = run(&["--samples", "3"]);
    assert!(code == Some(2) && said.contains("no effect on the rows of training"), "{said}");
    let (code, _, said) = run(&["--wav", "heard"]);
    assert!(code == Some(2) && said.contains("`--wav` writes sounds"), "{said}");
    let with_param = format!("param pad = 1\n\n{}", source.replace("pad=2", "pad=pad"));
    std::fs::write(folder.path().join("shapes.net"), with_param).expect("a file");
    assert_eq!(run(&["--rows", "2..5", "--epochs", "2", "--csv", "--set", "pad=2"]).1, csv);
    assert_ne!(run(&["--rows", "2..5", "--epochs", "2", "--csv"]).1, csv);
    let mixed = source.replace("  crop 12x12, pad=2\n  cutmix alpha=1\n", "  mixup alpha=0.2\n");
    std::fs::write(folder.path().join("shapes.net"), mixed).expect("a file");
    let (code, _, said) = run(&[]);
    assert!(code != Some(0) && said.contains("no statement of `augment` changes single rows"), "{said}");
}

/// Spectrograms as sounds are and in each epoch, and the sounds themselves as files to listen to.
#[test]
fn sounds_are_drawn_and_written() {
    let source = "data {\n  source tones, rows=60\n  split test=20\n  batch 10\n}\n\naugment {\n  time_stretch 0.8..1.25\n  pitch_shift 2st\n  noise snr=10dB..20dB\n  mixup alpha=1\n}\n\nnet {\n  input clip: wave[500ms, rate=8kHz]\n  conv 4, 64, stride=16, pad=valid -> relu -> mean_pool over=time\n  dense 4\n  output motion: class[4]\n}\n\ntrain {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 3\n}\n";
    let folder = Folder::new(&[("tones.net", source)]);
    let run = |more: &[&str]| {
        let args = [&["plot", "tones.net", "--kind", "augment", "--rows", "1..3", "--epochs", "2"], more];
        let output = folder.command(&args.concat()).output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, csv, said) = run(&["--csv", "--wav", "heard"]);
    assert_eq!((code, csv.lines().count()), (Some(0), 1 + 3 * 2 * 48 * 72), "{said}");
    assert!(csv.contains("\nas it is,0,") && csv.contains("\nepoch 2,1,"));
    assert!(said.contains("6 sounds in heard") && said.contains("epoch 2: row 2 with row "), "{said}");
    let read = |name: &str| -> Vec<f32> {
        let file = hound::WavReader::open(folder.path().join("heard").join(name)).expect("a sound");
        assert_eq!((file.spec().sample_rate, file.spec().channels), (8000, 1));
        file.into_samples().map(|x| x.expect("a sample")).collect()
    };
    let [original, first, second] = ["row1_original.wav", "row1_epoch1.wav", "row1_epoch2.wav"].map(read);
    assert!([&original, &first, &second].iter().all(|clip| (1500..=4000).contains(&clip.len())));
    assert!(first != original && first != second);
    let (code, svg, _) = run(&[]);
    assert_eq!((code, svg.matches("<image").count()), (Some(0), 3));
    let written = std::fs::write(folder.path().join("taken"), "").map(|()| run(&["--wav", "taken"]));
    let (code, _, said) = written.expect("a file");
    assert!(code == Some(3) && said.contains("cannot write taken"), "{said}");
}
