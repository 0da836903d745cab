//! Rows of different lengths: the same rows declared with `T` steps and with `T + 7`, and other filling behind their ends, give the same results,
//! losses and gradients.

use std::collections::BTreeMap;

use super::{model_of, rig};
use crate::{
    graph::{
        Mode, Op, ParamId, Sink, ValueId,
        interpret::{Bindings, Data, Tensor},
    },
    lower::{Lowered, OBJECTIVE, lower_predict, lower_train},
};

const STEPS: usize = 5;
const CHANNELS: usize = 3;
const MORE: usize = 7;

/// Layers between `series[T, 3]` and four logits, over time in every way that there is.
const NETS: &[&str] = &[
    "mean_pool over=time -> dense 4",
    "max_pool over=time -> dense 4",
    "global_avg_pool -> dense 4",
    "global_max_pool -> dense 4",
    "dense 6 -> tanh -> dropout 0.5 -> layer_norm -> max_pool over=time -> dense 4",
    "dense 6 -> softmax -> dropout 0.3, share=time -> mean_pool over=time -> dense 4",
    "residual { dense 3 -> rms_norm } -> noise sd=0.2 -> mean_pool over=time -> dense 4",
    "conv 4, 3 -> relu -> conv 5, 2, pad=valid -> mean_pool over=time -> dense 4",
    "conv 4, 1, stride=2, pad=valid -> conv 5, 3, dilation=1, bias=false -> max_pool over=time -> dense 4",
    "dense 4 -> positions sinusoidal -> attention heads=2, dropout=0.3 -> dense 4 -> mean_pool over=time",
    "dense 4 -> attention heads=2, causal=true, positions=rotary -> attention heads=4, positions=alibi -> max_pool over=time",
    "conv 4, 2, stride=2, pad=valid -> attention heads=2, kv_heads=1 -> mean_pool over=time -> dense 4",
    "conv 4, 3 -> max_pool 2 -> dense 6 -> mean_pool over=time -> dense 4",
    "conv 4, 3, pad=causal, dilation=2 -> relu -> conv 4, 2, pad=causal, stride=2 -> last -> dense 4",
    "depthwise_conv 3, pad=causal -> mean_pool over=time -> dense 4",
    "conv 4, 2, stride=3 -> max_pool 3, stride=2, pad=same -> mean_pool over=time -> dense 4",
    "avg_pool 3, stride=1, pad=same -> avg_pool 3, stride=2, pad=1 -> mean_pool over=time -> dense 4",
    "avg_pool 2, stride=2, pad=same -> dense 3 -> max_pool over=time -> dense 4",
    "lstm 4, recurrent_dropout=0.4 -> last -> dense 4",
    "gru 4, reverse=true, output=last -> dense 4",
    "rnn 4, dropout=0.3, share=none, output=last -> dense 4",
    "bidirectional { gru 3, zoneout=0.3, recurrent_dropout=0.4, gates=untied } -> mean_pool over=time -> dense 4",
];

/// Windows that move by several steps lie as in rows whose steps divide by them, whatever the longest row has.
const STRIDED: &[&str] = &[
    "conv 4, 3, stride=2 -> relu -> conv 4, 5, stride=2 -> mean_pool over=time",
    "dense 4 -> depthwise_conv 4, stride=2 -> max_pool 5, stride=2, pad=same -> mean_pool over=time",
    "avg_pool 4, stride=2, pad=same -> dense 4 -> mean_pool over=time",
];

/// The same of tokens.
const OF_TOKENS: &[&str] = &[
    "embedding 3, dropout=0.4 -> mean_pool over=time -> dense 4",
    "embedding 3 -> dropout 0.4, share=type -> conv 4, 3 -> relu -> max_pool over=time -> dense 4",
    "embedding 3 -> dropout 0.4, share=[type, batch] -> dropout 0.2, share=time -> max_pool over=time -> dense 4",
    "embedding 3 -> lstm 4, dropout=0.2, zoneout_cell=0.3 -> lstm 3, output=last -> dense 4",
];

const VOCAB: usize = 6;

fn source(layers: &str, steps: usize) -> String {
    let ty = match layers.starts_with("embedding") {
        true => format!("token[{steps}, vocab={VOCAB}]"),
        false => format!("series[{steps}, {CHANNELS}]"),
    };
    format!(
        "net {{\n  input x: {ty}\n  {layers}\n  output y: class[4]\n}}\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=1\n  epochs 1\n}}\n"
    )
}

