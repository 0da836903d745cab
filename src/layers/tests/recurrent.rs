//! Masks within recurrent layers: which unit of which row at which step each number is multiplied by.

use super::{model_of, rig};
use crate::draws;
use crate::graph::{Mode, Sink, interpret::Bindings};
use crate::lower::{Lowered, lower_predict};

const STEPS: usize = 4;
const CHANNELS: usize = 3;
const WIDTH: usize = 5;

fn lowered(layer: &str, mode: Mode) -> (Lowered, Bindings<f64>) {
    let width = STEPS * WIDTH;
    let source = format!(
        "net {{\n  input x: real[{STEPS}, {CHANNELS}]\n  {layer} -> flatten\n  output y: real[{width}]\n}}\n"
    );
    let lowered = lower_predict(&model_of(&source), mode);
    let bindings = rig::bindings::<f64>(&lowered);
    (lowered, bindings)
}

fn output(layer: &str, mode: Mode) -> Vec<f64> {
    let (lowered, bindings) = lowered(layer, mode);
    rig::run(&lowered.graph, &bindings).sink(Sink::Output).expect("an output").reals().to_vec()
}

/// The multiplier of a unit of a site within the layer: 0 where it is dropped at this rate.
fn kept(path: &str, row: usize, unit: usize, rate: f64) -> bool {
    draws::kept(rig::row_key(path, row), unit as u32, (65536.0 * rate) as u32)
}

/// The plain recurrent layer, number by number; `unit` numbers the units of masks that multiply, by step and place in it.
fn by_hand(args: &str, unit: fn(usize, usize, usize) -> usize) -> Vec<f64> {
    let (_, bindings) = lowered(&format!("rnn {WIDTH}, {args}"), Mode::Train);
    let x = bindings.inputs[0].reals();
    let [w, u, bias] = [0, 1, 2].map(|i| bindings.params[i].reals());
    let mut out = Vec::new();
    for row in 0..rig::ROWS {
        let mut h = [0.0; WIDTH];
        for t in 0..STEPS {
            let input = |c: usize| {
                let factor =
                    if kept("rnn_1.dropout", row, unit(t, CHANNELS, c), 0.25) { 1.0 / 0.75 } else { 0.0 };
                x[(row * STEPS + t) * CHANNELS + c] * factor
            };
            let before = |j: usize| {
                let is_kept = kept("rnn_1.recurrent_dropout", row, unit(t, WIDTH, j), 0.5);
                if is_kept { 2.0 * h[j] } else { 0.0 }
            };
            let mut next = [0.0; WIDTH];
            for (d, next) in next.iter_mut().enumerate() {
                let z: f64 = bias[d]
                    + (0..CHANNELS).map(|c| input(c) * w[c * WIDTH + d]).sum::<f64>()
                    + (0..WIDTH).map(|j| before(j) * u[j * WIDTH + d]).sum::<f64>();
                // Kept is new; numbered by step and unit whatever the others share.
                let is_new = kept("rnn_1.zoneout", row, t * WIDTH + d, 0.25);
                *next = if is_new { z.tanh() } else { h[d] };
            }
            h = next;
            out.extend(h);
        }
    }
    out
}

fn agree(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-6, "{what}: {a} {b}");
    }
}

#[test]
fn a_mask_for_all_steps_and_one_a_step() {
    let args = "dropout=0.25, recurrent_dropout=0.5, zoneout=0.25";
    let shared = output(&format!("rnn {WIDTH}, {args}"), Mode::Train);
    agree(&shared, &by_hand(args, |_, _, d| d), "one mask for all steps");
    let fresh = format!("{args}, share=none");
    let own = output(&format!("rnn {WIDTH}, {fresh}"), Mode::Train);
    agree(&own, &by_hand(&fresh, |t, width, d| t * width + d), "a mask a step");
    assert_ne!(shared, own);
    assert_eq!(
        shared,
        output(&format!("rnn {WIDTH}, {args}, share=time"), Mode::Mc),
        "samples draw as training"
    );
}

/// Prediction multiplies by nothing, and takes the mean of old and new where units keep their old values.
#[test]
fn prediction_is_the_mean() {
    let plain = output(&format!("gru {WIDTH}"), Mode::Eval);
    agree(
        &output(&format!("gru {WIDTH}, dropout=0.25, recurrent_dropout=0.5"), Mode::Eval),
        &plain,
        "scaled",
    );
    let (_, bindings) = lowered(&format!("rnn {WIDTH}"), Mode::Eval);
    let x = bindings.inputs[0].reals();
    let [w, u, bias] = [0, 1, 2].map(|i| bindings.params[i].reals());
    let mut expected = Vec::new();
    for row in 0..rig::ROWS {
        let mut h = [0.0; WIDTH];
        for t in 0..STEPS {
            let z = |d: usize| -> f64 {
                let x = &x[(row * STEPS + t) * CHANNELS..];
                bias[d]
                    + (0..CHANNELS).map(|c| x[c] * w[c * WIDTH + d]).sum::<f64>()
                    + (0..WIDTH).map(|j| h[j] * u[j * WIDTH + d]).sum::<f64>()
            };
            h = std::array::from_fn(|d| 0.25 * h[d] + 0.75 * z(d).tanh());
            expected.extend(h);
        }
    }
    agree(&output(&format!("rnn {WIDTH}, zoneout=0.25"), Mode::Eval), &expected, "zoneout");
}

