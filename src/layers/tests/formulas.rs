//! Every layer's lowering against its formula in plain f64, in each mode.

use std::collections::BTreeMap;

use super::{
    model_of,
    rig::{self, ROWS, row_key},
};
use crate::graph::Mode;
use crate::{
    draws::{self, Squares},
    graph::{
        Sink, StateId,
        interpret::{Real, Values},
    },
    lower::{Lowered, lower_predict},
};

type Rows = Vec<Vec<f64>>;

/// What a formula sees: the rows of the input `x: real[4]`, parameters and states by name, the mode.
struct Seen {
    x: Rows,
    stored: BTreeMap<String, Vec<f64>>,
    mode: Mode,
}

impl Seen {
    fn each(&self, f: impl Fn(f64) -> f64) -> Rows {
        self.x.iter().map(|row| row.iter().map(|x| f(*x)).collect()).collect()
    }

    fn stored(&self, name: &str) -> &[f64] {
        &self.stored[name]
    }

    /// Every number with its row and unit.
    fn at(&self, f: impl Fn(f64, usize, u32) -> f64) -> Rows {
        let row =
            |(r, row): (usize, &Vec<f64>)| row.iter().enumerate().map(|(u, x)| f(*x, r, u as u32)).collect();
        self.x.iter().enumerate().map(row).collect()
    }
}

struct Formula {
    /// Between `input x: real[4]` and the output.
    chain: &'static str,
    width: usize,
    f: fn(&Seen) -> Rows,
}

const fn formula(chain: &'static str, width: usize, f: fn(&Seen) -> Rows) -> Formula {
    Formula { chain, width, f }
}

