//! Loops over time: native code against the interpreter of loops, on any number of threads, over any number of steps.

use super::nets::{pass, step};
use super::rig::{THREADS, same, tame};
use crate::check::{Env, check_source};
use crate::codegen::{Compiled, Options, Status, compile};
use crate::loops::{Kernel, Program, fuse};
use crate::lower::lower_train;

/// Recurrent layers with every kind of mask, forth and back, of widths that fill vectors and such as do not.
const LAYERS: &[&str] = &[
    "rnn 8",
    "rnn 5, dropout=0.3, recurrent_dropout=0.3, reverse=true",
    "lstm 8",
    "lstm 5, dropout=0.3, recurrent_dropout=0.3, output=last",
    "lstm 16, dropout=0.3, recurrent_dropout=0.3, gates=untied",
    "lstm 5, recurrent_dropout=0.3, share=none, gates=untied, reverse=true, output=last",
    "lstm 8, zoneout=0.3, zoneout_cell=0.3",
    "lstm 5, zoneout=0.3, zoneout_cell=0.3, reverse=true",
    "gru 16, dropout=0.3, recurrent_dropout=0.3",
    "gru 5, recurrent_dropout=0.3, share=none",
    "gru 5, zoneout=0.3, gates=untied, dropout=0.3, recurrent_dropout=0.3",
    "gru 8 -> lstm 6, recurrent_dropout=0.3 -> rnn 4, output=last",
    "drop_connect 0.3, on=recurrent { lstm 5, output=last } -> dense 3",
    "drop_connect 0.3 { gru 8, recurrent_dropout=0.3, gates=untied -> rnn 4 } -> last -> dense 3",
    // What all steps of a row drop is left out of products, forward and in both gradients; curves of many numbers are kernels of their own.
    "lstm 18, recurrent_dropout=0.3 -> dropout 0.3, share=time -> dense 70",
    "rnn 20, output=all -> lstm 16, dropout=0.3, gates=untied -> dropout 0.3, share=[time, batch] -> dense 33 -> gru 70, dropout=0.3",
    "rnn 4 -> dense 820 -> gelu -> dense 3",
];

fn net(layer: &str, steps: usize) -> String {
    let back = if layer.contains("last") { "" } else { " -> flatten" };
    format!("dense {} -> reshape {steps}x3, roles=[time, channel] -> {layer}{back}", 3 * steps)
}

fn compiled(program: &Program) -> Compiled {
    compile(program, &Options::default()).expect("compiles")
}

#[test]
fn native_code_agrees_with_the_interpreter() {
    for layer in LAYERS {
        for steps in [1, 2, 5] {
            let (program, graph) = step(&net(layer, steps), "sgd, lr=0.1", 11);
            let mut native = pass(&graph, 30, 11);
            assert_eq!(native.run(&compiled(&program), 1), Status::Done);
            let mut slow = pass(&graph, 30, 11);
            slow.interpret(&program, true);
            let pairs = native.host.params.iter().flatten().zip(slow.host.params.iter().flatten());
            for (a, b) in pairs {
                assert!((a - b).abs() < 1e-5 * b.abs().max(0.05), "{layer}, {steps} steps: {a} {b}");
            }
        }
    }
}

#[test]
fn any_number_of_threads_leaves_the_same_bits() {
    for layer in LAYERS {
        let (program, graph) = step(&net(layer, 5), "adam, lr=0.01", 67);
        let compiled = compiled(&program);
        let mut one = pass(&graph, 140, 67);
        assert_eq!(one.run(&compiled, 1), Status::Done);
        for threads in THREADS {
            let mut many = pass(&graph, 140, 67);
            assert_eq!(many.run(&compiled, threads), Status::Done);
            same(&many.host, &one.host, &format!("{layer}, {threads} threads"));
        }
    }
}

