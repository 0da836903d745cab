//! Cross-entropy of tokens at each step: means over tokens and over rows, what lies behind the ends of rows, and what metrics see.

use serde_json::Value as Json;

use super::*;
use crate::lower::STEPS;

const T: usize = 4;
const V: usize = 5;
/// Of the rows, from one step to all.
const LENGTHS: [i32; ROWS] = [4, 1, 3, 2, 4];

/// A net with one layer, of rows with `steps` steps.
fn source(loss: &str, steps: usize) -> String {
    format!(
        "net {{\n  input x: series[{steps}, 3]\n  dense {V}\n  output y: token[{steps}, vocab={V}]\n}}\ntrain {{\n  loss {loss}\n  optimizer sgd, lr=1\n  epochs 1\n}}\n"
    )
}

/// The same rows at any number of steps; `filling` is what stands behind their ends.
fn bindings(lowered: &Lowered, steps: usize, filling: f64) -> Bindings<f64> {
    let mut bindings = rig::bindings::<f64>(lowered);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (row, length) in LENGTHS.iter().enumerate() {
        let own = rig::numbers(&format!("row {row}"), 3 * T);
        let own = own.into_iter().take(3 * *length as usize);
        x.extend(own.chain(std::iter::repeat(filling)).take(3 * steps));
        let tokens = (0..*length).map(|t| (t * t + row as i32) % V as i32);
        y.extend(tokens.chain(std::iter::repeat(filling as i32)).take(steps));
    }
    bindings.inputs = vec![Tensor::real(&[ROWS, steps, 3], x), Tensor::ints(&[ROWS], LENGTHS.to_vec())];
    bindings.target = Some(Tensor::ints(&[ROWS, steps], y));
    bindings
}

/// The loss of each own step of each row, by hand.
fn losses(bindings: &Bindings<f64>, steps: usize, smoothing: f64) -> Vec<Vec<f64>> {
    let (w, b) = (bindings.params[0].reals(), bindings.params[1].reals());
    let tokens = bindings.target.as_ref().expect("targets").as_ints();
    let step = |row: usize, t: usize| {
        let x = &bindings.inputs[0].reals()[(row * steps + t) * 3..][..3];
        let z: Vec<f64> = (0..V).map(|k| b[k] + (0..3).map(|i| x[i] * w[i * V + k]).sum::<f64>()).collect();
        let came = tokens[row * steps + t] as usize;
        let q = |k: usize| (1.0 - smoothing) * f64::from(u8::from(k == came)) + smoothing / V as f64;
        -log_softmax(&z).iter().enumerate().map(|(k, log_p)| q(k) * log_p).sum::<f64>()
    };
    LENGTHS.iter().enumerate().map(|(row, n)| (0..*n as usize).map(|t| step(row, t)).collect()).collect()
}

fn sum(losses: &[Vec<f64>]) -> f64 {
    losses.iter().flatten().sum()
}

fn tokens_there() -> f64 {
    LENGTHS.iter().map(|n| f64::from(*n)).sum()
}

#[test]
fn the_mean_is_over_tokens_or_over_rows() {
    for (loss, smoothing) in [("cross_entropy", 0.0), ("cross_entropy, label_smoothing=0.2", 0.2)] {
        let lowered = lower_train(&model_of(&source(loss, T)));
        let bound = bindings(&lowered, T, 0.0);
        close(total(&lowered, LOSS, &bound), sum(&losses(&bound, T, smoothing)), loss);
        assert_eq!(total(&lowered, STEPS, &bound), tokens_there(), "{loss}");
    }
    let lowered = lower_train(&model_of(&source("cross_entropy, per=row", T)));
    let bound = bindings(&lowered, T, 0.0);
    close(total(&lowered, LOSS, &bound), sum(&losses(&bound, T, 0.0)), "per row, times the rows");
    assert_eq!(lowered.graph.metrics.len(), 2, "its mean is over rows");
}

#[test]
fn the_derivative_agrees_with_differences() {
    const STEP: f64 = 1e-5;
    for (loss, terms) in [
        ("cross_entropy", tokens_there()),
        ("cross_entropy, label_smoothing=0.2", tokens_there()),
        ("cross_entropy, per=row", ROWS as f64),
    ] {
        let lowered = lower_train(&model_of(&source(loss, T)));
        let bound = bindings(&lowered, T, 0.0);
        let values = rig::run(&lowered.graph, &bound);
        for param in 0..2 {
            let after = values.sink(Sink::Param(ParamId(param))).expect("an update").reals().to_vec();
            let before = bound.params[param as usize].reals();
            let moved = |i: usize, by: f64| {
                let mut bound = bound.clone();
                if let Data::F32(weights) = &mut bound.params[param as usize].data {
                    weights[i] += by;
                }
                total(&lowered, OBJECTIVE, &bound) / terms
            };
            for i in 0..before.len() {
                let difference = (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP);
                close(before[i] - after[i], difference, loss);
            }
        }
    }
}