/// Rows of 2 to 5 steps of the same numbers, and `filling` behind them.
fn bindings(lowered: &Lowered, steps: usize, filling: f64) -> Bindings<f64> {
    let lengths: Vec<i32> = (0..rig::ROWS as i32).map(|row| 2 + row % 4).collect();
    let channels = if lowered.graph.inputs[0].ty.dims.len() == 2 { 1 } else { CHANNELS };
    let mut rows = Vec::new();
    for (row, length) in lengths.iter().enumerate() {
        let own = rig::numbers(&format!("row {row}"), STEPS * channels);
        let own = own.into_iter().take(*length as usize * channels);
        rows.extend(own.chain(std::iter::repeat(filling)).take(steps * channels));
    }
    let mut bindings = rig::bindings::<f64>(lowered);
    let values = match channels {
        1 => Tensor::ints(&[rig::ROWS, steps], rows.iter().map(|x| (3.0 * x.abs()) as i32).collect()),
        _ => Tensor::real(&[rig::ROWS, steps, CHANNELS], rows),
    };
    bindings.inputs = vec![values, Tensor::ints(&[rig::ROWS], lengths)];
    bindings.target = Some(Tensor::ints(&[rig::ROWS], (0..rig::ROWS as i32).map(|row| row % 4).collect()));
    bindings
}

/// Native code has kernels for all of them.
#[test]
fn every_net_has_kernels() {
    for layers in NETS.iter().chain(STRIDED).chain(OF_TOKENS) {
        let lowered = lower_train(&model_of(&source(layers, STEPS)));
        assert!(crate::loops::fuse(&lowered.graph).is_ok(), "{layers}");
    }
}

/// The objective and every parameter after a step; and what is predicted.
fn said(layers: &str, steps: usize, filling: f64) -> Vec<f64> {
    let model = model_of(&source(layers, steps));
    let lowered = lower_train(&model);
    let values = rig::run(&lowered.graph, &bindings(&lowered, steps, filling));
    let mut said = values.sink(Sink::Metric(OBJECTIVE as u32)).expect("the objective").reals().to_vec();
    for param in 0..lowered.graph.params.len() as u32 {
        said.extend(values.sink(Sink::Param(ParamId(param))).expect("a trained parameter").reals());
    }
    let lowered = lower_predict(&model, Mode::Eval);
    let values = rig::run(&lowered.graph, &bindings(&lowered, steps, filling));
    said.extend(values.sink(Sink::Output).expect("logits").reals());
    said
}

#[test]
fn what_lies_behind_a_rows_end_is_of_no_account() {
    for layers in NETS.iter().chain(STRIDED).chain(OF_TOKENS) {
        let first = said(layers, STEPS, 0.0);
        for (steps, filling) in [(STEPS, 5.0), (STEPS + MORE, 0.0), (STEPS + MORE, -3.0)] {
            for (a, b) in first.iter().zip(said(layers, steps, filling)) {
                assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{layers}, {steps} steps: {a} and {b}");
            }
        }
    }
}

#[test]
fn a_row_without_filling_is_one_of_a_series_without_lengths() {
    for layers in NETS {
        let ragged = model_of(&source(layers, STEPS));
        let plain = source(layers, STEPS)
            .replace("input x: series[5, 3]", "input x: real[5, 3]\n  reshape 5x3, roles=[time, channel]");
        let outputs = |model, lengths: bool| {
            let lowered = lower_predict(model, Mode::Eval);
            let mut bindings = bindings(&lowered, STEPS, 1.0);
            bindings.inputs.truncate(1);
            if lengths {
                bindings.inputs.push(Tensor::ints(&[rig::ROWS], vec![STEPS as i32; rig::ROWS]));
            }
            let values = rig::run(&lowered.graph, &bindings);
            let Data::F32(outputs) = values.sink(Sink::Output).expect("logits").data.clone() else {
                panic!("logits are numbers")
            };
            outputs
        };
        let plain = model_of(&plain);
        for (a, b) in outputs(&ragged, true).iter().zip(outputs(&plain, false)) {
            assert!((a - b).abs() < 1e-6, "{layers}: {a} and {b}");
        }
    }
}

#[test]
fn all_occurrences_of_a_word_in_a_row_share_a_fate() {
    for (layers, by_row) in [(OF_TOKENS[0], true), (OF_TOKENS[1], true), (OF_TOKENS[2], false)] {
        let lowered = lower_train(&model_of(&source(layers, STEPS)));
        let bindings = bindings(&lowered, STEPS, 0.0);
        let values = rig::run(&lowered.graph, &bindings);
        let of_types = |v: &ValueId| lowered.graph.node(*v).op == Op::KeepMaskAt;
        let mask = lowered.graph.values().find(of_types).expect("a mask by token");
        let (mask, tokens) = (values.of(mask).reals(), bindings.inputs[0].as_ints());
        let mut fates = BTreeMap::new();
        for (i, (kept, token)) in mask.iter().zip(tokens).enumerate() {
            let row = if by_row { i / STEPS } else { 0 };
            assert_eq!(
                *fates.entry((row, *token)).or_insert(*kept),
                *kept,
                "{layers}: token {token} of row {row}"
            );
        }
        // The same token, in different rows, has different coins.
        let of_token =
            |token: i32| fates.iter().filter(move |((_, t), _)| *t == token).map(|(_, kept)| *kept);
        let differs = (0..4)
            .any(|token| of_token(token).any(|kept| kept == 0.0) && of_token(token).any(|kept| kept == 1.0));
        assert_eq!(differs, by_row, "{layers}");
    }
}

