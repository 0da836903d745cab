//! Branches that a coin drops for a whole minibatch: their kernels are left out, and nobody sees what is left of them.

use super::blocks::MAP;
use super::nets::{pass, step};
use super::rig::{Pass, THREADS, same};
use crate::codegen::{Options, Status, compile};
use crate::graph::Graph;
use crate::loops::interpret::Number;
use crate::loops::{Call, Kernel, Program};

const MOMENTUM: &str = "sgd, lr=0.1, momentum=0.9";
const DENSE: &str = "dense 40 -> batch_norm -> relu -> dense 40";

fn dropped(block: &str) -> String {
    format!("residual {{ drop_path 0.5, share=batch {{ {block} }} }}")
}

fn maps() -> String {
    let block = "batch_norm -> relu -> conv 8, 3x3 -> batch_norm -> relu -> conv 8, 3x3";
    format!("{MAP} -> {} -> relu -> {} -> flatten", dropped(block), dropped(block))
}

/// A pass whose coins all drop, or all keep; nothing makes up for it.
fn tossed(graph: &Graph, keeps: bool) -> Pass {
    let mut pass = pass(graph, 99, 33);
    for (scalar, number) in graph.scalars.iter().zip(&mut pass.scalars) {
        match scalar.name.rsplit('.').next() {
            Some("q") => *number = Number::I32(if keeps { 0 } else { 65_535 }),
            Some("scale") => *number = Number::F32(1.0),
            _ => {}
        }
    }
    pass
}

/// What the steps of `layers` leave, by the names of parameters and states; what they begin with is told by name, too.
fn left(layers: &str, keeps: bool) -> Vec<(String, Vec<f32>)> {
    let (program, graph) = step(layers, MOMENTUM, 33);
    let mut pass = tossed(&graph, keeps);
    let plain = |name: &str| name.replace("drop_path_1/", "");
    for (stored, values) in graph.params.iter().zip(&mut pass.host.params) {
        let seed = plain(&stored.name).bytes().map(u64::from).sum::<u64>();
        let all = super::rig::tame(values.len(), seed);
        *values = all.into_iter().map(|x| x * 0.02 + 0.02).collect();
    }
    let compiled = compile(&program, &Options::default()).expect("compiles");
    assert_eq!(pass.run(&compiled, 2), Status::Done);
    let params = graph.params.iter().zip(pass.host.params);
    params
        .chain(graph.states.iter().zip(pass.host.states))
        .map(|(stored, values)| (plain(&stored.name), values))
        .collect()
}

fn find<'l>(all: &'l [(String, Vec<f32>)], name: &str) -> &'l [f32] {
    &all.iter().find(|(own, _)| own == name).expect("a tensor of this name").1
}

#[test]
fn a_net_whose_branch_is_kept_is_the_net_without_a_coin() {
    let with = left(&format!("dense 40 -> relu -> {}", dropped(DENSE)), true);
    let without = left(&format!("dense 40 -> relu -> residual {{ {DENSE} }}"), true);
    assert_eq!(with, without);
}

#[test]
fn a_net_whose_branch_is_dropped_is_the_net_without_a_branch() {
    let with = left(&format!("dense 40 -> relu -> {}", dropped(DENSE)), false);
    let without = left("dense 40 -> relu", false);
    for (name, values) in &without {
        assert_eq!(find(&with, name), values, "{name}");
    }
    // What is dropped stays as it was, and so do the figures of its norm.
    assert!(find(&with, "residual_1/batch_norm_1.running_mean").iter().all(|x| *x == 1.0));
    assert!(find(&with, "residual_1/batch_norm_1.bias").iter().all(|x| x.is_finite()));
}

#[test]
fn native_code_and_interpreter_leave_out_the_same() {
    let nested = dropped(&format!("dense 40 -> relu -> {} -> dense 40", dropped("dense 40 -> tanh")));
    let dense = format!("dense 40 -> relu -> {nested} -> relu");
    for (layers, optimizer) in [
        (maps(), MOMENTUM),
        (maps(), "sgd, lr=0.05, momentum=0.9, weight_decay=0.01, clip_norm=0.5\n average ema"),
        (dense.clone(), "adam, lr=0.01, clip_value=0.5\n accumulate 2"),
        (dense, "sgd, lr=0.1\n sam 0.05"),
    ] {
        let (program, graph) = step(&layers, optimizer, 11);
        let compiled = compile(&program, &Options::default()).expect("compiles");
        let run = |threads: usize| {
            let mut native = pass(&graph, 99, 11);
            assert_eq!(native.run(&compiled, threads), Status::Done);
            native
        };
        let one = run(1);
        let what = format!("{layers}, {optimizer}");
        THREADS.into_iter().for_each(|threads| same(&run(threads).host, &one.host, &what));
        let mut slow = pass(&graph, 99, 11);
        slow.interpret(&program, true);
        for (native, slow) in [(&one.host.params, &slow.host.params), (&one.host.states, &slow.host.states)] {
            for (a, b) in native.iter().flatten().zip(slow.iter().flatten()) {
                assert!((a - b).abs() < 1e-3 * b.abs().max(0.1), "{what}: {a} {b}");
            }
        }
    }
}

/// Names of the convolutions of a step that are not run where some branch is dropped, and of the others.
fn convolutions(program: &Program) -> [Vec<&str>; 2] {
    let convs = program.kernels.iter().filter(|k| matches!(k, Kernel::Call { call: Call::Conv(_), .. }));
    let (own, others): (Vec<&Kernel>, Vec<&Kernel>) =
        convs.partition(|kernel| !program.coins_of(kernel).is_empty());
    [own, others].map(|kernels| kernels.into_iter().map(Kernel::name).collect())
}

#[test]
fn convolutions_of_a_branch_are_left_out_with_it() {
    let (program, _) =
        step(&format!("{MAP} -> conv 8, 3x3 -> {} -> flatten", dropped("conv 8, 3x3")), MOMENTUM, 33);
    let [own, others] = convolutions(&program);
    let names = |path: &str| {
        [
            format!("{path}.product.conv"),
            format!("{path}.grad.conv_inputs"),
            format!("grad({path}.weight).conv_weights"),
        ]
    };
    let sorted = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(String::from).collect();
        names.sort();
        names
    };
    let expected = |path: &str| {
        let mut names = names(path).to_vec();
        names.sort();
        names
    };
    assert_eq!(sorted(own), expected("residual_1/drop_path_1/conv_1"));
    assert_eq!(sorted(others), expected("conv_1"));
}
