//! A target far from 0: seconds since 1970, of which 32 bits hold one in 128. All that is said of it is what is said of the same numbers
//! around 0, but for the level.

use serde_json::Value as Json;

use crate::support::{Folder, masked};

const LEVEL: f64 = 1.7e9;
const ROWS: &str = "a,b\n1,0\n0,1\n-2,0\n";

/// Two inputs, and as many targets as the output has numbers.
fn net(output: &str, numbers: usize, outputs: usize, loss: &str) -> String {
    let target = if outputs == 1 { "y" } else { "y, z" };
    format!(
        "data {{
  source csv, \"rows.csv\"
  inputs a, b
  target {target}
  split train=40, valid=20, test=20, shuffle=false
  normalize inputs, target
  batch 8
}}
net {{
  input x: real[2]
  dense 6 -> relu -> dropout 0.2
  dense {numbers}
  output q: {output}
}}
train {{
  loss {loss}
  optimizer adam, lr=0.05
  epochs 15
  report rmse, mae, r2
}}
"
    )
}

fn table(level: f64) -> String {
    let row = |i: usize| {
        let (a, b) = ((i as f64 * 0.7).sin() * 1.4, (i as f64 * 1.3).cos() * 1.4);
        let noise = ((i * i) % 7) as f64 * 0.0625 - 0.1875;
        let (y, z) = (3.0 * a - 2.0 * b + noise, a * b + noise);
        format!("{a:.4},{b:.4},{:.3},{:.3}\n", level + y, 2.0 * level + z)
    };
    String::from("a,b,y,z\n") + &(0..80).map(row).collect::<String>()
}

/// The same net trained on the numbers around 0 and around the level.
fn both(net: &str) -> [Folder; 2] {
    [0.0, LEVEL].map(|level| {
        let folder = Folder::new(&[("m.net", net), ("rows.csv", &table(level)), ("new.csv", ROWS)]);
        let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        folder
    })
}

fn predicted(folder: &Folder, args: &[&str]) -> Vec<serde_json::Map<String, Json>> {
    let text = folder.run(&[&["predict", "run", "--input", "new.csv", "--output", "json"], args].concat());
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 3, "{text}");
    lines.into_iter().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// Numbers that stand at the level: outputs and ends of intervals.
fn level_of(name: &str) -> f64 {
    match name {
        "y" | "y_low" | "y_high" => LEVEL,
        "z" | "z_low" | "z_high" => 2.0 * LEVEL,
        _ => 0.0,
    }
}

fn same_but_for_the_level(folders: &[Folder; 2], args: &[&str]) {
    let [low, high] = [0, 1].map(|i| predicted(&folders[i], args));
    for (low, high) in low.iter().zip(&high) {
        assert_eq!(low.len(), high.len());
        for (name, x) in low {
            let (x, y) = (x.as_f64().expect("a number"), high[name].as_f64().expect("a number"));
            assert!((y - level_of(name) - x).abs() < 1e-3 * (1.0 + x.abs()), "{args:?}: {name} {x} {y}");
        }
    }
}

#[test]
fn predictions_keep_their_digits() {
    let folders = both(&net("real[1]", 1, 1, "squared_error"));
    let interval = ["--precision", "2", "--interval", "90%"];
    for args in [
        &[][..],
        &["--samples", "20"],
        &["--samples", "400", "--until-se", "0.2"],
        &["--ensemble", "arithmetic", "--samples", "20"],
        &["--ensemble", "geometric", "--samples", "20"],
        &["--exact"],
        &interval,
        &[&["--samples", "20"], &interval[..]].concat(),
    ] {
        same_but_for_the_level(&folders, args);
    }
    let rows = predicted(&folders[1], &["--samples", "20"]);
    assert!(rows.iter().all(|row| row["y_epistemic_sd"].as_f64().is_some_and(|sd| sd > 0.05)));
}

#[test]
fn several_outputs_and_distributions_have_their_own_levels() {
    for (output, numbers, loss) in [("real[2]", 2, "squared_error"), ("normal[2]", 4, "gaussian_nll")] {
        let folders = both(&net(output, numbers, 2, loss));
        for args in [&[][..], &["--samples", "20"], &["--ensemble", "arithmetic", "--samples", "20"]] {
            same_but_for_the_level(&folders, args);
        }
        if loss == "gaussian_nll" {
            let said = folders[1].run(&["predict", "run", "--input", "new.csv", "--exact"]);
            assert!(
                said.contains("there is no exact mean of it") && said.ends_with("--- exit 3\n"),
                "{said}"
            );
        }
    }
}

