//! Two witnesses for whole training steps: the graph interpreter in f64 against PyTorch's trajectories, and native code against the
//! graph interpreter.

use std::collections::BTreeMap;
use std::sync::Arc;

use dropnet::internal::check::check_source;
use dropnet::internal::data::{Input, Observed, Part, Target};
use dropnet::internal::draws;
use dropnet::internal::graph::interpret::{Bindings, Tensor, interpret};
use dropnet::internal::graph::{Sink, SiteId};
use dropnet::internal::kernels::team::Team;
use dropnet::internal::model::Model;
use dropnet::internal::runtime::function::{Function, Layout, Pass, Status};
use dropnet::internal::runtime::order::Visits;
use dropnet::internal::runtime::plan::{self, EpochPlan, Shape};
use dropnet::internal::runtime::progress::Progress;
use dropnet::internal::runtime::store::Store;
use dropnet::internal::vocab::Clock;
use dropnet::internal::{
    graph::StepInfo,
    lower::{LOSS, Lowered, lower_train},
};
use serde_json::Value as Json;

fn model(net: &str, train: &str, augment: &str) -> Model {
    let source = format!("{augment}\nnet {{\n{net}\n}}\ntrain {{\n{train}\n}}\n");
    let checked = check_source(&source, &Default::default());
    checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics))
}

fn floats(json: &Json) -> Vec<f64> {
    json.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-2)
}

/// Parameters, slots and states in f64, updated by the sinks of each step.
struct Tensors {
    params: Vec<Tensor<f64>>,
    slots: Vec<Tensor<f64>>,
    states: Vec<Tensor<f64>>,
}

impl Tensors {
    fn of(lowered: &Lowered, store: &Store) -> Self {
        let wide = |values: &[f32], dims: &[usize]| {
            Tensor::real(dims, values.iter().map(|x| f64::from(*x)).collect())
        };
        let graph = &lowered.graph;
        Self {
            params: graph.params.iter().zip(&store.params).map(|(s, v)| wide(v, &s.dims)).collect(),
            slots: graph.slots.iter().zip(&store.slots).map(|(s, v)| wide(v, &s.dims)).collect(),
            states: graph.states.iter().zip(&store.states).map(|(s, v)| wide(v, &s.dims)).collect(),
        }
    }

    /// One step; answers the values of the metrics.
    fn step(&mut self, lowered: &Lowered, mut bindings: Bindings<f64>, words: &[u32]) -> Vec<f64> {
        bindings.params = self.params.clone();
        bindings.slots = self.slots.clone();
        bindings.states = self.states.clone();
        bindings.bind_scalar_words(&lowered.graph, words);
        let values = interpret(&lowered.graph, &bindings).expect("the bindings fit the graph");
        let mut metrics = vec![0.0; lowered.graph.metrics.len()];
        for (sink, value) in values.sinks() {
            match sink {
                Sink::Param(id) => self.params[id.index()] = value.clone(),
                Sink::Slot(id) => self.slots[id.index()] = value.clone(),
                Sink::State(id) => self.states[id.index()] = value.clone(),
                Sink::Metric(i) => metrics[i as usize] = value.reals()[0],
                Sink::Output | Sink::Carry(_) | Sink::Stack(_) => {}
            }
        }
        metrics
    }
}