const FORMULAS: &[Formula] = &[
    formula("a: tanh\n  add x, a", 4, |s| s.each(|x| x.tanh() + x)),
    formula("batch_norm eps=0.01", 4, batch_norm),
    formula("concat {\n    branch { identity }\n    branch { tanh }\n  }", 8, |s| {
        s.x.iter().map(|row| row.iter().copied().chain(row.iter().map(|x| x.tanh())).collect()).collect()
    }),
    formula("dense 3", 3, |s| dense(s, 3)),
    formula("drop_connect 0.25 {\n    dense 3\n  }", 3, drop_connect),
    formula("residual {\n    drop_path 0.3 { tanh }\n  }", 4, |s| {
        // Samples keep every branch.
        let mode = if s.mode == Mode::Train { Mode::Train } else { Mode::Eval };
        s.at(|x, row, _| x + masked(mode, x.tanh(), 0.3, row_key("residual_1/drop_path_1", row), 0))
    }),
    formula("residual {\n    drop_path 0.3, share=batch, always=true { tanh }\n  }", 4, |s| {
        let key = draws::row_key(rig::stream("residual_1/drop_path_1"), rig::UPDATE);
        s.at(|x, _, _| x + masked(Mode::Train, x.tanh(), 0.3, key, 0))
    }),
    formula("dropout 0.3", 4, |s| dropout(s, 0.3)),
    formula("dropout keep=0.7, scale=test", 4, dropout_2014),
    formula("dropout 0.3, kind=gaussian", 4, dropout_gaussian),
    formula("dropout 0.3, kind=alpha", 4, dropout_alpha),
    formula(
        "reshape 2x2x1, roles=[height, width, channel]\n  dropout 0.3, kind=dropblock, size=1 -> flatten",
        4,
        |s| dropblock(s, Squares::of(&[2, 2, 1], 1, false)),
    ),
    formula(
        "reshape 1x4, roles=[channel, time]\n  reshape 2x2, roles=[time, channel]\n  dropout 0.4, kind=dropblock, size=2, share=channel -> flatten",
        4,
        |s| dropblock(s, Squares::of(&[2, 2], 2, true)),
    ),
    formula("dropout 0", 4, |s| s.x.clone()),
    formula("dropout 0.3, share=unit", 4, |s| {
        s.at(|x, row, _| masked(s.mode, x, 0.3, row_key("dropout_1", row), 0))
    }),
    formula("dropout 0.3, share=batch", 4, |s| {
        s.at(|x, _, unit| masked(s.mode, x, 0.3, draws::row_key(rig::stream("dropout_1"), rig::UPDATE), unit))
    }),
    formula(
        "reshape 2x2x1, roles=[height, width, channel]\n  dropout 0.3, share=height -> flatten",
        4,
        |s| s.at(|x, row, unit| masked(s.mode, x, 0.3, row_key("dropout_1", row), unit % 2)),
    ),
    formula("dropout 0.3, always=true", 4, |s| {
        s.at(|x, row, unit| masked(Mode::Train, x, 0.3, row_key("dropout_1", row), unit))
    }),
    formula("elu alpha=0.5", 4, |s| s.each(|x| if x > 0.0 { x } else { 0.5 * x.exp_m1() })),
    formula("exp", 4, |s| s.each(f64::exp)),
    formula("reshape 2x2x1\n  flatten", 4, |s| s.x.clone()),
    formula("gelu", 4, |s| s.each(|x| 0.5 * x * (1.0 + Real::erf(x / 2.0_f64.sqrt(), false)))),
    formula("gelu kind=tanh", 4, |s| {
        let c = (2.0 / std::f64::consts::PI).sqrt();
        s.each(|x| 0.5 * x * (1.0 + (c * (x + 0.044715 * x.powi(3))).tanh()))
    }),
    formula("glu", 2, |s| glued(s, |b| 1.0 / (1.0 + (-b).exp()))),
    formula("glu gate=silu", 2, |s| glued(s, |b| b / (1.0 + (-b).exp()))),
    formula("glu gate=gelu", 2, |s| glued(s, |b| 0.5 * b * (1.0 + Real::erf(b / 2.0_f64.sqrt(), false)))),
    formula("glu gate=relu", 2, |s| glued(s, |b| b.max(0.0))),
    formula("glu gate=tanh", 2, |s| glued(s, f64::tanh)),
    formula("glu gate=identity", 2, |s| glued(s, |b| b)),
    formula("add x, x, x -> hard_sigmoid", 4, |s| s.each(|x| hard_sigmoid(3.0 * x))),
    formula("add x, x, x -> hard_swish", 4, |s| s.each(|x| 3.0 * x * hard_sigmoid(3.0 * x))),
    formula("identity", 4, |s| s.x.clone()),
    formula("layer_norm eps=0.01", 4, |s| standardised(s, "layer_norm_1")),
    formula("group_norm groups=1, eps=0.01", 4, |s| standardised(s, "group_norm_1")),
    formula("prelu", 4, |s| {
        s.at(|x, _, unit| if x > 0.0 { x } else { x * s.stored("prelu_1.slope")[unit as usize] })
    }),
    formula("prelu 0.1, per=layer", 4, |s| {
        s.each(|x| if x > 0.0 { x } else { x * s.stored("prelu_1.slope")[0] })
    }),
    formula("add x, x, x -> relu6", 4, |s| s.each(|x| (3.0 * x).clamp(0.0, 6.0))),
    formula("rms_norm eps=0.01", 4, |s| {
        let gain = s.stored("rms_norm_1.gain");
        let root = |row: &[f64]| (row.iter().map(|x| x * x).sum::<f64>() / 4.0 + 0.01).sqrt();
        s.x.iter().map(|row| row.iter().zip(gain).map(|(x, gain)| x / root(row) * gain).collect()).collect()
    }),
    formula("leaky_relu -0.1", 4, |s| s.each(|x| if x > 0.0 { x } else { -0.1 * x })),
    formula("log_softmax", 4, |s| softmax(s, |e, sum| (e / sum).ln())),
    formula("maxout", 2, |s| s.x.iter().map(|x| vec![x[0].max(x[2]), x[1].max(x[3])]).collect()),
    formula("maxout 4", 1, |s| {
        s.x.iter().map(|x| vec![x.iter().copied().fold(f64::MIN, f64::max)]).collect()
    }),
    formula("mish", 4, |s| s.each(|x| x * x.exp().ln_1p().tanh())),
    formula("a: tanh\n  mul x, a", 4, |s| s.each(|x| x.tanh() * x)),
    formula("noise 0.2", 4, noise),
    formula("relu", 4, |s| s.each(|x| x.max(0.0))),
    formula("reshape 2, 2\n  reshape 4", 4, |s| s.x.clone()),
    formula("residual { tanh }", 4, |s| s.each(|x| x.tanh() + x)),
    formula("selu", 4, |s| {
        let (lambda, alpha) = (1.0507009873554805, 1.6732632423543772);
        s.each(|x| if x > 0.0 { lambda * x } else { lambda * alpha * x.exp_m1() })
    }),
    formula("sigmoid", 4, |s| s.each(|x| 1.0 / (1.0 + (-x).exp()))),
    formula("silu", 4, |s| s.each(|x| x / (1.0 + (-x).exp()))),
    formula("softmax", 4, |s| softmax(s, |e, sum| e / sum)),
    formula("softplus", 4, |s| s.each(|x| x.exp().ln_1p())),
    formula("softsign", 4, |s| s.each(|x| x / (1.0 + x.abs()))),
    formula("tanh", 4, |s| s.each(f64::tanh)),
];

