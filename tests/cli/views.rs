//! Predictions that are means over views of a picture.

use crate::support::{Folder, masked};

const SIDE: usize = 8;
const ROWS: usize = 5;

fn net(predict: &str) -> String {
    format!(
        "data {{
  source shapes, rows=240, size={SIDE}, noise=10, seed=3
  split train=160, valid=80
  scale 1/255
}}
net {{
  input image: real[{SIDE}, {SIDE}, 1]
  conv 4, 3x3 -> relu -> dropout 0.3 -> flatten
  dense 4
  output shape: class[4]
}}
train {{
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 12
}}
predict {{
  {predict}
}}
"
    )
}

type Picture = [[u8; SIDE]; SIDE];

fn pictures() -> Vec<Picture> {
    let picture = |i: usize| -> Picture {
        std::array::from_fn(|y| std::array::from_fn(|x| ((i * 53 + y * 31 + x * 17) % 200) as u8))
    };
    (0..ROWS).map(picture).collect()
}

/// Moved down and to the right by so much, and then mirrored.
fn seen(picture: &Picture, (down, right): (isize, isize), mirrored: bool) -> Picture {
    let at = |y: isize, x: isize| {
        let inside = |i: isize| (0..SIDE as isize).contains(&i);
        if inside(y) && inside(x) { picture[y as usize][x as usize] } else { 0 }
    };
    std::array::from_fn(|y| {
        std::array::from_fn(|x| {
            let x = if mirrored { SIDE - 1 - x } else { x };
            at(y as isize - down, x as isize - right)
        })
    })
}

fn npy(pictures: &[Picture]) -> Vec<u8> {
    let header = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {SIDE}, {SIDE}, 1), }}",
        pictures.len()
    );
    let header = format!("{header:<117}\n");
    let pixels = pictures.iter().flatten().flatten().copied();
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()]
        .concat()
        .into_iter()
        .chain(pixels)
        .collect()
}

/// The probabilities of each row, and the column that says how far views are from one another.
fn predicted(folder: &Folder, run: &str, file: &str, flags: &[&str]) -> Vec<(Vec<f64>, Option<f64>)> {
    let args = [&["predict", run, "--input", file, "--output", "json"], flags].concat();
    let said = folder.command(&args).output().expect("the binary runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).expect("text");
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("an object");
        let p = row["probability"].as_object().expect("probabilities");
        (p.values().map(|p| p.as_f64().expect("a number")).collect(), row["view_information"].as_f64())
    };
    text.lines().map(row).collect()
}

fn entropy(p: &[f64]) -> f64 {
    p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

/// Views are what a picture would be if somebody had mirrored and moved it by hand; of samples too, each of which sees all views by one mask.
#[test]
fn a_prediction_is_the_mean_over_the_views() {
    let with = net("augment {\n    translate 1\n    flip horizontal\n  }");
    let folder = Folder::new(&[("plain.net", &net("weight_scaling")), ("views.net", &with)]);
    folder.run(&["train", "plain.net", "-o", "plain", "-q"]);
    folder.run(&["train", "views.net", "-o", "views", "-q"]);
    let moves = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)];
    let views: Vec<_> = moves.iter().flat_map(|by| [(*by, false), (*by, true)]).collect();
    for (i, (by, mirrored)) in views.iter().enumerate() {
        let all: Vec<Picture> = pictures().iter().map(|p| seen(p, *by, *mirrored)).collect();
        std::fs::write(folder.path().join(format!("{i}.npy")), npy(&all)).expect("a file");
    }
    for flags in
        [&[][..], &["--samples", "7", "--seed", "3"], &["--samples", "7", "--ensemble", "arithmetic"]]
    {
        let said = predicted(&folder, "views", "0.npy", flags);
        let each: Vec<_> =
            (0..views.len()).map(|i| predicted(&folder, "plain", &format!("{i}.npy"), flags)).collect();
        for (row, (p, information)) in said.iter().enumerate() {
            let of_view = |view: usize| &each[view][row].0;
            let mean = |k: usize| (0..views.len()).map(|v| of_view(v)[k]).sum::<f64>() / views.len() as f64;
            let means: Vec<f64> = (0..p.len()).map(mean).collect();
            assert!(
                p.iter().zip(&means).all(|(p, mean)| (p - mean).abs() < 2e-6),
                "{flags:?}: {p:?} {means:?}"
            );
            let own = (0..views.len()).map(|v| entropy(of_view(v))).sum::<f64>() / views.len() as f64;
            let expected = entropy(&means) - own;
            assert!(
                (information.expect("a column") - expected).abs() < 2e-5,
                "{flags:?} {information:?} {expected}"
            );
        }
        assert!(each[0].iter().all(|(_, information)| information.is_none()));
        // A net that was trained without views is asked for them, and one with views for none.
        let asked = |views| [flags, &["--views", views]].concat();
        assert_eq!(predicted(&folder, "plain", "0.npy", &asked("translate 1; flip horizontal")), said);
        assert_eq!(predicted(&folder, "views", "0.npy", &asked("none")), each[0]);
    }
    let figures = |run: &str, views: &[&str]| {
        let all = folder.json(&[&["eval", run, "--samples", "3", "--json"], views].concat());
        [all["train"].clone(), all["valid"].clone()]
    };
    assert_eq!(figures("plain", &["--views", "translate 1\nflip horizontal"]), figures("views", &[]));
    assert_eq!(figures("views", &["--views", "none"]), figures("plain", &[]));
}