/// Five steps of a dropout net for each optimizer and for losses of classes, PyTorch's masks fed in; `tests/golden/make.py` makes the figures.
#[test]
fn optimizers_and_losses_follow_the_trajectories_of_pytorch() {
    let golden: Json = serde_json::from_str(include_str!("golden/trajectories.json")).expect("JSON");
    let (rows, classes) = (golden["rows"].as_u64().unwrap() as usize, 3);
    let net = "input x: real[4]\ndropout 0.25 -> dense 5 -> relu -> dropout 0.5\ndense 3\noutput y: class[3]";
    let cases = golden["cases"].as_object().expect("cases");
    let by_loss = golden["by_loss"].as_object().expect("cases");
    assert!(cases.len() >= 10 && by_loss.contains_key("kl, label_smoothing=0.1"));
    let usual = |(optimizer, case)| ("cross_entropy, label_smoothing=0.1", optimizer, case);
    let plain = "sgd, lr=0.1".to_string();
    let own = by_loss.iter().map(|(loss, case)| (loss.as_str(), &plain, case));
    for (loss_word, optimizer, case) in cases.iter().map(usual).chain(own) {
        let model = model(net, &format!("loss {loss_word}\noptimizer {optimizer}\nepochs 1"), "");
        let lowered = lower_train(&model);
        let mut store = Store::fresh(&model, &lowered.graph, 0);
        for (param, values) in lowered.graph.params.iter().zip(&mut store.params) {
            for (x, y) in values.iter_mut().zip(floats(&golden["init"][&param.name])) {
                *x = y as f32;
            }
        }
        let mut tensors = Tensors::of(&lowered, &store);
        for step in 0..5 {
            let real = |key: &str, width: usize| Tensor::real(&[rows, width], floats(&golden[key][step]));
            let labels = floats(&golden["y"][step]).into_iter().map(|y| y as i32).collect();
            let bindings = Bindings {
                rows,
                inputs: vec![real("x", 4)],
                target: Some(Tensor::ints(&[rows], labels)),
                streams: vec![0; lowered.graph.sites.len()],
                positions: (0..rows as u64).collect(),
                overrides: BTreeMap::from([
                    (SiteId(0), real("mask_in", 4)),
                    (SiteId(1), real("mask_hidden", 5)),
                ]),
                ..Bindings::default()
            };
            let lr = model.train.as_ref().unwrap().optimizer.args.number("lr");
            let every = model.train.as_ref().unwrap().accumulate as u64;
            let clock = Clock { update: step as u64, updates_per_epoch: 6, horizon: 6 };
            let info = StepInfo { clock, lr, every, ..StepInfo::of_prediction(rows) };
            let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&info)).collect();
            let metrics = tensors.step(&lowered, bindings, &words);
            let loss = metrics[LOSS] / rows as f64;
            // The power iteration comes to the largest singular value, and is there exactly for none.
            let (of_loss, of_params) =
                if optimizer.contains("spectral") { (5e-3, 2e-2) } else { (1e-6, 1e-5) };
            assert!(
                close(loss, floats(&case["losses"])[step], of_loss),
                "{loss_word}, {optimizer}: loss {loss} in step {step}"
            );
            for (param, values) in lowered.graph.params.iter().zip(&tensors.params) {
                for (x, y) in values.reals().iter().zip(floats(&case["params"][step][&param.name])) {
                    assert!(
                        close(*x, y, of_params),
                        "{loss_word}, {optimizer}, step {step}, {}: {x} and {y}",
                        param.name
                    );
                }
            }
        }
    }
    assert_eq!(classes, golden["classes"].as_u64().unwrap());
}

/// Smooth made-up rows, every second one of their stores from the last on: 4 inputs, 3 classes or 2 numbers.
fn part(rows: usize, target: &str) -> Part {
    let value = |i: usize| ((i as f32 * 12.9898).sin() * 437.585).fract() * 2.0;
    let stored = 2 * rows;
    let input = Input::floats("x", &[4], (0..stored * 4).map(value).collect());
    let real = |width: usize, f: &dyn Fn(f32) -> f32| (0..stored * width).map(|i| f(value(i + 7))).collect();
    let target = match target {
        "class" => Target::Classes((0..stored as u32).map(|i| (i * 7 + 1) % 3).collect()),
        "bits" => Target::Bits { data: real(2, &|x| f32::from(x > 0.0)), width: 2 },
        _ => Target::Real { data: real(2, &|x| x), width: 2 },
    };
    let numbers = (0..stored as u32).rev().step_by(2).collect();
    Part::new(numbers, vec![input], Arc::new(target))
}