/// Three steps, each of which goes on from the states that the one before left; the last has fewer rows.
#[test]
fn what_rows_carry_on_is_the_same_in_native_code_and_on_any_number_of_threads() {
    for layer in [
        "rnn 8, carry=true",
        "gru 5, dropout=0.3, recurrent_dropout=0.3, carry=true -> lstm 6, zoneout=0.3, carry=true, output=last",
        "lstm 16, recurrent_dropout=0.3, gates=untied, carry=true, output=last",
    ] {
        let layers = net(layer, 5);
        let source = format!(
            "net {{ input x: real[2]\n {layers}\n dense 2\n output y: class[2] }}
             train {{ loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 2 }}"
        );
        let graph = lower_train(&check_source(&source, &Env::default()).model.expect("a model")).graph;
        let program = fuse(&graph).expect("kernels");
        let compiled = compiled(&program);
        let mut one = pass(&graph, 80, 31);
        assert_eq!(one.run(&compiled, 1), Status::Done);
        assert!(one.host.states.iter().flatten().all(|x| x.is_finite()));
        for threads in THREADS {
            let mut many = pass(&graph, 80, 31);
            assert_eq!(many.run(&compiled, threads), Status::Done);
            same(&many.host, &one.host, &format!("{layer}, {threads} threads"));
        }
        let mut slow = pass(&graph, 80, 31);
        slow.interpret(&program, true);
        let states = one.host.states.iter().flatten().zip(slow.host.states.iter().flatten());
        let params = one.host.params.iter().flatten().zip(slow.host.params.iter().flatten());
        for (a, b) in states.chain(params) {
            assert!((a - b).abs() < 1e-4 * b.abs().max(0.05), "{layer}: {a} {b}");
        }
    }
}

/// Rows that end early: a step is left out of shards none of whose rows has it, and no bit of any parameter is another than where all steps are run.
#[test]
fn steps_that_no_row_has_are_left_out_and_no_bit_changes() {
    const STEPS: usize = 9;
    for (layer, loops) in [
        ("lstm 8, recurrent_dropout=0.3 -> last", 2),
        ("gru 5, dropout=0.3, recurrent_dropout=0.3, reverse=true, output=last", 2),
        ("lstm 16, zoneout=0.2, zoneout_cell=0.3, gates=untied, dropout=0.3, output=last", 2),
        ("bidirectional { rnn 4 } -> max_pool over=time", 4),
        ("gru 20, share=none, recurrent_dropout=0.3 -> lstm 5, output=last", 4),
    ] {
        let source = format!(
            "net {{ input x: series[{STEPS}, 3]\n {layer}\n dense 2\n output y: class[2] }}
             train {{ loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 2 }}"
        );
        let graph = lower_train(&check_source(&source, &Env::default()).model.expect("a model")).graph;
        let program = fuse(&graph).expect("kernels");
        let mut whole = program.clone();
        let mut found = 0;
        for kernel in &mut whole.kernels {
            if let Kernel::Repeat { repeat, .. } = kernel {
                found += usize::from(repeat.within.take().is_some());
            }
        }
        assert_eq!(found, loops, "{layer}");
        // Two steps of 31 rows: shards of short rows, of long ones, of both, and one of three rows.
        let bound = || {
            let mut bound = pass(&graph, 62, 31);
            let length = |row: usize| if row / 4 % 3 == 2 { 1 + row % STEPS } else { 1 + (row / 4) % 4 };
            let lengths = (0..62).map(|row| length(row) as f32).collect();
            bound.host.inputs = vec![tame(3 * STEPS * 62, 1), lengths];
            bound
        };
        let compiled_whole = compiled(&whole);
        let compiled = compiled(&program);
        let mut all = bound();
        assert_eq!(all.run(&compiled_whole, 1), Status::Done);
        for threads in [1].into_iter().chain(THREADS) {
            let mut some = bound();
            assert_eq!(some.run(&compiled, threads), Status::Done);
            same(&some.host, &all.host, &format!("{layer}, {threads} threads"));
        }
        let mut slow = bound();
        slow.interpret(&program, true);
        let pairs = all.host.params.iter().flatten().zip(slow.host.params.iter().flatten());
        for (a, b) in pairs {
            assert!((a - b).abs() < 1e-5 * b.abs().max(0.05), "{layer}: {a} {b}");
        }
    }
}

/// Code, and what a loop over time is made of, do not grow with the steps.
#[test]
fn a_loop_is_as_long_as_a_step() {
    let kernels = |steps: usize| {
        let (program, _) = step(&net("lstm 8, recurrent_dropout=0.3, output=last", steps), "sgd, lr=0.1", 11);
        let inside = program.kernels.iter().filter_map(|kernel| match kernel {
            Kernel::Repeat { repeat, .. } => Some(repeat.body.kernels.len()),
            _ => None,
        });
        inside.collect::<Vec<_>>()
    };
    // What multiplies before, the product, and the gates; backwards the same.
    assert_eq!((kernels(3), kernels(40)), (vec![3, 3], vec![3, 3]));
}