/// Figures, audits and what is fitted afterwards are the same lines.
#[test]
fn figures_do_not_depend_on_the_level() {
    let folders = both(&net("real[1]", 1, 1, "squared_error"));
    // What differs are the last digits of differences that are nothing but rounding.
    let say = |folder: &Folder, args: &[&str]| -> Vec<String> {
        let text = folder.run(args);
        let lines = text.lines().filter(|line| !line.contains("e-8") && !line.contains("e-7"));
        lines.map(str::to_string).collect()
    };
    for args in [
        &["eval", "run", "--samples", "50"][..],
        &["eval", "run", "--samples", "50", "--precision", "2"],
        &["eval", "run", "--ensemble", "arithmetic", "--samples", "50"],
        &["audit", "run"],
    ] {
        assert_eq!(say(&folders[0], args), say(&folders[1], args), "{args:?}");
    }
    // An optimum shows the rounding of the targets in more digits than figures do.
    let fitted = folders.each_ref().map(|folder| {
        let fits = folder.json(&["calibrate", "run", "--json"])["fits"].clone();
        ["weight_scaling", "mc_dropout"].map(|way| fits[way]["value"].as_f64().expect("a precision"))
    });
    let [low, high] = fitted;
    assert!(low.iter().zip(high).all(|(low, high)| (low / high - 1.0).abs() < 1e-4), "{fitted:?}");
}

/// An array of predictions holds the level in 64 bits.
#[test]
fn arrays_hold_the_level() {
    let [_, high] = both(&net("real[1]", 1, 1, "squared_error"));
    let mut command = high.command(&["predict", "run", "--input", "new.csv", "--output", "npy"]);
    let bytes = command.output().expect("runs").stdout;
    let header = String::from_utf8_lossy(&bytes[..128]).into_owned();
    assert!(header.contains("'<f8'") && header.contains("(3, 1"), "{header}");
    let last = |row: usize| {
        let at = bytes.len() - 8 * (3 - row);
        f64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
    };
    let said: Vec<f64> = predicted(&high, &[]).iter().filter_map(|row| row["y"].as_f64()).collect();
    assert!((0..3).all(|row| (last(row) - said[row]).abs() < 1e-5));
}

/// The places of a band are numbers of the file, and its ends stand at the level.
#[test]
fn bands_stand_where_their_numbers_are() {
    let net = "data {
  source csv, \"rows.csv\"
  split test=25%
  normalize inputs, target
}
net {
  input x: real[1]
  dense 6 -> relu -> dropout 0.2
  dense 1
  output y: real[1]
}
train {
  loss squared_error
  optimizer adam, lr=0.05
  epochs 15
}
";
    let bands = [0.0, LEVEL].map(|level| {
        let row = |i: usize| {
            let x = (i as f64 * 0.7).sin() * 100.0;
            format!("{:.2},{:.3}\n", level + x, level + 0.03 * x)
        };
        let rows = String::from("t,y\n") + &(0..60).map(row).collect::<String>();
        let folder = Folder::new(&[("m.net", net), ("rows.csv", &rows)]);
        folder.run(&["train", "m.net", "-q", "-o", "run"]);
        folder.run(&["plot", "run", "--kind", "band", "--csv", "--samples", "20"])
    });
    let numbers = |text: &str, level: f64| -> Vec<f64> {
        let cells = text.lines().filter(|line| line.contains(",")).flat_map(|line| line.split(','));
        cells.filter_map(|cell| cell.parse::<f64>().ok()).map(|x| x - level).collect()
    };
    let (low, high) = (numbers(&bands[0], 0.0), numbers(&bands[1], LEVEL));
    assert!(low.len() > 600 && low.len() == high.len(), "{} {}", low.len(), high.len());
    assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-2));
}

/// Amounts over four orders of magnitude, and their logarithms.
fn amounts(of_logarithms: bool) -> String {
    let row = |i: usize| {
        let (a, b) = ((i as f64 * 0.7).sin() * 1.4, (i as f64 * 1.3).cos() * 1.4);
        let amount = (2.0 * a - b + 3.0).exp();
        format!("{a},{b},{}\n", if of_logarithms { amount.ln() } else { amount })
    };
    String::from("a,b,y\n") + &(0..80).map(row).collect::<String>()
}

