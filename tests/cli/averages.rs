//! Averages of parameters: what they are, under which names they stand, and that a run with them is taken up to the same bits.

use std::collections::BTreeMap;
use std::fs;

use dropnet::internal::runtime::container::{self, Numbers};

use crate::support::Folder;

fn net(layers: &str, batch: usize, train: &str) -> String {
    format!(
        "param n = 6\ndata {{\n  source moons, rows=130, noise=0.2, seed=1\n  split train=90, valid=30, test=10\n  batch {batch}\n}}\n\
         net {{\n  input x: real[2]\n  {layers}\n  dense 2\n  output y: class[2]\n}}\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.3\n  {train}\n}}\n"
    )
}

fn tensors(folder: &Folder, file: &str) -> BTreeMap<String, Vec<f32>> {
    let (_, tensors) = container::read(&folder.path().join(file)).expect("a checkpoint");
    let floats = |data: &Numbers<'_>| match data {
        Numbers::F32(values) => values.to_vec(),
        Numbers::U64(_) => Vec::new(),
    };
    tensors.iter().map(|(name, tensor)| (name.clone(), floats(&tensor.data))).collect()
}

fn near(found: &[f32], wanted: impl Iterator<Item = f64>) {
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((f64::from(*found) - wanted).abs() < 1e-6, "{i}: {found} {wanted}");
    }
}

/// The weights after each of six updates.
fn course(folder: &Folder, file: &str) -> Vec<Vec<f32>> {
    let after = |n: usize| {
        let (set, out) = (format!("n={n}"), format!("{file}-{n}"));
        let said = folder.run(&["train", file, "--set", &set, "-q", "-o", &out]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        tensors(folder, &format!("{out}/last.ckpt")).remove("dense_1.weight").expect("weights")
    };
    (1..=6).map(after).collect()
}

#[test]
fn an_average_is_that_of_the_course() {
    let average = |word: &str| net("dense 5 -> relu", 30, &format!("average {word}\n  steps n"));
    let folder = Folder::new(&[
        ("ema.net", &average("ema, decay=0.6, warmup=false")),
        ("swa.net", &average("swa, from=50%")),
        ("plain.net", &net("dense 5 -> relu", 30, "steps n")),
    ]);
    let plain = course(&folder, "plain.net");
    for (file, shares) in
        [("ema.net", [0.0, 0.6, 0.6, 0.6, 0.6, 0.6]), ("swa.net", [0.0, 0.0, 0.0, 0.0, 0.5, 2.0 / 3.0])]
    {
        assert_eq!(course(&folder, file), plain, "training itself stays as it is");
        let mut mean = vec![0.0; plain[0].len()];
        for (keep, weights) in shares.into_iter().zip(&plain) {
            mean.iter_mut()
                .zip(weights)
                .for_each(|(mean, w)| *mean = keep * *mean + (1.0 - keep) * f64::from(*w));
        }
        let last = tensors(&folder, &format!("{file}-6/last.ckpt"));
        near(&last["average.dense_1.weight"], mean.iter().copied());
        // The second epoch is the better one: its average has the layer's name.
        let best = tensors(&folder, &format!("{file}-6/best.ckpt"));
        assert_eq!(best["dense_1.weight"], last["average.dense_1.weight"]);
        assert_eq!(best["trained.dense_1.weight"], last["dense_1.weight"]);
        let run = format!("{file}-6");
        let eval = |which: &str| folder.run(&["eval", &run, "--checkpoint", which]).replace(which, "");
        assert_eq!(eval("last"), eval("best"));
    }
    assert_ne!(
        folder.run(&["eval", "ema.net-6"]),
        folder.run(&["eval", "plain.net-6"]).replace("plain", "ema")
    );
}

/// One minibatch of all rows: what its step measures is what the running figures go towards, `1 - 0.9^4` of the way.
#[test]
fn statistics_are_measured_with_the_mean() {
    let text = net("batch_norm -> dense 5 -> relu", 90, "average swa, from=50%\n  epochs 4");
    let folder = Folder::new(&[("m.net", &text)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let last = tensors(&folder, "run/last.ckpt");
    let way = 1.0 - 0.9_f64.powi(4);
    let of = |name: &str, start: f64| {
        last[name].iter().map(move |x| (f64::from(*x) - start * (1.0 - way)) / way).collect::<Vec<f64>>()
    };
    near(&last["average.batch_norm_1.running_mean"], of("batch_norm_1.running_mean", 0.0).into_iter());
    near(&last["average.batch_norm_1.running_var"], of("batch_norm_1.running_var", 1.0).into_iter());
}

/// Means over the minibatches of an epoch, of what the averaged parameters make of their rows: with minibatches of one size, of all rows. `dense` is linear, so the mean of
/// its results is what it makes of the mean row, which a norm in front of it measures.
#[test]
fn statistics_are_those_of_the_averaged_parameters() {
    let train = "average swa, from=50%\n  epochs 4";
    let folder = Folder::new(&[
        ("rows.net", &net("batch_norm -> dense 5 -> relu", 30, train)),
        ("behind.net", &net("dense 5 -> batch_norm -> relu", 30, train)),
    ]);
    for (file, out) in [("rows.net", "rows"), ("behind.net", "behind")] {
        let said = folder.run(&["train", file, "-q", "-o", out]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    let row = tensors(&folder, "rows/last.ckpt").remove("average.batch_norm_1.running_mean").expect("a mean");
    let last = tensors(&folder, "behind/last.ckpt");
    let (weight, bias) = (&last["average.dense_1.weight"], &last["average.dense_1.bias"]);
    let of_unit = |unit: usize| {
        let products = row.iter().zip(weight.iter().skip(unit).step_by(5));
        f64::from(bias[unit]) + products.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum::<f64>()
    };
    near(&last["average.batch_norm_1.running_mean"], (0..5).map(of_unit));
    // Those of the parameters that training has come to, or of the course, are others.
    let course = &last["batch_norm_1.running_mean"];
    let far = |(a, b): (&f32, &f32)| (a - b).abs() > 1e-3;
    assert!(last["average.batch_norm_1.running_mean"].iter().zip(course).any(far));
}

#[test]
fn runs_with_averages_are_taken_up_to_the_same_bits() {
    for average in ["ema, decay=0.9", "swa, from=30%"] {
        let text = net(
            "dense 8 -> batch_norm -> relu -> dropout 0.3",
            20,
            &format!("average {average}\n  epochs 5"),
        );
        let folder = Folder::new(&[("m.net", &text)]);
        let train = |more: &[&str]| folder.run(&[&["train", "m.net", "-q"], more].concat());
        train(&["-o", "whole", "--threads", "1"]);
        train(&["-o", "run", "--threads", "2", "--epochs", "3"]);
        let bytes = |file: &str| fs::read(folder.path().join(file)).expect("a checkpoint");
        train(&["-o", "run", "--resume"]);
        assert!(bytes("whole/last.ckpt") == bytes("run/last.ckpt"), "{average}");
        assert!(bytes("whole/best.ckpt") == bytes("run/best.ckpt"), "{average}");
        // The run stands at its best epoch where the last checkpoint is missing, and knows what was trained.
        fs::remove_file(folder.path().join("run/last.ckpt")).expect("a file");
        let said = train(&["-o", "run", "--resume"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        assert!(bytes("whole/last.ckpt") == bytes("run/last.ckpt"), "{average}: {said}");
    }
}