/// Untied gates have masks of their own, numbered gate by gate: with equal weights of all gates tied ones would leave `i = f = o`.
#[test]
fn gates_may_have_masks_of_their_own() {
    let (lowered, _) = lowered(&format!("lstm {WIDTH}, recurrent_dropout=0.5, gates=untied"), Mode::Train);
    let masks = lowered.graph.nodes.iter().filter_map(|node| match &node.op {
        crate::graph::Op::KeepMask { dims, .. } => Some(dims.clone()),
        _ => None,
    });
    assert_eq!(masks.collect::<Vec<_>>(), [vec![4, WIDTH]]);
    let sites: Vec<&str> = lowered.graph.sites.iter().map(|site| site.path.as_str()).collect();
    assert_eq!(sites, ["lstm_1.recurrent_dropout"]);
}

/// Weights that multiply what the step before left are masked by one mask for all steps of all rows, numbered row by row of the matrix; the input's by another, or none.
#[test]
fn drop_connect_masks_recurrent_weights_alone_or_all() {
    for on in ["recurrent", "all"] {
        let layer = format!("drop_connect 0.25, on={on} {{ rnn {WIDTH} }}");
        let (_, bindings) = lowered(&layer, Mode::Train);
        let x = bindings.inputs[0].reals();
        let [w, u, bias] = [0, 1, 2].map(|i| bindings.params[i].reals());
        let factor = |matrix: &str, unit: usize| {
            let key = draws::row_key(
                rig::stream(&format!("drop_connect_1/rnn_1.{matrix}.drop_connect")),
                rig::UPDATE,
            );
            if draws::kept(key, unit as u32, 65536 / 4) { 1.0 / 0.75 } else { 0.0 }
        };
        let by_hand = |masked: bool| {
            let factor = |matrix: &str, unit: usize| {
                let is_masked = masked && (on == "all" || matrix == "recurrent_weight");
                if is_masked { factor(matrix, unit) } else { 1.0 }
            };
            stepped(x, (w, u, bias), &factor)
        };
        agree(&output(&layer, Mode::Train), &by_hand(true), on);
        agree(&output(&layer, Mode::Mc), &by_hand(true), "samples draw as training");
        agree(&output(&layer, Mode::Eval), &by_hand(false), "mean weights");
    }
}

/// The plain recurrent layer with factors of its weights.
fn stepped(
    x: &[f64],
    (w, u, bias): (&[f64], &[f64], &[f64]),
    factor: &dyn Fn(&str, usize) -> f64,
) -> Vec<f64> {
    let mut expected = Vec::new();
    for row in 0..rig::ROWS {
        let mut h = [0.0; WIDTH];
        for t in 0..STEPS {
            let x = &x[(row * STEPS + t) * CHANNELS..];
            let z = |d: usize| -> f64 {
                let at = |i: usize| i * WIDTH + d;
                bias[d]
                    + (0..CHANNELS).map(|c| x[c] * w[at(c)] * factor("input_weight", at(c))).sum::<f64>()
                    + (0..WIDTH).map(|j| h[j] * u[at(j)] * factor("recurrent_weight", at(j))).sum::<f64>()
            };
            h = std::array::from_fn(|d| z(d).tanh());
            expected.extend(h);
        }
    }
    expected
}

/// The other direction is the same layer on the steps in reverse, its results turned back.
#[test]
fn backwards_is_forwards_on_the_steps_in_reverse() {
    for word in ["rnn", "lstm", "gru"] {
        let (lowered, mut bindings) = lowered(&format!("{word} {WIDTH}, reverse=true"), Mode::Eval);
        let backwards = rig::run(&lowered.graph, &bindings);
        let turned = |values: &[f64], width: usize| -> Vec<f64> {
            let rows = values.chunks(STEPS * width);
            rows.flat_map(|row| row.chunks(width).rev().flatten().copied().collect::<Vec<_>>()).collect()
        };
        let input = &mut bindings.inputs[0];
        input.data = crate::graph::interpret::Data::F32(turned(input.reals(), CHANNELS));
        let (forwards, _) = self::lowered(&format!("{word} {WIDTH}"), Mode::Eval);
        let forwards = rig::run(&forwards.graph, &bindings);
        let [a, b] =
            [&backwards, &forwards].map(|values| values.sink(Sink::Output).expect("an output").reals());
        agree(a, &turned(b, WIDTH), word);
    }
}