fn gather(part: &Part, rows: &[u32]) -> (Tensor<f64>, Tensor<f64>) {
    let seen = part.seen(&part.inputs[0]).expect("rows in memory");
    let input = rows.iter().flat_map(|row| &seen[*row as usize * 4..][..4]).map(|x| f64::from(*x)).collect();
    let (mut classes, mut numbers) = (Vec::new(), Vec::new());
    for row in rows {
        match part.observed(*row as usize) {
            Observed::Class(class) => classes.push(class as i32),
            Observed::Real(own) | Observed::Bits(own) => numbers.extend(own.iter().map(|y| f64::from(*y))),
            Observed::Tokens(own) => classes.extend(own),
        }
    }
    let target = match classes.is_empty() {
        true => Tensor::real(&[rows.len(), 2], numbers),
        false => Tensor::ints(&[rows.len()], classes),
    };
    (Tensor::real(&[rows.len(), 4], input), target)
}

/// The first epoch.
fn planned(model: &Model, lowered: &Lowered, shape: &Shape) -> EpochPlan {
    let visits = Visits::default();
    let laid = plan::Laid::new(model.train.as_ref().expect("a section"), &lowered.scalars, &visits);
    plan::epoch(&laid, shape, &Progress::default(), 1.0)
}

fn interpreted(model: &Model, part: &Part, shape: &Shape, plan: &EpochPlan) -> (Tensors, Vec<f64>) {
    let lowered = lower_train(model);
    let mut tensors = Tensors::of(&lowered, &Store::fresh(model, &lowered.graph, shape.seed));
    let mut totals = vec![0.0; lowered.graph.metrics.len()];
    let width = lowered.scalars.len();
    for step in 0..shape.steps() {
        let positions = step * shape.batch..step * shape.batch + shape.rows_of(step);
        let (input, target) = gather(part, &plan.order[positions.clone()]);
        let partner = plan.partner.as_ref().map(|partner| {
            let rows: Vec<u32> =
                partner[positions.clone()].iter().map(|position| plan.order[*position as usize]).collect();
            gather(part, &rows)
        });
        let bindings = Bindings {
            rows: positions.len(),
            inputs: vec![input],
            target: Some(target),
            partners: partner.iter().map(|p| p.0.clone()).collect(),
            partner_target: partner.map(|p| p.1),
            streams: lowered.graph.sites.iter().map(|s| draws::train_stream(shape.seed, s.hash, 0)).collect(),
            positions: positions.map(|p| plan.place(p) as u64).collect(),
            update: step as u64,
            fma: true,
            ..Bindings::default()
        };
        let metrics = tensors.step(&lowered, bindings, &plan.scalars[step * width..(step + 1) * width]);
        totals.iter_mut().zip(metrics).for_each(|(t, m)| *t += m);
    }
    (tensors, totals)
}

fn native(model: &Model, part: &Part, shape: &Shape, plan: &EpochPlan, threads: usize) -> (Store, Vec<f64>) {
    native_to(model, part, shape, plan, threads, shape.steps())
}

/// The first steps of an epoch.
fn native_to(
    model: &Model,
    part: &Part,
    shape: &Shape,
    plan: &EpochPlan,
    threads: usize,
    steps: usize,
) -> (Store, Vec<f64>) {
    let function = Function::new(lower_train(model), part).expect("compiles");
    let mut store = Store::fresh(model, function.graph(), shape.seed);
    let mut totals = vec![0.0; function.graph().metrics.len()];
    let mut outputs = vec![0.0; shape.rows * model.output.kind.width()];
    let streams = function.streams(|site| draws::train_stream(shape.seed, site, 0));
    let layout = Layout { order: &plan.order, batch: shape.batch, scalars: &plan.scalars, streams: &streams };
    let team = Team::new(threads);
    let status = function.run(Pass {
        with_target: true,
        partner: plan.partner.as_deref(),
        places: plan.places(),
        steps: 0..steps as u64,
        totals: &mut totals,
        ..Pass::once(part, layout, &mut store, &mut outputs, &team)
    });
    assert_eq!(status.expect("runs"), Status::Done);
    (store, totals)
}

