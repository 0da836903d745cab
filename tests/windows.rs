//! Stacks of layers that slide windows, over more rows than a shard has, against PyTorch: losses and gradients, by the graph interpreter in f64
//! and by native code.

use dropnet::internal::check::check_source;
use dropnet::internal::data::{Input, Part, Target};
use dropnet::internal::graph::StepInfo;
use dropnet::internal::graph::interpret::{Bindings, Tensor, interpret};
use dropnet::internal::graph::{Graph, Sink};
use dropnet::internal::kernels::team::Team;
use dropnet::internal::lower::{Lowered, lower_train};
use dropnet::internal::model::Model;
use dropnet::internal::runtime::function::{Function, Layout, Pass, Status};
use dropnet::internal::runtime::store::Store;
use dropnet::internal::vocab::Clock;
use serde::Deserialize;

/// What `tests/golden/windows.py` makes.
#[derive(Deserialize)]
struct Golden {
    rows: usize,
    classes: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    input: String,
    layers: String,
    loss: f64,
    /// In the order of the parameters.
    gradients: Vec<Vec<f64>>,
}

/// Numbers that are exact in 32 bits, by the script's formula.
fn numbers(count: usize, seed: usize, scale: f32) -> Vec<f32> {
    let whole = |i: usize| ((i * i + (31 + seed) * i + 17 * seed) % 251) as f32 - 125.0;
    (0..count).map(|i| whole(i) / scale).collect()
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/windows.json")).expect("JSON")
}

impl Case {
    fn model(&self, classes: usize) -> Model {
        let flatten = if self.layers.contains("global") { "" } else { "\n  flatten" };
        let source = format!(
            "net {{\n  input x: {}\n  {}{flatten}\n  dense {classes}\n  output y: class[{classes}]\n}}\n\
             train {{\n  loss cross_entropy\n  optimizer sgd, lr=1\n  epochs 1\n}}\n",
            self.input, self.layers
        );
        let checked = check_source(&source, &Default::default());
        checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics))
    }

    /// Gradients are what one step at rate 1 takes off.
    fn compare(&self, graph: &Graph, loss: f64, after: &[Vec<f64>], [weights, biases]: [f64; 2]) {
        assert!(
            (loss - self.loss).abs() <= 1e-6 * self.loss,
            "{}: loss {loss}, not {}",
            self.layers,
            self.loss
        );
        assert_eq!(after.len(), self.gradients.len(), "{}", self.layers);
        for (k, (after, expected)) in after.iter().zip(&self.gradients).enumerate() {
            let mean_square = expected.iter().map(|x| x * x).sum::<f64>() / expected.len() as f64;
            let tolerance = if graph.params[k].dims.len() > 1 { weights } else { biases };
            for (i, (before, (after, expected))) in
                numbers(after.len(), k + 1, 512.0).iter().zip(after.iter().zip(expected)).enumerate()
            {
                let off = (f64::from(*before) - after - expected).abs();
                assert!(
                    off <= tolerance * mean_square.sqrt().max(1e-3),
                    "{} on {}, {}[{i}]: {} and {expected}",
                    self.layers,
                    self.input,
                    graph.params[k].name,
                    f64::from(*before) - after
                );
            }
        }
    }
}

fn words(lowered: &Lowered, rows: usize) -> Vec<u32> {
    let clock = Clock { update: 0, updates_per_epoch: 1, horizon: 1 };
    let info = StepInfo { clock, lr: 1.0, ..StepInfo::of_prediction(rows) };
    lowered.scalars.iter().map(|def| def.word(&info)).collect()
}

fn started(model: &Model, graph: &Graph) -> Store {
    let mut store = Store::fresh(model, graph, 0);
    for (k, values) in store.params.iter_mut().enumerate() {
        let given = numbers(values.len(), k + 1, 512.0);
        values.copy_from_slice(&given);
    }
    store
}

fn labels(golden: &Golden) -> impl Iterator<Item = u32> {
    let classes = golden.classes as u32;
    (0..golden.rows as u32).map(move |row| row * 7 % classes)
}

#[test]
fn the_interpreter_agrees_with_pytorch() {
    let golden = golden();
    for case in &golden.cases {
        let lowered = lower_train(&case.model(golden.classes));
        let graph = &lowered.graph;
        let params = graph.params.iter().enumerate().map(|(k, param)| {
            let values = numbers(param.dims.iter().product(), k + 1, 512.0);
            Tensor::real(&param.dims, values.into_iter().map(f64::from).collect())
        });
        let shape = [
            &[golden.rows][..],
            &graph.inputs[0].ty.dims[1..].iter().filter_map(|d| d.size()).collect::<Vec<_>>(),
        ]
        .concat();
        let input = numbers(shape.iter().product(), 0, 128.0).into_iter().map(f64::from).collect();
        let mut bindings = Bindings {
            rows: golden.rows,
            params: params.collect(),
            inputs: vec![Tensor::real(&shape, input)],
            target: Some(Tensor::ints(&[golden.rows], labels(&golden).map(|y| y as i32).collect())),
            ..Bindings::default()
        };
        bindings.bind_scalar_words(graph, &words(&lowered, golden.rows));
        let values = interpret(graph, &bindings).expect("the bindings fit the graph");
        let (mut loss, mut after) = (0.0, vec![Vec::new(); graph.params.len()]);
        for (sink, value) in values.sinks() {
            match sink {
                Sink::Param(id) => after[id.index()] = value.reals().to_vec(),
                Sink::Metric(0) => loss = value.reals()[0] / golden.rows as f64,
                _ => {}
            }
        }
        case.compare(graph, loss, &after, [1e-6; 2]);
    }
}

#[test]
fn native_code_agrees_with_pytorch() {
    let golden = golden();
    for case in &golden.cases {
        let model = case.model(golden.classes);
        let lowered = lower_train(&model);
        let words = words(&lowered, golden.rows);
        let shape: Vec<usize> =
            lowered.graph.inputs[0].ty.dims[1..].iter().filter_map(|d| d.size()).collect();
        let numbers = numbers(golden.rows * shape.iter().product::<usize>(), 0, 128.0);
        let target = Target::Classes(labels(&golden).collect());
        let part = Part::of_first(golden.rows, vec![Input::floats("x", &shape, numbers)], target);
        let function = Function::new(lowered, &part).expect("compiles");
        for threads in [1, 2] {
            let mut store = started(&model, function.graph());
            let mut totals = vec![0.0; function.graph().metrics.len()];
            let mut outputs = vec![0.0; golden.rows * golden.classes];
            let order: Vec<u32> = (0..golden.rows as u32).collect();
            let layout = Layout { order: &order, batch: golden.rows, scalars: &words, streams: &[] };
            let status = function.run(Pass {
                with_target: true,
                totals: &mut totals,
                ..Pass::once(&part, layout, &mut store, &mut outputs, &Team::new(threads))
            });
            assert_eq!(status.expect("runs"), Status::Done);
            let after: Vec<Vec<f64>> =
                store.params.iter().map(|values| values.iter().map(|x| f64::from(*x)).collect()).collect();
            // A step at rate 1 rounds weights of up to 0.25 to 1.5e-8.
            case.compare(function.graph(), totals[0] / golden.rows as f64, &after, [3e-5, 1e-4]);
        }
    }
}
