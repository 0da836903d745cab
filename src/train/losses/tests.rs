//! Losses against their formulas in f64, and their derivatives against differences.

mod tokens;

use super::*;
use crate::{
    graph::{
        Mode, ParamId, Sink,
        interpret::{Bindings, Data, Tensor},
    },
    layers::tests::rig::{self, LAMBDA, ROWS},
    lower::{LOSS, Lowered, OBJECTIVE, lower_eval, lower_train},
    train::tests::model_of,
};

/// A net that hands its input on, trained by these statements.
fn source(kind: OutputKind, loss: &str, more: &str) -> String {
    let width = kind.width();
    format!(
        "{more}net {{\n  input x: real[{width}]\n  identity\n  output y: {kind}\n}}\ntrain {{\n  loss {loss}\n  optimizer sgd, lr=1\n  epochs 1\n}}\n"
    )
}

const MIXUP: &str = "augment {\n  mixup alpha=0.4\n}\n";

/// What a formula sees of a row: outputs and target, mixed where rows are.
struct Row {
    z: Vec<f64>,
    /// Soft classes, or numbers.
    y: Vec<f64>,
}

fn mixed(own: f64, partner: f64, mix: bool) -> f64 {
    if mix { LAMBDA * own + (1.0 - LAMBDA) * partner } else { own }
}

fn rows(bindings: &Bindings<f64>, kind: OutputKind, mix: bool) -> Vec<Row> {
    let width = kind.width();
    let dense = |tensor: &Tensor<f64>| match (&tensor.data, kind.classes()) {
        (Data::I32(classes), Some(k)) => {
            classes.iter().flat_map(|c| (0..k).map(move |i| f64::from(u8::from(*c == i as i32)))).collect()
        }
        _ => tensor.reals().to_vec(),
    };
    let blend = |own: Vec<f64>, partner: Vec<f64>, width: usize| -> Vec<Vec<f64>> {
        let all: Vec<f64> = own.iter().zip(&partner).map(|(a, b)| mixed(*a, *b, mix)).collect();
        all.chunks(width).map(<[f64]>::to_vec).collect()
    };
    let z = blend(bindings.inputs[0].reals().to_vec(), bindings.partners[0].reals().to_vec(), width);
    let target = bindings.target.as_ref().expect("targets");
    let partner = bindings.partner_target.as_ref().expect("targets");
    let own = dense(target);
    let y = blend(own.clone(), dense(partner), own.len() / ROWS);
    z.into_iter().zip(y).map(|(z, y)| Row { z, y }).collect()
}

fn total(lowered: &Lowered, metric: usize, bindings: &Bindings<f64>) -> f64 {
    let values = rig::run(&lowered.graph, bindings);
    values.sink(Sink::Metric(metric as u32)).expect("a total").reals()[0]
}