fn compare(name: &str, values: &[f32], oracle: &Tensor<f64>) {
    let scale = oracle.reals().iter().fold(1e-2_f64, |m, x| m.max(x.abs()));
    for (i, (x, y)) in values.iter().zip(oracle.reals()).enumerate() {
        assert!((f64::from(*x) - y).abs() <= 2e-4 * scale, "{name}[{i}]: native {x}, interpreter {y}");
    }
}

/// Nets, training sections and targets that between them use every word.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "dense 9 -> relu -> dropout 0.4\ndense 3\noutput y: class[3]",
        "loss cross_entropy, label_smoothing=0.1\noptimizer sgd, lr=0.1, momentum=0.9, nesterov=true",
        "class",
        "",
    ),
    (
        "dropout 0.2 -> dense 9, max_norm=0.7, l2=0.01 -> tanh -> dropout 0.3, scale=test\ndense 3\noutput y: class[3]",
        "loss cross_entropy, class_weights=[1, 2, 0.5]\noptimizer adamw, lr=0.01, weight_decay=0.1, clip_norm=0.5\npenalize l1, 0.001",
        "class",
        "",
    ),
    (
        "dense 8, bias=false -> batch_norm -> silu -> dropout 0.5, share=batch\nresidual { \n dense 8 -> layer_norm -> gelu\n }\ndense 2\noutput y: real[2]",
        "loss squared_error\noptimizer adam, lr=0.01, weight_decay=0.01",
        "real",
        "",
    ),
    (
        "drop_connect 0.3 {\n dense 16 -> elu\n }\nnoise 0.1 -> dropout 0.2, kind=gaussian\ndense 4\noutput y: normal[2]",
        "loss gaussian_nll\noptimizer rmsprop, lr=0.01, clip_value=0.5",
        "real",
        "",
    ),
    (
        "dense 12, init=lecun_normal -> selu -> dropout 0.1, kind=alpha\nconcat {\n branch { dense 3 -> sigmoid }\n branch { dense 4 -> softplus }\n }\ndense 2\noutput y: bits[2]",
        "loss binary_cross_entropy\noptimizer sgd, lr=0.1",
        "bits",
        "",
    ),
    (
        "dense 9 -> leaky_relu\ndense 3\noutput y: class[3]",
        "loss cross_entropy, label_smoothing=0.05\noptimizer adam, lr=0.01",
        "class",
        "augment {\n mixup alpha=0.4\n}",
    ),
    (
        "side: dense 6 -> softmax\ndense 6 -> log_softmax -> mul side\nreuse twice\ndense 2\noutput y: real[2]",
        "loss huber, delta=0.5\noptimizer sgd, lr=0.05\npenalize l2, 0.01",
        "real",
        "",
    ),
    (
        "stem: dense 8, bias=false -> batch_norm -> relu\nbody: dense 8, bias=false -> batch_norm -> tanh\ndense 3\noutput y: class[3]",
        "loss cross_entropy\noptimizer adamw, lr=0.01, weight_decay=0.1, clip_norm=0.5\npenalize l2, 0.01\nfreeze stem\nfreeze body, until=2steps\nlr body, factor=0.5",
        "class",
        "",
    ),
    (
        "dense 9 -> tanh -> dropout 0.3\nhidden: dense 20 -> relu\ndense 3\noutput y: class[3]",
        "loss cross_entropy\noptimizer muon, lr=0.01, weight_decay=0.1\npenalize orthogonal, 0.01\npenalize spectral, 0.01\npenalize l1, 0.1, of=hidden\npenalize l2, 0.1, of=hidden\naverage ema, decay=0.9",
        "class",
        "",
    ),
    (
        "dense 9, bias=false -> batch_norm -> tanh -> dropout 0.3\ndense 3\noutput y: class[3]",
        "loss cross_entropy\noptimizer adam, lr=0.01, clip_norm=0.5\nsam 0.1\naccumulate 2\naverage ema, decay=0.9, warmup=false\npenalize l2, 0.01",
        "class",
        "",
    ),
    (
        "reshape 2, 2\nflatten -> identity\ndense 2\noutput y: real[2]",
        "loss absolute_error\noptimizer sgd, lr=0.05",
        "real",
        "",
    ),
];

