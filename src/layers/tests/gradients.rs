//! The derivative of every layer's example, trained as a whole, against central differences in f64.

use super::{super::LAYERS, example, model_of, rig};
use crate::{
    graph::{
        ParamId, Sink,
        interpret::{Bindings, Data},
        verify::verify,
    },
    lower::{Lowered, OBJECTIVE, STEPS, lower_eval, lower_train},
    model::OutputKind,
};

const STEP: f64 = 1e-5;

/// The example with a `train` section whose step is the bare gradient.
fn trained(source: &str, kind: OutputKind) -> String {
    let loss = kind.usual_loss().sig().name;
    format!("{source}train {{\n  loss {loss}\n  optimizer sgd, lr=1\n  epochs 1\n}}\n")
}

fn objective(lowered: &Lowered, bindings: &Bindings<f64>) -> f64 {
    let values = rig::run(&lowered.graph, bindings);
    let total = values.sink(Sink::Metric(OBJECTIVE as u32)).expect("the objective");
    // Of answers at each step it is a mean over these.
    let steps = values.sink(Sink::Metric(STEPS as u32)).map(|steps| steps.reals()[0]);
    total.reals()[0] / steps.unwrap_or(rig::ROWS as f64)
}

/// What the objective changes by with an element of a parameter.
fn difference(lowered: &Lowered, bindings: &Bindings<f64>, param: usize, i: usize) -> f64 {
    let moved = |by: f64| {
        let mut bindings = bindings.clone();
        if let Data::F32(values) = &mut bindings.params[param].data {
            values[i] += by;
        }
        objective(lowered, &bindings)
    };
    (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
}

/// Largest difference of gradient and central differences over all parameters (a score of elements of each), relative to the larger of 1 and the gradient.
fn worst(lowered: &Lowered) -> f64 {
    let bindings = rig::bindings::<f64>(lowered);
    let values = rig::run(&lowered.graph, &bindings);
    let mut worst = 0.0_f64;
    for param in 0..lowered.graph.params.len() {
        let sink = Sink::Param(ParamId(param as u32));
        let Some(after) = values.sink(sink) else { continue };
        let before = bindings.params[param].reals();
        for i in (0..before.len()).step_by(before.len().div_ceil(20)) {
            let (g, d) = (before[i] - after.reals()[i], difference(lowered, &bindings, param, i));
            worst = worst.max((g - d).abs() / g.abs().max(1.0));
        }
    }
    worst
}

#[test]
fn the_gradient_of_every_example_agrees_with_differences() {
    for row in LAYERS {
        let source = example(row);
        let kind = model_of(&source).output.kind;
        // Projection onto a ball is no part of the gradient.
        let model = model_of(&trained(&source.replace(", max_norm=3", ""), kind));
        let lowered = lower_train(&model);
        verify(&lowered.graph).unwrap_or_else(|broken| panic!("{source}\n{broken:?}"));
        assert!(!lowered.graph.params.is_empty(), "{source}");
        let worst = worst(&lowered);
        assert!(worst < 1e-6, "{source}\n{worst}");
    }
}

/// What rows carry in is given, as an input is: gradients stop at the window's start.
#[test]
fn so_does_that_of_layers_that_carry_their_state() {
    for layers in [
        "rnn 4, CARRY",
        "drop_connect 0.3, on=recurrent { gru 4, recurrent_dropout=0.3, CARRY }",
        "lstm 4, CARRY -> lstm 3, zoneout_cell=0.3, CARRY",
    ] {
        let layers = layers.replace("CARRY", "carry=true");
        let source = format!(
            "net {{\n  input x: series[5, 3]\n  {layers} -> last -> dense 2\n  output y: real[2]\n}}\n"
        );
        let model = model_of(&trained(&source, model_of(&source).output.kind));
        let lowered = lower_train(&model);
        verify(&lowered.graph).unwrap_or_else(|broken| panic!("{source}\n{broken:?}"));
        let worst = worst(&lowered);
        assert!(worst < 1e-6, "{source}\n{worst}");
        let left = model.states.len();
        let sinks = lowered.graph.sinks.iter().filter(|(sink, _)| matches!(sink, Sink::State(_)));
        assert_eq!(sinks.count(), left, "each leaves its state");
    }
}

/// Penalties of what layers compute, over the steps that are a row's own.
#[test]
fn so_does_that_of_penalties_of_values() {
    for word in ["ar", "tar"] {
        let source = "net {\n  input x: series[5, 3]\n  h: lstm 4 -> dropout 0.3\n  last -> dense 2\n  output y: real[2]\n}\n";
        let train = trained("", OutputKind::real(2));
        let train = train.replace("epochs 1", &format!("penalize {word}, 2, of=h\n  epochs 1"));
        let lowered = lower_train(&model_of(&format!("{source}{train}")));
        verify(&lowered.graph).unwrap_or_else(|broken| panic!("{word}\n{broken:?}"));
        let worst = worst(&lowered);
        assert!(worst < 1e-6, "{word}: {worst}");
    }
}

#[test]
fn every_example_evaluates() {
    for row in LAYERS {
        for mode in [crate::graph::Mode::Eval, crate::graph::Mode::Mc] {
            let source = example(row);
            let kind = model_of(&source).output.kind;
            let lowered = lower_eval(&model_of(&trained(&source, kind)), mode);
            verify(&lowered.graph).unwrap_or_else(|broken| panic!("{source}\n{broken:?}"));
            let values = rig::run(&lowered.graph, &rig::bindings::<f32>(&lowered));
            let outputs = values.sink(Sink::Output).expect("outputs").reals();
            assert!(outputs.iter().all(|y| y.is_finite()), "{source}\n{outputs:?}");
        }
    }
}

/// `max_norm` is of each feature map: the kernel that makes it, whatever of the input it sees.
#[test]
fn kernels_stay_in_a_ball_by_feature_map() {
    for layer in ["conv 4, 3x3, groups=2", "depthwise_conv 3x3", "conv_transpose 3, 2x2, stride=2"] {
        let source = format!(
            "net {{\n  input x: real[4, 4, 2]\n  {layer}, max_norm=0.25\n  flatten -> dense 2\n  output y: class[2]\n}}\n"
        );
        let lowered = lower_train(&model_of(&trained(&source, OutputKind::class(2))));
        let values = rig::run(&lowered.graph, &rig::bindings::<f64>(&lowered));
        let kernel = values.sink(Sink::Param(ParamId(0))).expect("the kernel");
        let maps = kernel.dims[kernel.dims.len() - 1];
        for map in 0..maps {
            let norm = kernel.reals().iter().skip(map).step_by(maps).map(|w| w * w).sum::<f64>().sqrt();
            assert!((norm - 0.25).abs() < 1e-6, "{layer}, {map}: {norm}");
        }
    }
}