/// What is fitted in other views than the file's is that of a net whose file says these, and stands beside the file's own.
#[test]
fn views_have_temperatures_of_their_own() {
    let with = net("mc_dropout samples=6\n  augment { flip horizontal }");
    let folder = Folder::new(&[("plain.net", &net("mc_dropout samples=6")), ("views.net", &with)]);
    folder.run(&["train", "plain.net", "-o", "plain", "-q"]);
    folder.run(&["train", "views.net", "-o", "views", "-q"]);
    let fits = |args: &[&str], run: &str| -> serde_json::Value {
        let said = folder.run(&[&["calibrate", run], args].concat());
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let file = folder.read(&format!("{run}/calibration.json"));
        serde_json::from_str::<serde_json::Value>(&file).expect("JSON")["fits"].clone()
    };
    let (plain, viewed) = (fits(&[], "plain"), fits(&[], "views"));
    let unfitted = folder.run(&["eval", "views", "--views", "none", "--samples", "0"]);
    assert!(
        unfitted.contains("what `calibrate` found is of other views, and not used here: `dropnet calibrate RUN --views none` finds it for these")
            && !unfitted.contains("(temperature"),
        "{unfitted}"
    );
    let both = fits(&["--views", "none"], "views");
    for way in ["weight_scaling", "mc_dropout"] {
        assert_ne!(plain[way]["value"], viewed[way]["value"]);
        assert_eq!(both[way], viewed[way]);
        assert_eq!(both[format!("{way} in none")], plain[way]);
    }
    let fitted = folder.run(&["eval", "views", "--views", "none", "--samples", "0"]);
    let own = folder.run(&["eval", "plain", "--samples", "0"]);
    let figures = |said: &str| said.split("--- stdout\n").nth(1).map(str::to_owned);
    assert!(fitted.contains("(temperature"), "{fitted}");
    assert_eq!(figures(&fitted), figures(&own));
    // Fitted anew, they take the place of what was fitted in the same views.
    assert_eq!(fits(&["--views", "none"], "views"), both);
    assert_eq!(fits(&[], "views"), both);
}

#[test]
fn what_gives_no_views_is_placed_in_the_flag() {
    let numbers = "data {\n  source moons, rows=40\n}\nnet {\n  input x: real[2]\n  dense 2\n  output y: class[2]\n}\ntrain {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}\n";
    let pictures = net("weight_scaling").replace("epochs 12", "epochs 1");
    let folder = Folder::new(&[("pictures.net", &pictures), ("numbers.net", numbers)]);
    folder.run(&["train", "pictures.net", "-o", "pictures", "-q"]);
    folder.run(&["train", "numbers.net", "-o", "numbers", "-q"]);
    let texts = [
        ("pictures", "flip horizontal; rotate 10deg"),
        ("pictures", "flpi horizontal"),
        ("pictures", "translate 1,\nflip vertical, p=0.5"),
        ("pictures", "flip horizontal; flip horizontal"),
        ("pictures", "flip horizontal -> translate 1"),
        ("pictures", " "),
        ("numbers", "flip horizontal"),
        ("numbers", "none"),
    ];
    let said = texts.map(|(run, views)| folder.run(&["eval", run, "--views", views]));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn figures_are_of_one_pass_and_of_the_mean_over_views() {
    let folder = Folder::new(&[("views.net", &net("mc_dropout samples=6\n  augment { flip horizontal }"))]);
    folder.run(&["train", "views.net", "-o", "run", "-q"]);
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run(&["summary", "views.net", "--predict"]),
                folder.run(&["eval", "run"]),
                folder.run(&["eval", "run", "--samples", "0"]),
                folder.run(&["eval", "run", "--exact"]),
                folder.run(&["calibrate", "run"]),
                folder.run(&["calibrate", "run", "--ensemble", "geometric"]),
            ]
            .join("\n")
        )
    });
    let figures = folder.json(&["eval", "run", "--json"]);
    assert_eq!(figures["valid"]["mc_dropout"]["views"], 2);
}