/// Results of a net whose output is over time are those of a causal one: a later step changes no earlier result.
#[test]
fn a_causal_convolution_sees_nothing_that_comes_later() {
    let first_of = |layers: &str, later: f64| {
        let source = source(&format!("{layers} -> conv 4, 1 -> last"), STEPS);
        let source = source
            .replace("input x: series[5, 3]", "input x: real[5, 3]\n  reshape 5x3, roles=[time, channel]");
        let model = model_of(&source.replace(" -> last", " -> flatten -> dense 4, init=normal(sd=0.5)"));
        let lowered = lower_predict(&model, Mode::Eval);
        let mut bindings = bindings(&lowered, STEPS, 0.0);
        bindings.inputs.truncate(1);
        let Data::F32(x) = &mut bindings.inputs[0].data else { panic!("numbers") };
        x.chunks_mut(STEPS * CHANNELS).for_each(|row| row[(STEPS - 1) * CHANNELS..].fill(later));
        let values = rig::run(&lowered.graph, &bindings);
        // What is flattened: the steps one after another.
        let steps = lowered.graph.values().filter(|v| lowered.graph.ty(*v).dims.len() == 3).last();
        let steps = values.of(steps.expect("a value over time"));
        steps.reals().chunks(STEPS * 4).flat_map(|row| row[..(STEPS - 1) * 4].to_vec()).collect::<Vec<f64>>()
    };
    for layers in
        ["conv 6, 3, pad=causal -> conv 5, 2, pad=causal, dilation=3", "depthwise_conv 2, pad=causal"]
    {
        assert_eq!(first_of(layers, 1.0), first_of(layers, -7.0), "{layers}");
    }
    assert_ne!(first_of("conv 6, 3", 1.0), first_of("conv 6, 3", -7.0));
}

/// As PyTorch's convolution behind `F.pad(x, (reach - 1, 0))`: both of which agree with its figures (`tests/convolutions.rs`).
#[test]
fn a_causal_convolution_is_one_with_zeros_in_front() {
    for (causal, padded) in [
        ("conv 4, 3, pad=causal", "zero_pad left=2 -> conv 4, 3, pad=valid"),
        ("conv 4, 2, pad=causal, dilation=3", "zero_pad left=3 -> conv 4, 2, dilation=3, pad=valid"),
        ("conv 4, 3, pad=causal, stride=2", "zero_pad left=2 -> conv 4, 3, stride=2, pad=valid"),
        (
            "depthwise_conv 2, pad=causal, dilation=2",
            "zero_pad left=2 -> depthwise_conv 2, dilation=2, pad=valid",
        ),
    ] {
        let said = |layers: &str| {
            let source = source(&format!("dense 3 -> {layers} -> flatten -> dense 4"), STEPS);
            let source = source.replace(
                "input x: series[5, 3]",
                "input x: real[5, 3]\n  reshape 5x3, roles=[time, channel]",
            );
            let lowered = lower_train(&model_of(&source));
            let mut bindings = bindings(&lowered, STEPS, 0.0);
            bindings.inputs.truncate(1);
            let values = rig::run(&lowered.graph, &bindings);
            let mut said =
                values.sink(Sink::Metric(OBJECTIVE as u32)).expect("the objective").reals().to_vec();
            for param in 0..lowered.graph.params.len() as u32 {
                said.extend(values.sink(Sink::Param(ParamId(param))).expect("a trained parameter").reals());
            }
            said
        };
        assert_eq!(said(causal), said(padded), "{causal}");
    }
}

/// Products, forward and in the derivative, read zeros behind the ends of rows, so that they are left out there.
#[test]
fn products_read_nothing_behind_a_rows_end() {
    let layers = "dense 4 -> gelu -> attention heads=2 -> residual { layer_norm -> dense 8 -> gelu -> dense 4 } -> mean_pool over=time";
    let lowered = lower_train(&model_of(&source(layers, STEPS)));
    let values = rig::run(&lowered.graph, &bindings(&lowered, STEPS, 5.0));
    let over_time = |v: &ValueId| lowered.graph.ty(*v).dims.len() == 3;
    let products = lowered.graph.nodes.iter().filter(|node| matches!(node.op, Op::Contract { .. }));
    let read: Vec<ValueId> = products.map(|node| node.inputs[0]).filter(over_time).collect();
    assert!(read.len() >= 10, "{read:?}");
    for v in read {
        let tensor = values.of(v);
        let width = tensor.dims[2];
        for (row, numbers) in tensor.reals().chunks(STEPS * width).enumerate() {
            assert!(numbers[(2 + row % 4) * width..].iter().all(|x| *x == 0.0), "{v:?}, row {row}");
        }
    }
}