/// Nothing behind a row's end reaches loss, gradient or count; nor does the number of steps that is declared.
#[test]
fn ends_of_rows_are_ends() {
    let of = |steps: usize, filling: f64| {
        let lowered = lower_train(&model_of(&source("cross_entropy", steps)));
        let bound = bindings(&lowered, steps, filling);
        let values = rig::run(&lowered.graph, &bound);
        let weights = values.sink(Sink::Param(ParamId(0))).expect("an update").reals().to_vec();
        (total(&lowered, LOSS, &bound), total(&lowered, STEPS, &bound), weights)
    };
    let (loss, steps, weights) = of(T, 0.0);
    for (declared, filling) in [(T, 3.0), (T + 7, 0.0), (T + 7, 4.0)] {
        let other = of(declared, filling);
        assert_eq!(other.1, steps);
        close(other.0, loss, "loss");
        weights.iter().zip(&other.2).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a} {b}"));
    }
}

/// The logarithm of the probability of what came, and how many others were held for as likely: one of two equal ones is no hit.
#[test]
fn metrics_see_two_numbers_a_step() {
    let source = "net {\n  input x: series[2, 3]\n  identity\n  output y: token[2, vocab=3]\n}\ntrain {\n  loss cross_entropy\n  optimizer sgd, lr=1\n  epochs 1\n}\n";
    let lowered = lower_eval(&model_of(source), Mode::Eval);
    let mut bound = rig::bindings::<f64>(&lowered);
    let z = [2.0, 1.0, 0.0, 1.0, 1.0, -1.0];
    bound.inputs = vec![Tensor::real(&[ROWS, 2, 3], z.repeat(ROWS)), Tensor::ints(&[ROWS], vec![2; ROWS])];
    bound.target = Some(Tensor::ints(&[ROWS, 2], [0, 1].repeat(ROWS)));
    let values = rig::run(&lowered.graph, &bound);
    let told = values.sink(Sink::Output).expect("what metrics see");
    assert_eq!(told.dims, [ROWS, 2, 2]);
    let expected = [log_softmax(&z[..3])[0], 0.0, log_softmax(&z[3..])[1], 1.0];
    told.reals()[..4].iter().zip(expected).for_each(|(a, b)| close(*a, b, "told"));
    assert_eq!(told.reals()[3], 1.0, "another is as likely");
    let sum = -(expected[0] + expected[2]) * ROWS as f64;
    close(total(&lowered, 0, &bound), sum, "the sum of all");
}

/// A recurrent net with one table at both ends: loss and gradients as PyTorch has them (`tests/golden/language.py`).
#[test]
fn a_language_model_is_that_of_pytorch() {
    let golden: Json =
        serde_json::from_str(include_str!("../../../../tests/golden/language.json")).expect("JSON");
    let whole = |of: &Json| -> Vec<i32> {
        of.as_array().expect("numbers").iter().map(|x| x.as_i64().expect("whole") as i32).collect()
    };
    let reals = |of: &Json| -> Vec<f64> {
        of.as_array().expect("numbers").iter().map(|x| x.as_f64().expect("a number")).collect()
    };
    let cases = golden["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let loss = case["loss"].as_str().expect("a loss");
        let text = format!(
            "net {{\n  input x: token[4, vocab=7]\n  words: embedding 3\n  gru 3\n  unembed words\n  output y: token[4, vocab=7]\n}}\ntrain {{\n  loss {loss}\n  optimizer sgd, lr=1\n  epochs 1\n}}\n"
        );
        let lowered = lower_train(&model_of(&text));
        let mut bound = rig::bindings::<f64>(&lowered);
        let tokens = |name: &str| Tensor::ints(&[ROWS, T], whole(&golden[name]));
        bound.inputs = vec![tokens("tokens"), Tensor::ints(&[ROWS], whole(&golden["lengths"]))];
        bound.target = Some(tokens("target"));
        for (param, value) in lowered.graph.params.iter().zip(&mut bound.params) {
            *value = Tensor::real(&param.dims, reals(&golden["params"][&param.name]));
        }
        let terms = if loss.ends_with("per=row") { ROWS as f64 } else { tokens_there() };
        close(total(&lowered, LOSS, &bound) / terms, case["value"].as_f64().expect("a number"), loss);
        let values = rig::run(&lowered.graph, &bound);
        for (i, param) in lowered.graph.params.iter().enumerate() {
            let after = values.sink(Sink::Param(ParamId(i as u32))).expect("an update").reals();
            let steps = bound.params[i].reals().iter().zip(after).map(|(before, after)| before - after);
            for (step, gradient) in steps.zip(reals(&case["gradients"][&param.name])) {
                close(step, gradient, &param.name);
            }
        }
    }
}
