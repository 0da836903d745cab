//! What dropout promises: means, moments, exact zeros, and how its two conventions are related.

use super::rig;
use crate::graph::Mode;
use crate::{
    check::{Env, check_source},
    draws,
    draws::rng,
    graph::{
        ParamId, Sink,
        interpret::{Bindings, Tensor},
    },
    lower::{Lowered, lower_predict, lower_train},
    model::{Init, Model, Param},
};

const MANY: usize = 6000;

fn model(source: &str) -> Model {
    let checked = check_source(source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics))
}

fn chain(chain: &str) -> String {
    format!("net {{\n  input x: real[4]\n  {chain}\n  output y: real[4]\n}}\n")
}

/// Outputs of a chain in training for these inputs, `[MANY, 4]`.
fn trained(text: &str, inputs: Vec<f32>) -> Vec<f64> {
    let net = model(&chain(text));
    let lowered = lower_predict(&net, Mode::Train);
    let mut bindings = rig::bindings::<f32>(&lowered);
    bindings.rows = MANY;
    bindings.inputs = vec![Tensor::real(&[MANY, 4], inputs)];
    bindings.positions = (0..MANY as u64).collect();
    // Learned rates where they begin.
    bindings.params = net.params.iter().map(start).collect();
    let values = rig::run(&lowered.graph, &bindings);
    values.sink(Sink::Output).expect("outputs").reals().iter().map(|y| f64::from(*y)).collect()
}

fn start(param: &Param) -> Tensor<f32> {
    match param.init {
        Init::Constant(x) => Tensor::real(&param.dims, vec![x as f32; param.len()]),
        init => panic!("{}: {init:?}", param.name),
    }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

/// Four standard errors.
fn within(found: f64, expected: f64, sd: f64, what: &str) {
    let bound = 4.0 * sd / ((MANY * 4) as f64).sqrt();
    assert!((found - expected).abs() < bound, "{what}: {found} is not {expected} within {bound}");
}

#[test]
fn the_mean_of_what_is_dropped_is_that_of_what_is_not() {
    for (text, p) in [("dropout 0.2", 0.2_f64), ("dropout 0.5", 0.5), ("dropout 0.3, kind=gaussian", 0.3)] {
        let (mean, variance) = moments(&trained(text, vec![1.0; MANY * 4]));
        let expected = p / (1.0 - p);
        within(mean, 1.0, expected.sqrt(), text);
        assert!((variance / expected - 1.0).abs() < 0.05, "{text}: {variance} is not {expected}");
    }
}

/// Relaxed coins at their start: nearly all of a unit is kept or dropped, in the proportion of the rate, and the mean is kept to a few percent.
#[test]
fn relaxed_coins_are_nearly_coins() {
    for (text, p) in [("dropout kind=concrete", 0.1_f64), ("dropout 0.4, kind=concrete", 0.4)] {
        let values = trained(text, vec![1.0; MANY * 4]);
        let kept: Vec<f64> = values.iter().map(|y| y * (1.0 - p)).collect();
        assert!(kept.iter().all(|k| (-1e-6..=1.0 + 1e-6).contains(k)), "{text}");
        // More than half kept means a logistic deviate below -logit p: probability 1 - p exactly.
        let most = kept.iter().filter(|k| **k > 0.5).count() as f64 / kept.len() as f64;
        within(most, 1.0 - p, (p * (1.0 - p)).sqrt(), text);
        let between = kept.iter().filter(|k| (0.1..0.9).contains(*k)).count() as f64 / kept.len() as f64;
        // |logit p + logit u| < T ln 9 has probability near 2 T ln 9 p (1 - p).
        assert!(
            (between / (2.0 * 0.1 * 9.0_f64.ln() * p * (1.0 - p)) - 1.0).abs() < 0.1,
            "{text}: {between}"
        );
        assert!((moments(&values).0 - 1.0).abs() < 0.03, "{text}");
    }
    let sharper = trained("dropout 0.4, kind=concrete, temperature=0.01", vec![1.0; MANY * 4]);
    let between = sharper.iter().filter(|y| (0.1..0.9).contains(&(**y * 0.6))).count();
    assert!(between < MANY * 4 / 50, "{between}");
}

#[test]
fn alpha_dropout_keeps_mean_and_variance_of_normal_inputs() {
    let mut inputs = vec![0.0; MANY * 4];
    rng::fill_normal(&mut rng::stream(5, "test", &[]), 0.0, 1.0, &mut inputs);
    for p in [0.05, 0.1, 0.5] {
        let text = format!("dropout {p}, kind=alpha");
        let (mean, variance) = moments(&trained(&text, inputs.clone()));
        within(mean, 0.0, 1.0, &text);
        assert!((variance - 1.0).abs() < 0.05, "{text}: {variance}");
    }
}

/// A unit that the whole minibatch drops neither sends nor learns.
#[test]
fn weights_of_a_dropped_unit_stay_exactly_as_they_are() {
    let source = "\
net {
  input x: real[4]
  dense 16 -> tanh -> dropout 0.5, share=batch
  dense 3
  output y: class[3]
}
train {
  loss cross_entropy
  optimizer sgd, lr=1
  epochs 1
}
";
    let lowered = lower_train(&model(source));
    let bindings = rig::bindings::<f32>(&lowered);
    let values = rig::run(&lowered.graph, &bindings);
    let key = draws::row_key(rig::stream("dropout_1"), rig::UPDATE);
    let q = draws::quantise(0.5).expect("a rate");
    let moved = |name: &str| -> Vec<bool> {
        let param = lowered.graph.params.iter().position(|p| p.name == name).expect("a parameter");
        let after = values.sink(Sink::Param(ParamId(param as u32))).expect("an update").reals();
        let before = bindings.params[param].reals();
        before.iter().zip(after).map(|(b, a)| b.to_bits() != a.to_bits()).collect()
    };
    let (incoming, bias, outgoing) =
        (moved("dense_1.weight"), moved("dense_1.bias"), moved("dense_2.weight"));
    let kept: Vec<bool> = (0..16).map(|unit| draws::kept(key, unit, q)).collect();
    assert!(kept.contains(&true) && kept.contains(&false));
    for (unit, kept) in kept.iter().enumerate() {
        assert!((0..4).all(|i| incoming[i * 16 + unit] == *kept), "incoming weights of unit {unit}");
        assert!(bias[unit] == *kept, "bias of unit {unit}");
        assert!((0..3).all(|j| outgoing[unit * 3 + j] == *kept), "outgoing weights of unit {unit}");
    }
}

