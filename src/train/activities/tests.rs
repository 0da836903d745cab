//! Penalties of values against sums over their elements, written out; rows have lengths, or not.

use crate::{
    draws,
    graph::{Mode, Sink},
    layers::tests::rig,
    lower::{LOSS, Lowered, OBJECTIVE, lower_forward, lower_predict},
    train::tests::{findings, model_of},
};

const STEPS: usize = 4;
const WIDTH: usize = 2;

fn net(input: &str, chain: &str, rest: &str, train: &str) -> String {
    format!("net {{\n  input x: {input}\n  h: {chain}\n  {rest}\n}}\n{train}")
}

fn training(penalty: &str) -> String {
    format!("train {{\n  loss squared_error\n  optimizer sgd, lr=1\n  {penalty}\n  epochs 1\n}}\n")
}

/// What the statement adds to the loss.
fn added(input: &str, penalty: &str) -> f64 {
    let source =
        net(input, "rnn 2 -> dropout 0.25", "last -> dense 1\n  output y: real[1]", &training(penalty));
    let lowered = lower_forward(&model_of(&source));
    let values = rig::run(&lowered.graph, &rig::bindings::<f64>(&lowered));
    let total = |metric: usize| values.sink(Sink::Metric(metric as u32)).expect("a total").reals()[0];
    (total(OBJECTIVE) - total(LOSS)) / rig::ROWS as f64
}

/// The values of the recurrent layer, `[rows, steps, width]`, whatever lengths rows have.
fn shown() -> Vec<f64> {
    let source = net("real[4, 3]", "rnn 2", "from h -> flatten\n  output y: real[8]", "");
    let lowered: Lowered = lower_predict(&model_of(&source), Mode::Eval);
    let values = rig::run(&lowered.graph, &rig::bindings::<f64>(&lowered));
    values.sink(Sink::Output).expect("an output").reals().to_vec()
}

/// Lengths that the rig gives rows, and those of rows that are all as long.
fn lengths(ragged: bool) -> Vec<usize> {
    (0..rig::ROWS).map(|row| if ragged { 1 + (3 * row + 1) % 4 } else { STEPS }).collect()
}

#[test]
fn means_are_over_elements_and_steps_that_are_the_rows_own() {
    let h = shown();
    let at = |row: usize, t: usize, d: usize| h[(row * STEPS + t) * WIDTH + d];
    for (input, ragged) in [("series[4, 3]", true), ("real[4, 3]", false)] {
        let lengths = lengths(ragged);
        let (mut squares, mut sizes, mut steps) = (0.0, 0.0, 0);
        let (mut changes, mut pairs) = (0.0, 0);
        for (row, length) in lengths.iter().enumerate() {
            let key = rig::row_key("h/dropout_1", row);
            for t in 0..*length {
                steps += 1;
                for d in 0..WIDTH {
                    let kept = draws::kept(key, (t * WIDTH + d) as u32, 65536 / 4);
                    let value = if kept { at(row, t, d) / 0.75 } else { 0.0 };
                    squares += value * value;
                    sizes += value.abs();
                }
            }
            for t in 1..*length {
                pairs += 1;
                changes += (0..WIDTH).map(|d| (at(row, t, d) - at(row, t - 1, d)).powi(2)).sum::<f64>();
            }
        }
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        close(added(input, "penalize ar, 2, of=h"), 2.0 * squares / (steps * WIDTH) as f64);
        close(added(input, "penalize l2, 2, of=h"), 2.0 * squares / (steps * WIDTH) as f64);
        close(added(input, "penalize l1, 2, of=h"), 2.0 * sizes / (steps * WIDTH) as f64);
        close(added(input, "penalize tar, 1.5, of=h"), 1.5 * changes / (pairs * WIDTH) as f64);
        close(added(input, "penalize ar, 0, of=h"), 0.0);
    }
}

#[test]
fn values_that_are_none_are_refused() {
    let found = |chain: &str, rest: &str, penalty: &str| {
        findings(&net("series[4, 3]", chain, &format!("{rest}\n  output y: real[1]"), &training(penalty)))
    };
    assert_eq!(
        found("rnn 2", "last -> dense 1", "penalize ar, 2, of=g"),
        ["E0101 `g` is no label of the net"]
    );
    assert_eq!(
        found("rnn 2, output=last -> dropout 0.5", "dense 1", "penalize tar, 2, of=h"),
        ["E0301 `tar` looks from step to step, and `h` is 2"]
    );
    assert!(found("rnn 2, output=last -> dropout 0.5", "dense 1", "penalize ar, 2, of=h").is_empty());
}