fn softmax(s: &Seen, f: fn(f64, f64) -> f64) -> Rows {
    let row = |row: &Vec<f64>| {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| f(x.exp(), sum)).collect()
    };
    s.x.iter().map(row).collect()
}

/// The first half of each row times a gate of the second.
fn glued(s: &Seen, gate: impl Fn(f64) -> f64) -> Rows {
    s.x.iter().map(|x| vec![x[0] * gate(x[2]), x[1] * gate(x[3])]).collect()
}

fn hard_sigmoid(x: f64) -> f64 {
    (x / 6.0 + 0.5).clamp(0.0, 1.0)
}

fn product(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let width = bias.len();
    (0..width).map(|j| bias[j] + (0..x.len()).map(|i| x[i] * weight[i * width + j]).sum::<f64>()).collect()
}

fn dense(s: &Seen, width: usize) -> Rows {
    let (weight, bias) = (s.stored("dense_1.weight"), s.stored("dense_1.bias"));
    assert_eq!(bias.len(), width);
    s.x.iter().map(|row| product(row, weight, bias)).collect()
}

/// One mask a step, keyed by the update's ordinal; a weight's unit is its row-major index.
fn drop_connect(s: &Seen) -> Rows {
    let path = "drop_connect_1/dense_1";
    let key = draws::row_key(rig::stream(&format!("{path}.weight.drop_connect")), rig::UPDATE);
    let weight = s.stored(&format!("{path}.weight")).iter().enumerate();
    let weight: Vec<f64> = weight.map(|(i, w)| masked(s.mode, *w, 0.25, key, i as u32)).collect();
    s.x.iter().map(|row| product(row, &weight, s.stored(&format!("{path}.bias")))).collect()
}

/// Squares at a rate of 0.3 where they are of one place, else of 0.4.
fn dropblock(s: &Seen, squares: Squares) -> Rows {
    let rate = if squares.size == [1, 1] { 0.3 } else { 0.4 };
    let dropped = |row| squares.dropped(row_key("dropout_1", row), squares.threshold(rate));
    s.at(|x, row, unit| match s.mode {
        Mode::Eval => x,
        _ if dropped(row)[unit as usize] => 0.0,
        _ => x / squares.keep(rate),
    })
}

/// Inverted dropout of one number.
fn masked(mode: Mode, x: f64, p: f64, key: u64, unit: u32) -> f64 {
    let q = draws::quantise(p).expect("a rate");
    match mode {
        Mode::Eval => x,
        _ if draws::kept(key, unit, q) => x * 65536.0 / f64::from(65536 - q),
        _ => 0.0,
    }
}

fn dropout(s: &Seen, p: f64) -> Rows {
    s.at(|x, row, unit| masked(s.mode, x, p, row_key("dropout_1", row), unit))
}

fn dropout_2014(s: &Seen) -> Rows {
    let q = draws::quantise(0.3).expect("a rate");
    s.at(|x, row, unit| match s.mode {
        Mode::Eval => x * f64::from(65536 - q) / 65536.0,
        _ if draws::kept(row_key("dropout_1", row), unit, q) => x,
        _ => 0.0,
    })
}

fn dropout_gaussian(s: &Seen) -> Rows {
    let sd = (0.3_f64 / 0.7).sqrt();
    s.at(|x, row, unit| match s.mode {
        Mode::Eval => x,
        _ => x * (1.0 + sd * f64::from(draws::normal(row_key("dropout_1", row), unit, false))),
    })
}

/// Klambauer et al. 2017, section "alpha dropout": `a (x d + alpha' (1 - d)) + b`.
fn dropout_alpha(s: &Seen) -> Rows {
    let low = -1.0507009873554805 * 1.6732632423543772;
    let q = draws::quantise(0.3).expect("a rate");
    let keep = f64::from(65536 - q) / 65536.0;
    let a = (keep + low * low * keep * (1.0 - keep)).powf(-0.5);
    let b = -a * (1.0 - keep) * low;
    s.at(|x, row, unit| match s.mode {
        Mode::Eval => x,
        _ if draws::kept(row_key("dropout_1", row), unit, q) => a * x + b,
        _ => a * low + b,
    })
}