/// The same net trained on logarithms of the target, by `kind=log` and by a table that has them.
#[test]
fn logarithms_of_a_target_are_undone() {
    let net = net("real[1]", 1, 1, "squared_error");
    let by_kind = net.replace("normalize inputs, target", "normalize inputs\n  normalize target, kind=log");
    let folder = |net: &str, table: &str| {
        let folder = Folder::new(&[("m.net", net), ("rows.csv", table), ("new.csv", ROWS)]);
        let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        folder
    };
    let folders = [folder(&by_kind, &amounts(false)), folder(&net, &amounts(true))];
    let column = |folder: &Folder, args: &[&str], name: &str| -> Vec<f64> {
        predicted(folder, args).iter().map(|row| row[name].as_f64().expect("a number")).collect()
    };
    let [own, logs] = [0, 1].map(|i| column(&folders[i], &[], "y"));
    assert!(own.iter().zip(&logs).all(|(y, log)| (y / log.exp() - 1.0).abs() < 1e-5), "{own:?} {logs:?}");
    // Means and spreads over samples are of the numbers: a convex curve lies below its chord, and spreads are about those of a log-normal law.
    let sampled = [0, 1].map(|i| column(&folders[i], &["--samples", "200"], "y"));
    assert!(sampled[0].iter().zip(&sampled[1]).all(|(y, log)| *y > 1.001 * log.exp()), "{sampled:?}");
    let spread = [0, 1].map(|i| column(&folders[i], &["--samples", "200"], "y_epistemic_sd"));
    for ((sd, of_logs), log) in spread[0].iter().zip(&spread[1]).zip(&sampled[1]) {
        let square = of_logs * of_logs;
        let expected = (log + square / 2.0).exp() * square.exp_m1().sqrt();
        assert!((0.5..2.0).contains(&(sd / expected)), "{sd} {expected}");
    }
    // A precision is of the numbers themselves, whatever their size: every interval is as wide as the others.
    let noise = ["--precision", "4", "--interval", "95%"];
    let [low, high] = ["y_low", "y_high"].map(|name| column(&folders[0], &noise, name));
    assert!(low.iter().zip(&high).all(|(low, high)| (high - low - 1.96).abs() < 1e-3), "{low:?} {high:?}");
    // Figures are of the numbers too: those that follow from predictions of the test part, row by row.
    let folder = &folders[0];
    let figures = folder.json(&["eval", "run", "--json"]);
    let mut test = String::from("a,b,y\n");
    amounts(false).lines().skip(61).for_each(|row| test += &format!("{row}\n"));
    std::fs::write(folder.path().join("new.csv"), &test).expect("a file");
    let judged = folder.run(&["eval", "run", "--input", "new.csv"]);
    let text = folder.run(&["predict", "run", "--input", "new.csv", "--output", "json"]);
    let said = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()?["y"].as_f64());
    let observed: Vec<f64> = test
        .lines()
        .skip(1)
        .map(|row| row.rsplit(',').next().expect("a cell").parse().expect("a number"))
        .collect();
    // What was observed is written as the table says it, as far as 32 bits of its logarithm hold it: no more digits than that takes.
    let cells = judged.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let cells: Vec<&str> = cells.map(|line| line.split(',').nth(1).expect("a cell")).collect();
    assert_eq!(cells.len(), observed.len());
    for (cell, y) in cells.iter().zip(&observed) {
        let digits = cell.chars().filter(char::is_ascii_digit).count();
        let is = cell.parse::<f64>().expect("a number");
        assert!(digits <= 10 && (is / y - 1.0).abs() < 1e-6, "{cell} for {y}");
    }
    let pairs: Vec<(f64, f64)> = said.zip(observed.iter().copied()).collect();
    assert_eq!(pairs.len(), 20);
    let squares: f64 = pairs.iter().map(|(said, y)| (said - y) * (said - y)).sum();
    let mean = observed.iter().sum::<f64>() / 20.0;
    let total: f64 = observed.iter().map(|y| (y - mean) * (y - mean)).sum();
    let absolute = pairs.iter().map(|(said, y)| (said - y).abs()).sum::<f64>() / 20.0;
    for (name, expected) in
        [("rmse", (squares / 20.0).sqrt()), ("mae", absolute), ("r2", 1.0 - squares / total)]
    {
        let found = figures["test"][name].as_f64().unwrap_or(f64::NAN);
        assert!((found / expected - 1.0).abs() < 1e-4, "{name} {found} {expected} {figures}");
    }
}

#[test]
fn what_logarithms_of_a_target_cannot() {
    let net = net("real[1]", 1, 1, "squared_error")
        .replace("normalize inputs, target", "normalize target, kind=log");
    let folder = Folder::new(&[("m.net", &net), ("rows.csv", &amounts(false)), ("new.csv", ROWS)]);
    folder.run(&["train", "m.net", "-q", "-o", "run", "--epochs", "2"]);
    let normal = net.replace("real[1]", "normal[1]").replace("dense 1\n", "dense 2\n");
    std::fs::write(folder.path().join("normal.net"), normal.replace("squared_error", "gaussian_nll"))
        .expect("a file");
    let zero = amounts(false).lines().take(80).collect::<Vec<_>>().join("\n") + "\n1,1,0\n";
    std::fs::write(folder.path().join("rows.csv"), &zero).expect("a file");
    let said = [
        folder.run(&["predict", "run", "--input", "new.csv", "--exact"]),
        folder.run(&["check", "normal.net"]),
        folder.run(&["train", "m.net", "-q", "-o", "other"]),
    ];
    masked(|| insta::assert_snapshot!(said.join("\n")));
}