#[test]
fn native_steps_agree_with_the_interpreter_with_any_number_of_threads() {
    for (i, (net, train, target, augment)) in CASES.iter().enumerate() {
        let net = net.replace("reuse twice", "twin: dense 6 -> relu\nreuse twin");
        let model = model(&format!("input x: real[4]\n{net}"), &format!("{train}\nepochs 1"), augment);
        let part = part(100, target);
        let shape =
            Shape { rows: 100, batch: 37, drop_last: false, seed: 3, picture: [0, 0], goes_on: false };
        let lowered = lower_train(&model);
        let mut plan = planned(&model, &lowered, &shape);
        // As where rows come in another order than that of what is drawn for them.
        plan.places = (i % 2 == 1).then(|| (0..100).map(|position| position * 7 % 100).collect());
        let (oracle, expected) = interpreted(&model, &part, &shape, &plan);
        let (store, totals) = native(&model, &part, &shape, &plan, 1);
        for (x, y) in totals.iter().zip(&expected) {
            assert!(close(*x, *y, 1e-4), "{net}: totals {totals:?} and {expected:?}");
        }
        for (stored, (values, oracle)) in
            lowered.graph.params.iter().zip(store.params.iter().zip(&oracle.params))
        {
            compare(&format!("{net}: {}", stored.name), values, oracle);
        }
        for (values, oracle) in
            store.slots.iter().zip(&oracle.slots).chain(store.states.iter().zip(&oracle.states))
        {
            compare(&net, values, oracle);
        }
        for threads in [2, 3, 8] {
            let (other, _) = native(&model, &part, &shape, &plan, threads);
            let bits = |s: &Store| -> Vec<u32> {
                s.params
                    .iter()
                    .chain(&s.slots)
                    .chain(&s.states)
                    .flat_map(|t| t.iter().map(|x| x.to_bits()))
                    .collect()
            };
            assert_eq!(bits(&store), bits(&other), "{net} with {threads} threads");
        }
    }
}

/// What is frozen to the end has no gradient and no slots. What is frozen first stands still to the bit, and then begins as if training
/// began there: Adam's first step is as long as the rate, with the part's own factor.
#[test]
fn frozen_parts_stand_still_and_begin_afresh() {
    let net = "input x: real[4]\nstem: dense 8, bias=false -> batch_norm -> tanh\nbody: dense 8, bias=false -> batch_norm -> tanh\ndense 3\noutput y: class[3]";
    let train = "loss cross_entropy\noptimizer adam, lr=0.01\npenalize l2, 0.1\nfreeze stem\nfreeze body, until=2steps\nlr body, factor=0.5\nepochs 1";
    let model = model(net, train, "");
    let (part, shape) = (
        part(100, "class"),
        Shape { rows: 100, batch: 37, drop_last: false, seed: 3, picture: [0, 0], goes_on: false },
    );
    let lowered = lower_train(&model);
    let graph = &lowered.graph;
    assert!(graph.slots.iter().all(|slot| !slot.name.starts_with("stem")));
    let plan = planned(&model, &lowered, &shape);
    let fresh = Store::fresh(&model, graph, shape.seed);
    let [still, live] = [2, 3].map(|steps| native_to(&model, &part, &shape, &plan, 2, steps).0);
    for (i, param) in graph.params.iter().enumerate() {
        let moved = |store: &Store| -> Vec<f32> {
            store.params[i].iter().zip(fresh.params[i].iter()).map(|(x, y)| (x - y).abs()).collect()
        };
        let (before, after) = (moved(&still), moved(&live));
        match param.name.split(['.', '/']).next() {
            Some("stem") => assert!(before.iter().chain(&after).all(|x| *x == 0.0), "{}", param.name),
            Some("body") => {
                assert!(before.iter().all(|x| *x == 0.0), "{}: {before:?}", param.name);
                let length = |x: &f32| (x / 0.005 - 1.0).abs() < 0.01;
                assert!(after.iter().filter(|x| length(x)).count() * 10 > after.len() * 9, "{after:?}");
            }
            _ => assert!(before.iter().any(|x| *x > 0.005), "{}: {before:?}", param.name),
        }
    }
    for (i, slot) in graph.slots.iter().enumerate().filter(|(_, slot)| slot.name.starts_with("body")) {
        assert!(still.slots[i].iter().all(|x| *x == 0.0), "{}", slot.name);
    }
    for (i, state) in graph.states.iter().enumerate() {
        assert_eq!(still.states[i].to_vec(), fresh.states[i].to_vec(), "{}", state.name);
        assert_eq!(live.states[i].to_vec() != fresh.states[i].to_vec(), state.name.starts_with("body"));
    }
}

