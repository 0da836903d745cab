//! Training steps of nets that answer at each step: native code against the interpreter of loops, on any number of threads.

use super::nets::pass;
use super::rig::{Pass, THREADS, same, tame};
use crate::check::{Env, check_source};
use crate::codegen::{Options, Status, compile};
use crate::graph::Graph;
use crate::loops::interpret::Data;
use crate::loops::{Program, fuse};
use crate::lower::lower_train;

/// Steps and vocabularies that fill vectors, and such as do not; a row with one step.
const SIZES: [(usize, usize); 4] = [(1, 5), (3, 2), (5, 9), (4, 64)];

fn step(steps: usize, vocab: usize, loss: &str) -> (Program, Graph) {
    let source = format!(
        "net {{\n  input x: series[{steps}, 3]\n  dense 6 -> tanh -> dropout 0.3\n  dense {vocab}\n  output y: token[{steps}, vocab={vocab}]\n}}\n\
         train {{\n  loss {loss}\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
    );
    let checked = check_source(&source, &Env::default());
    let graph = lower_train(&checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))).graph;
    (fuse(&graph).expect("kernels"), graph)
}

/// Rows of all lengths from one step on.
fn rows(graph: &Graph, count: usize, batch: usize, (steps, vocab): (usize, usize)) -> Pass {
    let mut pass = pass(graph, count, batch).output(2 * steps);
    let lengths = (0..count).map(|row| (1 + row % steps) as f32).collect();
    pass.host.inputs = vec![tame(3 * steps * count, 1), lengths];
    pass.host.target = Data::I32((0..(steps * count) as i32).map(|i| i * i % vocab as i32).collect());
    pass
}

#[test]
fn native_code_agrees_with_the_interpreter() {
    for (steps, vocab) in SIZES {
        for loss in ["cross_entropy", "cross_entropy, label_smoothing=0.1, per=row"] {
            let (program, graph) = step(steps, vocab, loss);
            let mut native = rows(&graph, 30, 11, (steps, vocab));
            assert_eq!(
                native.run(&compile(&program, &Options::default()).expect("compiles"), 1),
                Status::Done
            );
            let mut slow = rows(&graph, 30, 11, (steps, vocab));
            slow.interpret(&program, true);
            let of = |pass: &Pass| [pass.host.params.concat(), pass.host.output.clone()].concat();
            for (a, b) in of(&native).iter().zip(of(&slow)) {
                let near = (a - b).abs() < 1e-5 * b.abs().max(0.05);
                assert!(near, "{steps} of {vocab}, {loss}: {a} {b}");
            }
            for (a, b) in native.host.totals.iter().zip(&slow.host.totals) {
                assert!((a - b).abs() < 1e-5 * b.abs(), "{steps} of {vocab}, {loss}: {a} {b}");
            }
        }
    }
}

#[test]
fn any_number_of_threads_leaves_the_same_bits() {
    for size in SIZES {
        let (program, graph) = step(size.0, size.1, "cross_entropy");
        let compiled = compile(&program, &Options::default()).expect("compiles");
        let mut one = rows(&graph, 140, 67, size);
        assert_eq!(one.run(&compiled, 1), Status::Done);
        for threads in THREADS {
            let mut many = rows(&graph, 140, 67, size);
            assert_eq!(many.run(&compiled, threads), Status::Done);
            same(&many.host, &one.host, &format!("{size:?}, {threads} threads"));
        }
    }
}

/// Logits are multiplied once and read where they lie; their gradient is made by the kernel that reads them.
#[test]
fn the_loss_is_one_kernel_with_its_derivative() {
    let (program, _) = step(4, 64, "cross_entropy");
    let large: Vec<&str> = program
        .buffers
        .iter()
        .filter(|buffer| buffer.dims.len() == 3 && buffer.dims[2].size() == Some(64))
        .map(|buffer| buffer.name.as_str())
        .collect();
    assert_eq!(large, ["dense_2.product", "loss.grad"]);
}