fn log_softmax(z: &[f64]) -> Vec<f64> {
    let sum: f64 = z.iter().map(|x| x.exp()).sum();
    z.iter().map(|x| x - sum.ln()).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

fn errors(row: &Row) -> impl ExactSizeIterator<Item = f64> {
    row.z.iter().zip(&row.y).map(|(z, y)| z - y)
}

const WEIGHTS: [f64; 3] = [1.0, 2.0, 0.5];

/// Numerator and divisor of a row.
type Formula = fn(&Row) -> (f64, f64);

fn cross_entropy(row: &Row) -> (f64, f64) {
    (-log_softmax(&row.z).iter().zip(&row.y).map(|(log_p, q)| q * log_p).sum::<f64>(), 1.0)
}

fn divergence(row: &Row, smoothing: f64) -> (f64, f64) {
    let q = |y: f64| (1.0 - smoothing) * y + smoothing / 3.0;
    let term = |(log_p, y): (&f64, &f64)| if q(*y) > 0.0 { q(*y) * (q(*y).ln() - log_p) } else { 0.0 };
    (log_softmax(&row.z).iter().zip(&row.y).map(term).sum(), 1.0)
}

fn smoothed_and_weighted(row: &Row) -> (f64, f64) {
    let log_p = log_softmax(&row.z);
    let q = |k: usize| 0.9 * row.y[k] + 0.1 / 3.0;
    let sum: f64 = (0..3).map(|k| q(k) * WEIGHTS[k] * log_p[k]).sum();
    (-sum, (0..3).map(|k| row.y[k] * WEIGHTS[k]).sum())
}

fn binary(row: &Row, smoothing: f64) -> (f64, f64) {
    let p = |z: f64| 1.0 / (1.0 + (-z).exp());
    let term = |(z, y): (&f64, &f64)| {
        let t = (1.0 - smoothing) * y + smoothing / 2.0;
        -t * p(*z).ln() - (1.0 - t) * (1.0 - p(*z)).ln()
    };
    (mean(row.z.iter().zip(&row.y).map(term)), 1.0)
}

fn gaussian(row: &Row) -> (f64, f64) {
    let term = |d: usize| {
        let (m, s, y) = (row.z[d], row.z[d + 2], row.y[d]);
        0.5 * (s + (y - m).powi(2) / s.exp())
    };
    (mean([0, 1].into_iter().map(term)), 1.0)
}

fn huber(row: &Row) -> (f64, f64) {
    let term = |e: f64| if e.abs() <= 0.7 { 0.5 * e * e } else { 0.7 * (e.abs() - 0.35) };
    (mean(errors(row).map(term)), 1.0)
}

fn log_cosh(row: &Row) -> (f64, f64) {
    (mean(errors(row).map(|e| e.cosh().ln())), 1.0)
}

fn pinball(row: &Row) -> (f64, f64) {
    (mean(errors(row).map(|e| if e > 0.0 { 0.2 * e } else { -0.8 * e })), 1.0)
}

fn focal(row: &Row, weights: [f64; 3]) -> (f64, f64) {
    let term = |((log_p, q), w): ((&f64, &f64), f64)| -q * w * (1.0 - log_p.exp()).powf(1.5) * log_p;
    (log_softmax(&row.z).iter().zip(&row.y).zip(weights).map(term).sum(), 1.0)
}

fn focal_bits(row: &Row) -> (f64, f64) {
    let p = |z: f64| 1.0 / (1.0 + (-z).exp());
    let term = |(z, y): (&f64, &f64)| {
        let (p, rest) = (p(*z), 1.0 - p(*z));
        -y * rest.powi(2) * p.ln() - (1.0 - y) * p.powi(2) * rest.ln()
    };
    (mean(row.z.iter().zip(&row.y).map(term)), 1.0)
}

/// Of a mixed row the blend of what its classes cost.
fn hinge(row: &Row) -> (f64, f64) {
    let cost = |y: usize| -> f64 {
        let others = (0..row.z.len()).filter(|k| *k != y);
        others.map(|k| (0.5 - row.z[y] + row.z[k]).max(0.0).powi(2)).sum::<f64>() / row.z.len() as f64
    };
    (row.y.iter().enumerate().map(|(y, share)| share * cost(y)).sum(), 1.0)
}

/// PyTorch's `BCEWithLogitsLoss(weight, pos_weight)`.
fn weighed_bits(row: &Row, ones: [f64; 2], all: [f64; 2]) -> (f64, f64) {
    let term = |k: usize| {
        let (z, y) = (row.z[k], row.y[k]);
        all[k] * (ones[k] * y * (-z).exp().ln_1p() + (1.0 - y) * z.exp().ln_1p())
    };
    (mean((0..2).map(term)), 1.0)
}

/// Output, statement, its formula in training, and in evaluation.
const CASES: &[(OutputKind, &str, Formula, Formula)] = &[
    (OutputKind::class(3), "cross_entropy", cross_entropy, cross_entropy),
    (
        OutputKind::class(3),
        "cross_entropy, label_smoothing=0.1, class_weights=[1, 2, 0.5]",
        smoothed_and_weighted,
        cross_entropy,
    ),
    (OutputKind::class(3), "kl", |row| divergence(row, 0.0), cross_entropy),
    (OutputKind::class(3), "kl, label_smoothing=0.2", |row| divergence(row, 0.2), cross_entropy),
    (OutputKind::bits(2), "binary_cross_entropy", |row| binary(row, 0.0), |row| binary(row, 0.0)),
    (
        OutputKind::bits(2),
        "binary_cross_entropy, label_smoothing=0.2",
        |row| binary(row, 0.2),
        |row| binary(row, 0.0),
    ),
    (
        OutputKind::bits(2),
        "binary_cross_entropy, pos_weight=[3, 0.5], weights=[1, 2]",
        |row| weighed_bits(row, [3.0, 0.5], [1.0, 2.0]),
        |row| binary(row, 0.0),
    ),
    (
        OutputKind::bits(2),
        "binary_cross_entropy, pos_weight=4",
        |row| weighed_bits(row, [4.0; 2], [1.0; 2]),
        |row| binary(row, 0.0),
    ),
    (
        OutputKind::real(3),
        "squared_error",
        |row| (mean(errors(row).map(|e| e * e)), 1.0),
        |row| (mean(errors(row).map(|e| e * e)), 1.0),
    ),
    (
        OutputKind::real(3),
        "absolute_error",
        |row| (mean(errors(row).map(f64::abs)), 1.0),
        |row| (mean(errors(row).map(f64::abs)), 1.0),
    ),
    (OutputKind::real(3), "huber, delta=0.7", huber, huber),
    (OutputKind::normal(2), "gaussian_nll", gaussian, gaussian),
    (OutputKind::real(3), "log_cosh", log_cosh, log_cosh),
    (OutputKind::real(3), "quantile, 0.8", pinball, pinball),
    (
        OutputKind::class(3),
        "focal, gamma=1.5, class_weights=[1, 2, 0.5]",
        |row| focal(row, WEIGHTS),
        |row| focal(row, [1.0; 3]),
    ),
    (OutputKind::bits(2), "focal", focal_bits, focal_bits),
    (OutputKind::class(3), "hinge, margin=0.5, power=2", hinge, hinge),
];

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{what}: {found} is not {expected}");
}