/// A convolutional net, its masks' rates, and what `tests/golden/conv_steps.py` gave it to read.
struct Steps {
    golden: Json,
    model: Model,
    rows: usize,
}

impl Steps {
    fn new(maps: f64, head: f64) -> Self {
        let golden: Json = serde_json::from_str(include_str!("golden/conv_steps.json")).expect("JSON");
        let net = format!(
            "input x: real[7, 5, 2]\nconv 4, 3x3 -> relu -> dropout {maps}, share=space\n\
             conv 6, 3x2, stride=2 -> batch_norm -> relu -> max_pool 2x2\n\
             flatten -> dropout {head} -> dense 3\noutput y: class[3]"
        );
        let train = "loss cross_entropy\noptimizer sgd, lr=0.05, momentum=0.9, nesterov=true\nepochs 1";
        let rows = golden["rows"].as_u64().expect("rows") as usize;
        Self { model: model(&net, train, ""), golden, rows }
    }

    fn store(&self, lowered: &Lowered) -> Store {
        let mut store = Store::fresh(&self.model, &lowered.graph, 0);
        for (param, values) in lowered.graph.params.iter().zip(&mut store.params) {
            let given = floats(&self.golden["init"][&param.name]);
            assert_eq!(values.len(), given.len(), "{}", param.name);
            values.iter_mut().zip(given).for_each(|(x, y)| *x = y as f32);
        }
        store
    }

    /// The words of all steps, one behind the other.
    fn words(&self, lowered: &Lowered) -> Vec<u32> {
        let word = |step: u64| {
            let clock = Clock { update: step, updates_per_epoch: 5, horizon: 5 };
            let info = StepInfo { clock, lr: 0.05, ..StepInfo::of_prediction(self.rows) };
            lowered.scalars.iter().map(move |def| def.word(&info)).collect::<Vec<_>>()
        };
        (0..5).flat_map(word).collect()
    }

    fn bindings(&self, step: usize, dropped: bool) -> Bindings<f64> {
        let real = |key: &str, dims: &[usize]| {
            Tensor::real(&[&[self.rows], dims].concat(), floats(&self.golden[key][step]))
        };
        let masks = [(SiteId(0), real("mask_maps", &[7, 5, 4])), (SiteId(1), real("mask_head", &[12]))];
        let labels = floats(&self.golden["y"][step]).into_iter().map(|y| y as i32).collect();
        Bindings {
            rows: self.rows,
            inputs: vec![real("x", &[7, 5, 2])],
            target: Some(Tensor::ints(&[self.rows], labels)),
            positions: (0..self.rows as u64).collect(),
            overrides: masks.into_iter().filter(|_| dropped).collect(),
            ..Bindings::default()
        }
    }

