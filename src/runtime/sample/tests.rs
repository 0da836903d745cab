use super::*;
use crate::{
    check::{Env, check_source},
    draws,
    graph::{Bindings, Sink, Tensor, interpret},
    layers::tests::rig::numbers,
};

const ROWS: usize = 7;

fn model(layers: &str) -> Model {
    let source = format!("net {{\n input x: real[6]\n {layers}\n dense 3\n output y: class[3]\n}}");
    let checked = check_source(&source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

fn part() -> Part {
    let x: Vec<f32> = numbers("x", 6 * ROWS).into_iter().map(|x| x as f32).collect();
    part_of(x)
}

fn part_of(x: Vec<f32>) -> Part {
    Part::of_first(ROWS, vec![Input::floats("x", &[6], x)], Target::NONE)
}

fn store(model: &Model) -> Store {
    let mut store = Store::fresh(model, &lower_samples(model, true).graph, 1);
    // Statistics of batch norm that are not those it starts with.
    store.states.iter_mut().for_each(|s| s.iter_mut().enumerate().for_each(|(i, x)| *x += 0.1 * i as f32));
    store
}

fn sampled(model: &Model, samples: Samples, threads: usize) -> Vec<f32> {
    let part = part();
    let sampler = Sampler::new(model, &part, true).expect("compiles").expect("draws");
    let team = Team::new(threads);
    sampler.outputs(&part, 0..ROWS, samples, &mut store(model), &team).expect("runs")
}

/// Every kind of draw, before, behind and between branches.
const NETS: [&str; 9] = [
    "dense 16 -> relu -> dropout 0.5",
    "dropout 0.2\n dense 16 -> relu",
    "dense 16 -> batch_norm -> relu -> dropout 0.3, kind=gaussian\n dense 8 -> tanh",
    "dense 8 -> relu\n residual { dropout 0.5 -> dense 8 }\n dropout 0.1, kind=alpha",
    "dense 16 -> relu -> dropout 0.5, share=batch",
    "dense 16 -> relu -> dropout 0.5, share=rows",
    "drop_connect 0.5 { dense 16 -> relu }\n dropout 0.5",
    // Wide enough for products that pass over zeros.
    "dropout 0.2\n dense 96 -> relu -> dropout 0.5\n dense 96 -> relu -> dropout 0.5",
    "noise 0.5, always=true\n dense 9 -> dropout 0.4, scale=test",
];

/// The whole graph, one sample at a time, by the interpreter.
fn expected(model: &Model, samples: Samples) -> Vec<Vec<f32>> {
    let lowered = lower_samples(model, true);
    let (graph, store) = (&lowered.graph, store(model));
    let tensors = |stored: &[crate::graph::Stored], values: &[crate::kernels::aligned::AlignedVec]| {
        stored.iter().zip(values).map(|(s, v)| Tensor::real(&s.dims, v.to_vec())).collect()
    };
    let part = part();
    let x = part.seen(&part.inputs[0]).expect("in memory");
    let sample = |t: u32| {
        let stream = |hash| draws::predict_stream(samples.seed, hash, u64::from(t));
        let mut bindings = Bindings::<f32> {
            rows: ROWS,
            inputs: vec![Tensor::real(&[ROWS, 6], x.clone())],
            params: tensors(&graph.params, &store.params),
            states: tensors(&graph.states, &store.states),
            streams: graph.sites.iter().map(|site| stream(site.hash)).collect(),
            positions: (0..ROWS as u64).collect(),
            update: 0,
            ..Bindings::default()
        };
        let step = StepInfo::of_prediction(ROWS);
        let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
        bindings.bind_scalar_words(graph, &words);
        let values = interpret(graph, &bindings).expect("bound");
        values.sink(Sink::Output).expect("an output").reals().to_vec()
    };
    (samples.first..samples.first + samples.count).map(sample).collect()
}

#[test]
fn samples_are_those_of_the_whole_graph() {
    let samples = Samples { seed: 5, first: 3, count: 50 };
    for layers in NETS {
        let model = model(layers);
        let (native, expected) = (sampled(&model, samples, 1), expected(&model, samples));
        for row in 0..ROWS {
            for (t, expected) in expected.iter().enumerate() {
                for class in 0..3 {
                    let (a, b) = (native[(row * 50 + t) * 3 + class], expected[row * 3 + class]);
                    assert!((a - b).abs() <= 1e-5, "{layers}: row {row}, sample {t}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn threads_change_no_bit_and_blocks_no_mask() {
    let samples = Samples { seed: 5, first: 0, count: 60 };
    for layers in NETS {
        let model = model(layers);
        let whole = sampled(&model, samples, 1);
        for threads in [2, 3, 8] {
            assert!(sampled(&model, samples, threads) == whole, "{layers}: {threads} threads");
        }
        let part = part();
        let sampler = Sampler::new(&model, &part, true).expect("compiles").expect("draws");
        // Sample 17 of row 4, alone.
        let one = Samples { first: 17, count: 1, ..samples };
        let alone = sampler.outputs(&part, 4..5, one, &mut store(&model), &Team::new(1)).expect("runs");
        let within = &whole[(4 * 60 + 17) * 3..][..3];
        let near = alone.iter().zip(within).all(|(a, b)| (a - b).abs() <= 1e-5);
        assert!(near, "{layers}: {alone:?} {within:?}");
    }
}

#[test]
fn a_net_without_draws_has_no_samples() {
    for layers in ["dense 4 -> relu", "dropout 0", "noise 0.5"] {
        assert!(Sampler::new(&model(layers), &part(), true).expect("compiles").is_none(), "{layers}");
    }
}

/// One draw of the function for all rows of a sample, and another for the next; in training each row has its own.
#[test]
fn rows_may_share_the_draw_of_a_sample() {
    let shared = model("dense 16 -> relu -> dropout 0.5, share=rows");
    let own = model("dense 16 -> relu -> dropout 0.5");
    let samples = Samples { seed: 5, first: 0, count: 9 };
    let same_rows = || {
        let part = part();
        let x = part.seen(&part.inputs[0]).expect("in memory");
        part_of(x[..6].repeat(ROWS))
    };
    let drawn = |model: &Model| -> Vec<f32> {
        let part = same_rows();
        let sampler = Sampler::new(model, &part, true).expect("compiles").expect("draws");
        sampler.outputs(&part, 0..ROWS, samples, &mut store(model), &Team::new(1)).expect("runs")
    };
    let (together, apart) = (drawn(&shared), drawn(&own));
    let row = |of: &[f32], i: usize| of[i * 27..(i + 1) * 27].to_vec();
    assert!((1..ROWS).all(|i| row(&together, i) == row(&together, 0)));
    assert!((1..ROWS).any(|i| row(&apart, i) != row(&apart, 0)));
    assert_ne!(together[..3], together[3..6], "samples differ");
    let training = |share: &str| {
        let source = format!(
            "net {{\n input x: real[6]\n dense 8 -> dropout 0.5{share}\n dense 3\n output y: class[3]\n}}\ntrain {{\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 1\n}}"
        );
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        crate::lower::lower_train(&model).graph.to_string()
    };
    assert_eq!(training(", share=rows"), training(""));
}

#[test]
fn statistics_of_batch_norm_stay() {
    let model = model("dense 16 -> batch_norm -> relu -> dropout 0.5");
    let mut after = store(&model);
    let before = after.states.clone();
    let (part, team) = (part(), Team::new(1));
    let sampler = Sampler::new(&model, &part, true).expect("compiles").expect("draws");
    let samples = Samples { seed: 0, first: 0, count: 20 };
    sampler.outputs(&part, 0..ROWS, samples, &mut after, &team).expect("runs");
    assert!(after.states.iter().zip(&before).all(|(a, b)| a[..] == b[..]));
}

/// Dropout in front of a linear layer: the mean over samples is the undropped prediction and the variance `sum_j (x_j w_j)^2 p / (1 - p)` in
/// closed form; both within four standard errors, that of a variance by the fourth central moment.
#[test]
fn a_linear_net_varies_as_theory_says() {
    const T: u32 = 20_000;
    for p in [0.1_f64, 0.5] {
        let source = format!("net {{\n input x: real[6]\n dropout {p}\n dense 1\n output y: real[1]\n}}");
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        let part = part();
        let sampler = Sampler::new(&model, &part, true).expect("compiles").expect("draws");
        let mut store = store(&model);
        let samples = Samples { seed: 9, first: 0, count: T };
        let outputs = sampler.outputs(&part, 0..ROWS, samples, &mut store, &Team::new(2)).expect("runs");
        let x = part.seen(&part.inputs[0]).expect("in memory");
        for (row, own) in outputs.chunks_exact(T as usize).enumerate() {
            let terms = x[6 * row..][..6].iter().zip(&store.params[0][..]);
            let terms: Vec<f64> = terms.map(|(x, w)| f64::from(*x) * f64::from(*w)).collect();
            let (keep, n) = (1.0 - f64::from(draws::quantise(p).unwrap()) / 65536.0, f64::from(T));
            let variance: f64 = terms.iter().map(|t| t * t * (1.0 - keep) / keep).sum();
            let expected: f64 = terms.iter().sum();
            let mean = own.iter().map(|y| f64::from(*y)).sum::<f64>() / n;
            let central =
                |power: i32| own.iter().map(|y| (f64::from(*y) - mean).powi(power)).sum::<f64>() / n;
            assert!(
                (mean - expected).abs() < 4.0 * (variance / n).sqrt(),
                "p {p}, row {row}: {mean} {expected}"
            );
            let error = ((central(4) - variance * variance) / n).sqrt();
            assert!(
                (central(2) - variance).abs() < 4.0 * error,
                "p {p}, row {row}: {} {variance}",
                central(2)
            );
        }
    }
}