/// The layer behind a dropped value, in one of the two conventions.
fn convention(scale: &str, lr: f64) -> Lowered {
    let source = format!(
        "net {{\n  input x: real[4]\n  dropout 0.5, scale={scale}\n  dense 3, bias=false\n  output y: class[3]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr={lr}\n  epochs 1\n}}\n"
    );
    lower_train(&model(&source))
}

fn outputs(lowered: &Lowered, weight: &[f64]) -> Vec<f64> {
    let mut bindings = rig::bindings::<f64>(lowered);
    bindings.params = vec![Tensor::real(&[4, 3], weight.to_vec())];
    rig::run(&lowered.graph, &bindings).sink(Sink::Output).expect("outputs").reals().to_vec()
}

fn same(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?}\n{b:?}");
}

const KEEP: f64 = 0.5;

/// Under the map `W_test = W_train / keep` training and evaluation agree, masks being the same.
#[test]
fn the_two_conventions_agree_under_their_map() {
    let weight = rig::numbers("weight", 12);
    let mapped: Vec<f64> = weight.iter().map(|w| w / KEEP).collect();
    for mode in [Mode::Train, Mode::Eval, Mode::Mc] {
        let of = |scale: &str| {
            let text = format!(
                "net {{\n  input x: real[4]\n  dropout 0.5, scale={scale}\n  dense 3, bias=false\n  output y: class[3]\n}}\n"
            );
            lower_predict(&model(&text), mode)
        };
        same(&outputs(&of("train"), &weight), &outputs(&of("test"), &mapped));
    }
}

/// With plain SGD whole trajectories agree if the inverted form's rate is `keep^2` times that of 2014.
#[test]
fn the_two_conventions_train_alike_at_mapped_rates() {
    let (inverted, classic) = (convention("train", 0.1), convention("test", 0.1 / (KEEP * KEEP)));
    let mut weight = rig::numbers("weight", 12);
    let mut mapped: Vec<f64> = weight.iter().map(|w| w / KEEP).collect();
    for update in 0..5 {
        weight = stepped(&inverted, weight, 0.1, update);
        mapped = stepped(&classic, mapped, 0.1 / (KEEP * KEEP), update);
        let back: Vec<f64> = mapped.iter().map(|w| w * KEEP).collect();
        same(&weight, &back);
    }
    assert!((weight[0] - rig::numbers("weight", 12)[0]).abs() > 1e-3);
}

/// One step of SGD; every update sees other masks.
fn stepped(lowered: &Lowered, weight: Vec<f64>, lr: f64, update: u64) -> Vec<f64> {
    let mut bindings: Bindings<f64> = rig::bindings(lowered);
    let words = rig::scalar_words_at(&lowered.scalars, lr);
    bindings.bind_scalar_words(&lowered.graph, &words);
    bindings.positions = bindings.positions.iter().map(|p| p + 100 * update).collect();
    bindings.params = vec![Tensor::real(&[4, 3], weight)];
    let values = rig::run(&lowered.graph, &bindings);
    values.sink(Sink::Param(ParamId(0))).expect("an update").reals().to_vec()
}