#[test]
fn every_loss_is_its_formula_mixed_or_not() {
    for (kind, loss, training, evaluation) in CASES {
        for (more, mix) in [("", false), (MIXUP, true)] {
            let model = model_of(&source(*kind, loss, more));
            let lowered = lower_train(&model);
            let bindings = rig::bindings::<f64>(&lowered);
            let parts: Vec<(f64, f64)> = rows(&bindings, *kind, mix).iter().map(training).collect();
            let sum = |f: fn(&(f64, f64)) -> f64| parts.iter().map(f).sum::<f64>();
            let expected = sum(|p| p.0) / sum(|p| p.1);
            close(total(&lowered, LOSS, &bindings) / ROWS as f64, expected, loss);

            let lowered = lower_eval(&model, Mode::Eval);
            let bindings = rig::bindings::<f64>(&lowered);
            let sum: f64 = rows(&bindings, *kind, false).iter().map(|row| evaluation(row).0).sum();
            close(total(&lowered, 0, &bindings), sum, loss);
        }
    }
}

#[test]
fn derivatives_agree_with_differences() {
    const STEP: f64 = 1e-5;
    for (kind, loss, ..) in CASES {
        let width = kind.width();
        let text = source(*kind, loss, MIXUP).replace("identity", &format!("dense {width}"));
        let lowered = lower_train(&model_of(&text));
        let bindings = rig::bindings::<f64>(&lowered);
        let values = rig::run(&lowered.graph, &bindings);
        let after = values.sink(Sink::Param(ParamId(0))).expect("an update").reals();
        let before = bindings.params[0].reals();
        let moved = |i: usize, by: f64| {
            let mut bindings = bindings.clone();
            if let Data::F32(weights) = &mut bindings.params[0].data {
                weights[i] += by;
            }
            total(&lowered, OBJECTIVE, &bindings) / ROWS as f64
        };
        for i in 0..before.len() {
            let difference = (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP);
            close(before[i] - after[i], difference, loss);
        }
    }
}

/// Of means above 0, which this loss alone asks for.
#[test]
fn counts_have_their_likelihood() {
    const STEP: f64 = 1e-5;
    let text = source(OutputKind::real(3), "poisson", "");
    let lowered = lower_train(&model_of(&text.replace("identity", "exp")));
    let bindings = rig::bindings::<f64>(&lowered);
    let term = |row: &Row| mean(row.z.iter().zip(&row.y).map(|(z, y)| z.exp() - y * z));
    let expected = mean(rows(&bindings, OutputKind::real(3), false).iter().map(term));
    close(total(&lowered, LOSS, &bindings) / ROWS as f64, expected, "poisson");

    let lowered = lower_train(&model_of(&text.replace("identity", "dense 3 -> softplus")));
    let bindings = rig::bindings::<f64>(&lowered);
    let after = rig::run(&lowered.graph, &bindings);
    let after = after.sink(Sink::Param(ParamId(0))).expect("an update").reals();
    for (i, before) in bindings.params[0].reals().iter().enumerate() {
        let moved = |by: f64| {
            let mut bindings = bindings.clone();
            if let Data::F32(weights) = &mut bindings.params[0].data {
                weights[i] += by;
            }
            total(&lowered, OBJECTIVE, &bindings) / ROWS as f64
        };
        close(before - after[i], (moved(STEP) - moved(-STEP)) / (2.0 * STEP), "poisson");
    }
}