    /// The rows of all steps, one behind the other.
    fn part(&self) -> Part {
        let all =
            |key: &str| -> Vec<f64> { (0..5).flat_map(|step| floats(&self.golden[key][step])).collect() };
        let input = Input::floats("x", &[7, 5, 2], all("x").into_iter().map(|x| x as f32).collect());
        let labels = all("y").into_iter().map(|y| y as u32).collect();
        Part::new((0..5 * self.rows as u32).collect(), vec![input], Arc::new(Target::Classes(labels)))
    }

    /// Mean loss of the first `steps` steps, and parameters and states after them, in native code.
    fn native(&self, steps: usize, threads: usize) -> (f64, Store) {
        let (lowered, part) = (lower_train(&self.model), self.part());
        let (mut store, words) = (self.store(&lowered), self.words(&lowered));
        let function = Function::new(lowered, &part).expect("compiles");
        let mut totals = vec![0.0; function.graph().metrics.len()];
        let mut outputs = vec![0.0; 5 * self.rows * 3];
        let order: Vec<u32> = (0..5 * self.rows as u32).collect();
        let layout = Layout { order: &order, batch: self.rows, scalars: &words, streams: &[] };
        let team = Team::new(threads);
        let pass = Pass {
            with_target: true,
            steps: 0..steps as u64,
            totals: &mut totals,
            ..Pass::once(&part, layout, &mut store, &mut outputs, &team)
        };
        assert_eq!(function.run(pass).expect("runs"), Status::Done);
        (totals[0] / (steps * self.rows) as f64, store)
    }
}

/// Five steps of conv, batch norm, pool and dense by the interpreter, with PyTorch's masks of maps and units and without dropout.
#[test]
fn a_convolutional_net_follows_the_trajectory_of_pytorch() {
    for (name, maps, head) in [("dropped", 0.25, 0.5), ("plain", 0.0, 0.0)] {
        let steps = Steps::new(maps, head);
        let lowered = lower_train(&steps.model);
        let (words, width) = (steps.words(&lowered), lowered.scalars.len());
        let mut tensors = Tensors::of(&lowered, &steps.store(&lowered));
        let case = &steps.golden[name];
        for step in 0..5 {
            let bindings = steps.bindings(step, name == "dropped");
            let metrics = tensors.step(&lowered, bindings, &words[step * width..][..width]);
            let loss = metrics[0] / steps.rows as f64;
            assert!(close(loss, floats(&case["losses"])[step], 1e-6), "{name}: loss {loss} in step {step}");
            for (param, values) in lowered.graph.params.iter().zip(&tensors.params) {
                for (x, y) in values.reals().iter().zip(floats(&case["params"][step][&param.name])) {
                    assert!(close(*x, y, 1e-5), "{name}, step {step}, {}: {x} and {y}", param.name);
                }
            }
        }
        for (state, values) in lowered.graph.states.iter().zip(&tensors.states) {
            for (x, y) in values.reals().iter().zip(floats(&case["states"][&state.name])) {
                assert!(close(*x, y, 1e-5), "{name}, {}: {x} and {y}", state.name);
            }
        }
    }
}

/// The same net without dropout, in native code.
#[test]
fn native_code_follows_the_trajectory_of_pytorch() {
    let steps = Steps::new(0.0, 0.0);
    let (graph, case) = (lower_train(&steps.model).graph, &steps.golden["plain"]);
    for threads in [1, 2] {
        for count in 1..=5 {
            let (loss, store) = steps.native(count, threads);
            let expected = floats(&case["losses"])[..count].iter().sum::<f64>() / count as f64;
            assert!(close(loss, expected, 1e-5), "mean loss {loss} of {count} steps, not {expected}");
            for (param, values) in graph.params.iter().zip(&store.params) {
                let after = floats(&case["params"][count - 1][&param.name]);
                compare(&param.name, values, &Tensor::real(&param.dims, after));
            }
        }
    }
}
