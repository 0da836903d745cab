//! Squares of zeros: native code against the interpreter, for any minibatch and number of threads, and in code that is sampled.

use super::nets::pass;
use super::rig::{Pass, tame};
use crate::check::{Env, check_source};
use crate::codegen::{Compiled, Options, compile};
use crate::draws::{Squares, row_key};
use crate::graph::{Graph, Mode};
use crate::loops::interpret::Number;
use crate::loops::{Program, fuse};
use crate::lower::lower_predict;

const ROWS: usize = 70;
const RATE: f64 = 0.3;
const DIMS: [usize; 3] = [9, 8, 3];
const WIDTH: usize = 9 * 8 * 3;

/// Nothing but squares of 3x3.
fn squares(share: &str) -> (Graph, Program) {
    let source = format!(
        "net {{\n  input x: real[9, 8, 3]\n  dropout 0.3, kind=dropblock, size=3{share}\n  flatten\n  output y: real[{WIDTH}]\n}}"
    );
    let checked = check_source(&source, &Env::default());
    let graph = lower_predict(&checked.model.expect("a model"), Mode::Train).graph;
    let program = fuse(&graph).expect("kernels");
    (graph, program)
}

fn ready(graph: &Graph, batch: usize, shared: bool) -> Pass {
    let mut pass = pass(graph, ROWS, batch).output(WIDTH);
    let threshold = Squares::of(&DIMS, 3, shared).threshold(RATE);
    for scalar in &mut pass.scalars {
        if let Number::I32(q) = scalar {
            *q = threshold.cast_signed();
        }
    }
    pass.host.inputs = vec![tame(WIDTH * ROWS, 8)];
    pass
}

fn outputs(mut pass: Pass, compiled: &Compiled, threads: usize) -> Vec<f32> {
    pass.run(compiled, threads);
    pass.host.output
}

#[test]
fn native_code_draws_the_squares_of_the_interpreter() {
    for (share, shared) in [("", false), (", share=channel", true), (", share=batch", false)] {
        let (graph, program) = squares(share);
        let pass = ready(&graph, 31, shared);
        pass.compare(&program, &[1, 2, 3], share);
        if share != ", share=batch" {
            let compiled = compile(&program, &Options::default()).expect("compiles");
            let expected = outputs(pass, &compiled, 1);
            for batch in [1, 33, ROWS] {
                assert!(outputs(ready(&graph, batch, shared), &compiled, 2) == expected, "{share}, {batch}");
            }
        }
    }
}

/// A row that comes at another position draws what it drew at its own.
#[test]
fn rows_draw_by_their_places() {
    let (graph, program) = squares("");
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let at = |order: Vec<u32>, places: Vec<u32>| {
        outputs(Pass { order, places, ..ready(&graph, 31, false) }, &compiled, 2)
    };
    let all = || 0..ROWS as u32;
    let plain = at(all().collect(), Vec::new());
    let reversed = at(all().rev().collect(), all().rev().collect());
    let again: Vec<f32> = reversed.chunks(WIDTH).rev().flatten().copied().collect();
    assert!(plain == again);
    assert!(at(all().rev().collect(), Vec::new()) != reversed);
}

/// A pair of a row and a sample draws by the sample's stream and the row's number, wherever it stands.
#[test]
fn samples_draw_by_the_number_of_the_row() {
    let (graph, program) = squares("");
    let compiled = compile(&program, &Options { sampled: true, ..Options::default() }).expect("compiles");
    let mut pass = ready(&graph, 32, false);
    pass.samples = (0..ROWS as u32).map(|position| position % 5).collect();
    pass.order = (0..ROWS as u32).map(|position| position / 5).collect();
    (pass.streams, pass.stream_count) = (vec![11, 12, 13, 14, 15], 1);
    let (order, streams, inputs) = (pass.order.clone(), pass.streams.clone(), pass.host.inputs[0].clone());
    let found = outputs(pass, &compiled, 2);
    let squares = Squares::of(&DIMS, 3, false);
    for (position, found) in found.chunks(WIDTH).enumerate() {
        let (row, stream) = (order[position], streams[position % 5]);
        let dropped = squares.dropped(row_key(stream, u64::from(row)), squares.threshold(RATE));
        let input = &inputs[row as usize * WIDTH..][..WIDTH];
        // The rig's scale is 1.5.
        let expected: Vec<f32> =
            input.iter().zip(&dropped).map(|(x, dropped)| if *dropped { 0.0 } else { 1.5 * x }).collect();
        assert!(dropped.iter().any(|d| *d) && found == expected, "{position}");
    }
}
