//! One step of a small net against figures of PyTorch: results, and gradients of all parameters, by the graph interpreter in f64 and by native code.

use std::sync::Arc;

use dropnet::internal::check::check_source;
use dropnet::internal::data::{Input, Part, Target};
use dropnet::internal::graph::interpret::{Bindings, Tensor, interpret};
use dropnet::internal::graph::{Sink, StepInfo};
use dropnet::internal::kernels::team::Team;
use dropnet::internal::lower::{Lowered, lower_train};
use dropnet::internal::model::Model;
use dropnet::internal::runtime::function::{Function, Layout, Pass, Status};
use dropnet::internal::runtime::store::Store;
use dropnet::internal::vocab::Clock;
use serde_json::Value as Json;

/// A power of two, so that the step of gradient descent says the gradient; large, so that in 32 bits it says little of the parameter.
const LR: f64 = 16.0;

pub fn floats(json: &Json) -> Vec<f64> {
    json.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|x| *x as f32).collect()
}

/// A case of a file: its net with its parameters, and what PyTorch found.
pub struct Case<'j> {
    json: &'j Json,
    layer: &'j str,
    rows: usize,
    /// Of the input, a row.
    dims: Vec<usize>,
    model: Model,
}

impl<'j> Case<'j> {
    /// How many steps of each row are its own, where the input is a series.
    fn lengths(&self) -> Option<Vec<i32>> {
        self.json["lengths"]
            .as_array()
            .map(|_| narrow(&floats(&self.json["lengths"])).into_iter().map(|n| n as i32).collect())
    }

    /// `net` has one input, `x`; the case's layer stands between it and the output.
    pub fn of(json: &'j Json, rows: usize, dims: &[usize], net: &str) -> Self {
        let layer = json["layer"].as_str().expect("a layer");
        let shape = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let width = floats(&json["y"]).len() / rows;
        let ty = if json["lengths"].is_array() { "series" } else { "real" };
        let source = format!(
            "net {{\n  input x: {ty}[{shape}]\n  {net} -> flatten\n  output y: real[{width}]\n}}\n\
             train {{\n  loss squared_error\n  optimizer sgd, lr={LR}\n  epochs 1\n}}\n"
        );
        let checked = check_source(&source, &Default::default());
        let model = checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics));
        Self { json, layer, rows, dims: dims.to_vec(), model }
    }

    fn store(&self, lowered: &Lowered) -> Store {
        let mut store = Store::fresh(&self.model, &lowered.graph, 0);
        for (param, values) in lowered.graph.params.iter().zip(&mut store.params) {
            let given = narrow(&floats(&self.json["params"][&param.name]));
            assert_eq!(values.len(), given.len(), "{}: {}", self.layer, param.name);
            values.copy_from_slice(&given);
        }
        store
    }

    /// The words of the only step.
    fn words(&self, lowered: &Lowered) -> Vec<u32> {
        let clock = Clock { update: 0, updates_per_epoch: 1, horizon: 1 };
        let info = StepInfo { clock, lr: LR, ..StepInfo::of_prediction(self.rows) };
        lowered.scalars.iter().map(|def| def.word(&info)).collect()
    }

    /// Result and parameters after the step.
    pub fn interpreted(&self) -> (Vec<f64>, Vec<Vec<f64>>) {
        let lowered = lower_train(&self.model);
        let store = self.store(&lowered);
        let wide = |values: &[f32], dims: &[usize]| {
            Tensor::real(dims, values.iter().map(|x| f64::from(*x)).collect())
        };
        let params = lowered.graph.params.iter().zip(&store.params);
        let width = self.model.output.kind.width();
        let mut bindings = Bindings {
            rows: self.rows,
            inputs: vec![Tensor::real(&[&[self.rows], &self.dims[..]].concat(), floats(&self.json["x"]))],
            target: Some(Tensor::real(&[self.rows, width], floats(&self.json["target"]))),
            params: params.map(|(param, values)| wide(values, &param.dims)).collect(),
            positions: (0..self.rows as u64).collect(),
            ..Bindings::default()
        };
        bindings.inputs.extend(self.lengths().map(|lengths| Tensor::ints(&[self.rows], lengths)));
        bindings.bind_scalar_words(&lowered.graph, &self.words(&lowered));
        let values = interpret(&lowered.graph, &bindings).expect("the bindings fit the graph");
        let mut params = vec![Vec::new(); store.params.len()];
        let mut output = Vec::new();
        for (sink, value) in values.sinks() {
            match sink {
                Sink::Param(id) => params[id.index()] = value.reals().to_vec(),
                Sink::Output => output = value.reals().to_vec(),
                Sink::Slot(_) | Sink::State(_) | Sink::Metric(_) | Sink::Carry(_) | Sink::Stack(_) => {}
            }
        }
        (output, params)
    }

    /// The same in native code.
    pub fn native(&self, threads: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
        let width = self.model.output.kind.width();
        let input = Input::floats("x", &self.dims, narrow(&floats(&self.json["x"])));
        let target = Target::Real { data: narrow(&floats(&self.json["target"])), width };
        let order: Vec<u32> = (0..self.rows as u32).collect();
        let inputs = [Some(input), self.lengths().map(|lengths| Input::lengths("x", lengths))];
        let inputs = inputs.into_iter().flatten().collect();
        let part = Part::new(order.as_slice().into(), inputs, Arc::new(target));
        let lowered = lower_train(&self.model);
        let (mut store, words) = (self.store(&lowered), self.words(&lowered));
        let function = Function::new(lowered, &part).expect("compiles");
        let mut outputs = vec![0.0; self.rows * width];
        let mut totals = vec![0.0; function.graph().metrics.len()];
        let layout = Layout { order: &order, batch: self.rows, scalars: &words, streams: &[] };
        let team = Team::new(threads);
        let pass = Pass {
            with_target: true,
            totals: &mut totals,
            ..Pass::once(&part, layout, &mut store, &mut outputs, &team)
        };
        assert_eq!(function.run(pass).expect("runs"), Status::Done);
        let wide = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        (wide(&outputs), store.params.iter().map(|values| wide(values)).collect())
    }

    /// The largest difference is at most `tolerance` of the root mean square, for results and, threefold, for gradients.
    pub fn check(&self, (output, params): &(Vec<f64>, Vec<Vec<f64>>), tolerance: f64, who: &str) {
        agree(output, &floats(&self.json["y"]), tolerance, &format!("{}, {who}: y", self.layer));
        for (param, after) in lower_train(&self.model).graph.params.iter().zip(params) {
            let before = floats(&self.json["params"][&param.name]);
            let before = before.iter().map(|x| f64::from(*x as f32));
            let found: Vec<f64> = before.zip(after).map(|(before, after)| (before - after) / LR).collect();
            let what = format!("{}, {who}: gradient of {}", self.layer, param.name);
            agree(&found, &floats(&self.json["grads"][&param.name]), 3.0 * tolerance, &what);
        }
    }
}

fn agree(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let square = expected.iter().map(|x| x * x).sum::<f64>() / expected.len() as f64;
    // What is zero but for rounding, as the gradient of a bias that a softmax does not see, is held against the numbers that it is a sum of.
    let size = if square < 1e-24 { 0.1 } else { square.sqrt() };
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance * size, "{what}: {worst} of {size}");
}