/// Logits far out neither overflow nor lose the derivative.
#[test]
fn extreme_logits_stay_finite() {
    for (kind, loss) in
        [(OutputKind::bits(2), "binary_cross_entropy"), (OutputKind::class(2), "cross_entropy")]
    {
        let lowered = lower_eval(&model_of(&source(kind, loss, "")), Mode::Eval);
        let mut bindings = rig::bindings::<f32>(&lowered);
        bindings.inputs[0] = Tensor::real(&[ROWS, 2], [1000.0, -1000.0].repeat(ROWS));
        bindings.target = Some(match kind.classes() {
            Some(_) => Tensor::ints(&[ROWS], vec![1; ROWS]),
            None => Tensor::real(&[ROWS, 2], [0.0, 0.0].repeat(ROWS)),
        });
        let values = rig::run(&lowered.graph, &bindings);
        let loss = values.sink(Sink::Metric(0)).expect("a total").reals()[0] / ROWS as f32;
        // 1000 for the wrong bit and 0 for the right one; 2000 between the classes.
        let expected = if kind == OutputKind::bits(2) { 500.0 } else { 2000.0 };
        assert_eq!(loss, expected);
    }
}

/// `sum (W^T W - I)^2` of a square matrix.
fn far_from_orthogonal(weight: &Tensor<f64>) -> f64 {
    let (w, n) = (weight.reals(), weight.dims[1]);
    let product = |i: usize, j: usize| (0..n).map(|k| w[k * n + i] * w[k * n + j]).sum::<f64>();
    let far = |(i, j): (usize, usize)| (product(i, j) - f64::from(u8::from(i == j))).powi(2);
    (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(far).sum()
}

fn largest_singular_value(weight: &Tensor<f64>) -> f64 {
    let (w, n) = (weight.reals(), weight.dims[1]);
    let mut v: Vec<f64> = (0..n).map(|j| 1.0 + j as f64).collect();
    let mut size = 0.0;
    for _ in 0..1000 {
        let u: Vec<f64> = (0..n).map(|i| (0..n).map(|j| w[i * n + j] * v[j]).sum()).collect();
        let back: Vec<f64> = (0..n).map(|j| (0..n).map(|i| w[i * n + j] * u[i]).sum()).collect();
        let norm = back.iter().map(|x| x * x).sum::<f64>().sqrt();
        let long = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        size = (norm / long).sqrt();
        v = back.into_iter().map(|x| x / norm).collect();
    }
    size
}

/// What penalties add has the gradient that differences say, also where it is found by an iteration.
#[test]
fn derivatives_of_penalties_agree_with_differences() {
    const STEP: f64 = 1e-5;
    for penalty in [
        "penalize orthogonal, 0.3",
        "penalize spectral, 0.3",
        "penalize l1, 0.3, of=h",
        "penalize l2, 0.3, of=h",
    ] {
        let label = if penalty.ends_with("of=h") { "h: " } else { "" };
        let text = source(OutputKind::real(2), "squared_error", "")
            .replace("identity", &format!("{label}dense 4 -> tanh\n  dense 2"))
            .replace("epochs", &format!("{penalty}\n  epochs"));
        let lowered = lower_train(&model_of(&text));
        let bindings = rig::bindings::<f64>(&lowered);
        let values = rig::run(&lowered.graph, &bindings);
        for param in [0, 2] {
            let after = values.sink(Sink::Param(ParamId(param))).expect("an update").reals();
            let before = bindings.params[param as usize].reals();
            let moved = |i: usize, by: f64| {
                let mut bindings = bindings.clone();
                if let Data::F32(weights) = &mut bindings.params[param as usize].data {
                    weights[i] += by;
                }
                total(&lowered, OBJECTIVE, &bindings) / ROWS as f64
            };
            for i in 0..before.len() {
                let difference = (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP);
                close(before[i] - after[i], difference, penalty);
            }
        }
    }
}

/// `penalize` and a layer's own amounts add to the objective and leave the loss alone; biases count with `on=all` only.
#[test]
fn penalties_add_to_the_objective() {
    let penalised = |statement: &str| {
        let text = source(OutputKind::real(3), "squared_error", "");
        let text =
            text.replace("identity", "dense 3, l1=0.5").replace("epochs", &format!("{statement}\n  epochs"));
        let lowered = lower_train(&model_of(&text));
        let bindings = rig::bindings::<f64>(&lowered);
        let more = total(&lowered, OBJECTIVE, &bindings) - total(&lowered, LOSS, &bindings);
        (more / ROWS as f64, bindings.params)
    };
    let sum = |tensor: &Tensor<f64>, f: fn(f64) -> f64| tensor.reals().iter().map(|w| f(*w)).sum::<f64>();
    let (more, params) = penalised("penalize l2, 0.1");
    let own = 0.5 * sum(&params[0], f64::abs);
    close(more, own + 0.1 * sum(&params[0], |w| w * w), "l2 of weights");
    close(penalised("penalize orthogonal, 0.1").0, own + 0.1 * far_from_orthogonal(&params[0]), "orthogonal");
    let squared = largest_singular_value(&params[0]).powi(2);
    let spectral = penalised("penalize spectral, 0.1").0 - own;
    assert!((0.099 * squared..=0.1 * squared + 1e-9).contains(&spectral), "{spectral} beside {squared}");
    let (more, params) = penalised("penalize l1, 0.1, on=all\n  penalize l2, 0.2");
    let both =
        0.1 * (sum(&params[0], f64::abs) + sum(&params[1], f64::abs)) + 0.2 * sum(&params[0], |w| w * w);
    close(more, own + both, "l1 of all and l2");
}

/// `balanced` becomes the numbers of scikit-learn's `compute_class_weight` and of `(rows - ones) / ones`, of the training rows alone.
#[test]
fn balanced_weights_are_those_of_the_training_rows() {
    let rows: String =
        (0..12).map(|i| format!("{i},{},{}\n", ["a", "b", "b"][i % 3], u8::from(i % 4 == 0))).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), format!("x,kind,bit\n{rows}12,c,1\n13,c,1\n")).unwrap();
    let weights = |target: &str, loss: &str, output: &str, width: usize, name: &str| {
        let source = format!(
            "data {{\n  source csv, \"t.csv\"\n  inputs x\n  target {target}\n  split train=12, test=2, shuffle=false\n}}\nnet {{\n  input x: real[1]\n  dense {width}\n  output y: {output}\n}}\ntrain {{\n  loss {loss}\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
        );
        let search = crate::data::Search::new(folder.path(), folder.path(), None);
        let ready = crate::run::open(&source, &[], &search).unwrap_or_else(|e| panic!("{e}"));
        let found = cross_entropy::numbers(ready.model.train.unwrap().loss.args.value(name));
        assert!(!found.is_empty(), "{source}");
        found
    };
    for loss in ["cross_entropy, class_weights=balanced", "focal, class_weights=balanced"] {
        // The class of test rows alone has no weight.
        assert_eq!(weights("kind", loss, "class[3]", 3, "class_weights"), [1.0, 0.5, 0.0]);
    }
    let loss = "binary_cross_entropy, pos_weight=balanced";
    assert_eq!(weights("bit", loss, "bits[1]", 1, "pos_weight"), [3.0]);
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    for (kind, loss, reason) in [
        (
            OutputKind::bits(2),
            "binary_cross_entropy, pos_weight=[1]",
            "needs 2 weights, one an output, found 1",
        ),
        (OutputKind::bits(2), "binary_cross_entropy, weights=[1, -1]", "must not be negative"),
        (OutputKind::bits(2), "binary_cross_entropy, pos_weight=0", "must be > 0"),
        (OutputKind::class(3), "cross_entropy, class_weights=balance", "a similar word exists"),
    ] {
        let found =
            crate::check::check_source(&source(kind, loss, ""), &crate::check::Env::default()).diagnostics;
        assert!(format!("{found:?}").contains(reason), "{loss}: {found:?}");
    }
}