fn noise(s: &Seen) -> Rows {
    s.at(|x, row, unit| match s.mode {
        Mode::Train => x + 0.2 * f64::from(draws::normal(row_key("noise_1", row), unit, false)),
        _ => x,
    })
}

/// Mean and biased variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

/// Of one whole row.
fn standardised(s: &Seen, path: &str) -> Rows {
    let (gain, bias) = (s.stored(&format!("{path}.gain")), s.stored(&format!("{path}.bias")));
    s.x.iter()
        .map(|row| {
            let (mean, variance) = moments(row);
            let normal = |(i, x): (usize, &f64)| (x - mean) / (variance + 0.01).sqrt() * gain[i] + bias[i];
            row.iter().enumerate().map(normal).collect()
        })
        .collect()
}

fn column(x: &Rows, unit: usize) -> Vec<f64> {
    x.iter().map(|row| row[unit]).collect()
}

fn batch_norm(s: &Seen) -> Rows {
    let (gain, bias) = (s.stored("batch_norm_1.gain"), s.stored("batch_norm_1.bias"));
    let running = (s.stored("batch_norm_1.running_mean"), s.stored("batch_norm_1.running_var"));
    s.at(|x, _, unit| {
        let u = unit as usize;
        let (mean, variance) = match s.mode {
            Mode::Train => moments(&column(&s.x, u)),
            _ => (running.0[u], running.1[u]),
        };
        (x - mean) / (variance + 0.01).sqrt() * gain[u] + bias[u]
    })
}

fn lowered(chain: &str, width: usize, mode: Mode) -> Lowered {
    // Alpha dropout away from selu is warned of: these nets are made to be simple, not wise.
    let source = format!("net {{\n  input x: real[4]\n  {chain}\n  output y: real[{width}]\n}}\n");
    let checked = crate::check::check_source(&source, &crate::check::Env::default());
    let model = checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics));
    lower_predict(&model, mode)
}

/// Inputs and stored tensors as the rig makes them.
fn seen(lowered: &Lowered, mode: Mode) -> Seen {
    let bindings = rig::bindings::<f64>(lowered);
    let graph = &lowered.graph;
    let names = graph.params.iter().chain(&graph.states).map(|stored| stored.name.clone());
    let values = bindings.params.iter().chain(&bindings.states).map(|tensor| tensor.reals().to_vec());
    let x = bindings.inputs[0].reals().chunks(4).map(<[f64]>::to_vec).collect();
    Seen { x, stored: names.zip(values).collect(), mode }
}

fn outputs<T: Real>(lowered: &Lowered) -> (Vec<f64>, Values<T>) {
    let values = rig::run(&lowered.graph, &rig::bindings::<T>(lowered));
    let output = values.sink(Sink::Output).expect("outputs").reals().iter().map(|y| y.to_f64()).collect();
    (output, values)
}

fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (y, e) in found.iter().zip(expected) {
        assert!((y - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {y} is not {e}");
    }
}

#[test]
fn every_layer_computes_its_formula_in_every_mode() {
    for case in FORMULAS {
        for mode in [Mode::Train, Mode::Eval, Mode::Mc] {
            let lowered = lowered(case.chain, case.width, mode);
            let expected = (case.f)(&seen(&lowered, mode)).concat();
            assert_eq!(expected.len(), ROWS * case.width, "{}", case.chain);
            let what = format!("{} in {mode:?}", case.chain);
            // Constants of a graph are f32; its own sums and products are as good as the oracle's.
            close(&outputs::<f64>(&lowered).0, &expected, 1e-6, &what);
            close(&outputs::<f32>(&lowered).0, &expected, 4e-6, &what);
        }
    }
}

#[test]
fn small_negative_values_of_elu_do_not_cancel() {
    let lowered = lowered("elu", 4, Mode::Eval);
    let mut bindings = rig::bindings::<f32>(&lowered);
    let x = [-1e-6_f32, -1e-3, -30.0, 80.0].repeat(ROWS);
    bindings.inputs[0] = crate::graph::interpret::Tensor::real(&[ROWS, 4], x);
    let values = rig::run(&lowered.graph, &bindings);
    let found = values.sink(Sink::Output).expect("outputs").reals();
    for (y, expected) in found.iter().zip([-9.999995e-7_f64, -9.995001666e-4, -1.0, 80.0]) {
        assert!((f64::from(*y) / expected - 1.0).abs() < 1e-6, "{y} is not {expected}");
    }
}

#[test]
fn batch_norm_blends_its_running_figures() {
    let lowered = lowered("batch_norm momentum=0.2", 4, Mode::Train);
    let seen = seen(&lowered, Mode::Train);
    let (_, values) = outputs::<f64>(&lowered);
    for unit in 0..4 {
        let (mean, variance) = moments(&column(&seen.x, unit));
        let unbiased = variance * ROWS as f64 / (ROWS - 1) as f64;
        let new = [mean, unbiased];
        for (i, name) in ["running_mean", "running_var"].into_iter().enumerate() {
            let old = seen.stored(&format!("batch_norm_1.{name}"))[unit];
            let found = values.sink(Sink::State(StateId(i as u32))).expect("a state").reals()[unit];
            close(&[found], &[0.8 * old + 0.2 * new[i]], 1e-6, name);
        }
    }
}

/// Channels of maps: statistics over rows and places.
#[test]
fn batch_norm_of_maps_is_that_of_their_channels() {
    let chain =
        "reshape 2x1x2, roles=[height, width, channel] -> batch_norm momentum=0.2, eps=0.01 -> flatten";
    let lowered = lowered(chain, 4, Mode::Train);
    let seen = seen(&lowered, Mode::Train);
    let (found, values) = outputs::<f64>(&lowered);
    let channel = |c: usize| [column(&seen.x, c), column(&seen.x, c + 2)].concat();
    let (gain, bias) = (seen.stored("batch_norm_1.gain"), seen.stored("batch_norm_1.bias"));
    let expected = seen.at(|x, _, unit| {
        let c = unit as usize % 2;
        let (mean, variance) = moments(&channel(c));
        (x - mean) / (variance + 0.01).sqrt() * gain[c] + bias[c]
    });
    close(&found, &expected.concat(), 1e-6, "maps");
    for c in 0..2 {
        let (mean, variance) = moments(&channel(c));
        let n = 2.0 * ROWS as f64;
        for (i, new) in [mean, variance * n / (n - 1.0)].into_iter().enumerate() {
            let name = ["running_mean", "running_var"][i];
            let old = seen.stored(&format!("batch_norm_1.{name}"))[c];
            let running = values.sink(Sink::State(StateId(i as u32))).expect("a state").reals()[c];
            close(&[running], &[0.8 * old + 0.2 * new], 1e-6, name);
        }
    }
}

#[test]
fn prediction_leaves_running_figures_alone() {
    for mode in [Mode::Eval, Mode::Mc] {
        let lowered = lowered("batch_norm", 4, mode);
        assert!(lowered.graph.sinks.iter().all(|(sink, _)| *sink == Sink::Output));
    }
}

/// Two passes blend twice, in order, into one state.
#[test]
fn a_reused_batch_norm_blends_once_a_pass() {
    let source = "net {\n  input x: real[4]\n  n: batch_norm\n  tanh -> reuse n\n  output y: real[4]\n}\n";
    let lowered = lower_predict(&model_of(source), Mode::Train);
    let states = lowered.graph.sinks.iter().filter(|(sink, _)| matches!(sink, Sink::State(_))).count();
    assert_eq!(states, 2);
    let seen = seen(&lowered, Mode::Train);
    let once = batch_norm_means(&seen.x);
    let normal: Rows = {
        let (gain, bias) = (seen.stored("n.gain"), seen.stored("n.bias"));
        let norm = |x: f64, u: usize| {
            let (mean, variance) = moments(&column(&seen.x, u));
            ((x - mean) / (variance + 1e-5).sqrt() * gain[u] + bias[u]).tanh()
        };
        seen.at(|x, _, unit| norm(x, unit as usize))
    };
    let twice = batch_norm_means(&normal);
    let (_, values) = outputs::<f64>(&lowered);
    let found = values.sink(Sink::State(StateId(0))).expect("the running mean").reals();
    let old = seen.stored("n.running_mean");
    let expected: Vec<f64> = (0..4).map(|u| 0.9 * (0.9 * old[u] + 0.1 * once[u]) + 0.1 * twice[u]).collect();
    close(found, &expected, 1e-6, "the running mean");
}

fn batch_norm_means(x: &Rows) -> Vec<f64> {
    (0..4).map(|unit| moments(&column(x, unit)).0).collect()
}
