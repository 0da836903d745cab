//! Minibatches whose rows are cut into blocks: what a block leaves is a function of its rows alone, whoever runs it.

use super::nets::{pass, step};
use super::rig::{Pass, THREADS, same};
use crate::check::{Env, check_source};
use crate::codegen::{CodegenError, Compiled, Options, Status, compile};
use crate::graph::{Blocks, Graph};
use crate::loops::{BufferId, Call, Kernel, Program, fuse, verify};
use crate::lower::lower_train;

pub const MAP: &str = "dense 128 -> reshape 4x4x8, roles=[height, width, channel]";
pub const SERIES: &str = "dense 40 -> reshape 5x8, roles=[time, channel]";

/// Layers of every kind whose gradients are sums over rows: of products, convolutions in groups and in tiles, of windows by channel, of loops over
/// time, of attention, of what a mask thins out.
pub fn plain() -> Vec<String> {
    vec![
        "dense 40 -> relu -> dropout 0.25 -> residual { dense 40 -> layer_norm -> tanh } -> dense 33"
            .to_string(),
        format!(
            "{MAP} -> conv 16, 3x3, pad=same -> relu -> dropout 0.3, share=space -> conv 16, 3x3, pad=same -> max_pool 2x2 -> flatten"
        ),
        format!(
            "{MAP} -> conv 6, 2x2, groups=2 -> depthwise_conv 2x2 -> dropout 0.2, kind=dropblock, size=2 -> global_avg_pool"
        ),
        format!(
            "{SERIES} -> lstm 18, recurrent_dropout=0.3 -> dropout 0.3, share=time -> dense 70 -> flatten"
        ),
        format!("{SERIES} -> gru 5, zoneout=0.3, reverse=true, output=last"),
        format!("{SERIES} -> attention heads=2, dropout=0.2 -> layer_norm -> flatten"),
        "dense 40 -> residual { drop_path 0.5, share=batch { dense 40 -> relu -> dense 40 } }".to_string(),
    ]
}

/// The same with figures of the minibatch, which all blocks make together.
pub fn normed() -> Vec<String> {
    vec![
        "dense 33 -> batch_norm -> elu -> dropout 0.5".to_string(),
        format!("{MAP} -> conv 12, 3x3, pad=same -> batch_norm -> relu -> flatten"),
        format!(
            "{MAP} -> residual {{ drop_path 0.5, share=batch {{ batch_norm -> conv 8, 3x3, pad=same }} }} -> flatten"
        ),
    ]
}

pub fn in_blocks(graph: &Graph, count: usize) -> Program {
    fuse(&Graph { blocks: Blocks::new(count), ..graph.clone() }).expect("kernels")
}

pub fn compiled(program: &Program) -> Compiled {
    compile(program, &Options::default()).expect("compiles")
}

fn finished(mut pass: Pass, compiled: &Compiled, threads: usize) -> Pass {
    assert_eq!(pass.run(compiled, threads), Status::Done);
    pass
}

/// The same kernels over minibatches that are one block each.
fn alone(mut program: Program) -> Program {
    program.blocks = Blocks::ONE;
    for kernel in &mut program.kernels {
        if let Kernel::Call { call: Call::Combine(combine), .. } = kernel {
            combine.blocks = Blocks::ONE;
        }
    }
    program
}

/// Numbers that are equal but for the order of sums.
fn near(a: &Pass, b: &Pass, what: &str) {
    let of = |pass: &Pass| {
        [pass.host.params.concat(), pass.host.states.concat(), pass.host.output.clone()].concat()
    };
    for (a, b) in of(a).iter().zip(of(b)) {
        assert!((a - b).abs() < 2e-5 * b.abs().max(0.05), "{what}: {a} {b}");
    }
    for (a, b) in a.host.totals.iter().zip(&b.host.totals) {
        assert!((a - b).abs() <= 1e-5 * b.abs(), "{what}: total {a} {b}");
    }
}

#[test]
fn native_code_agrees_with_the_interpreter_and_with_one_block() {
    for layers in plain().iter().chain(&normed()) {
        let (whole, graph) = step(layers, "sgd, lr=0.1, momentum=0.9", 23);
        let one = finished(pass(&graph, 30, 23), &compiled(&whole), 1);
        for count in [2, 5] {
            let what = format!("{layers}, {count} blocks");
            let program = in_blocks(&graph, count);
            let own = finished(pass(&graph, 30, 23), &compiled(&program), 1);
            let mut slow = pass(&graph, 30, 23);
            slow.interpret(&program, true);
            near(&own, &slow, &what);
            near(&own, &one, &what);
        }
    }
}

#[test]
fn any_number_of_threads_leaves_the_same_bits() {
    for layers in plain().iter().chain(&normed()) {
        let (_, graph) = step(layers, "adam, lr=0.01", 67);
        for count in [4, 12] {
            let compiled = compiled(&in_blocks(&graph, count));
            // The last minibatch has six rows.
            let one = finished(pass(&graph, 140, 67), &compiled, 1);
            for threads in THREADS {
                let many = finished(pass(&graph, 140, 67), &compiled, threads);
                same(&many.host, &one.host, &format!("{layers}, {count} blocks, {threads} threads"));
            }
        }
    }
}

/// The gradient of a minibatch in blocks is the sum of the gradients of minibatches that are such blocks: so a process that has some of them makes the
/// numbers that one process makes. Momentum from nothing is the gradient itself.
#[test]
fn a_block_is_a_minibatch_of_its_rows() {
    for layers in plain() {
        let (_, graph) = step(&layers, "sgd, lr=0.1, momentum=0.9", 39);
        let program = in_blocks(&graph, 3);
        let all = finished(pass(&graph, 39, 39), &compiled(&program), 2);
        let alone = compiled(&alone(program));
        let of_block = |block: usize| {
            let mut own = pass(&graph, 39, 39);
            (own.batch, own.steps) = (13, block..block + 1);
            finished(own, &alone, 1).host
        };
        let parts = [0, 1, 2].map(of_block);
        for (i, sum) in all.host.slots.iter().enumerate() {
            for (j, sum) in sum.iter().enumerate() {
                let [a, b, c] = [0, 1, 2].map(|block| parts[block].slots[i][j]);
                assert!(
                    sum.to_bits() == ((a + b) + c).to_bits(),
                    "{layers}: {sum:e}, not {a:e} + {b:e} + {c:e}"
                );
            }
        }
        for (i, output) in all.host.output.chunks(2 * 13).enumerate() {
            assert_eq!(output, &parts[i].output[2 * 13 * i..][..2 * 13], "{layers}, block {i}");
        }
    }
}

/// What rows carry from step to step lies as it does without blocks, so a run goes on whatever computes them.
#[test]
fn carried_states_stay_with_their_rows() {
    let layers =
        format!("{SERIES} -> gru 5, recurrent_dropout=0.3, carry=true -> lstm 6, carry=true, output=last");
    let source = format!(
        "net {{ input x: real[2]\n {layers}\n dense 2\n output y: class[2] }}
         train {{ loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 2 }}"
    );
    let graph = lower_train(&check_source(&source, &Env::default()).model.expect("a model")).graph;
    let one = finished(pass(&graph, 93, 31), &compiled(&fuse(&graph).expect("kernels")), 1);
    let program = in_blocks(&graph, 4);
    let own = finished(pass(&graph, 93, 31), &compiled(&program), 3);
    near(&own, &one, "carried");
    let mut slow = pass(&graph, 93, 31);
    slow.interpret(&program, true);
    near(&own, &slow, "carried");
    // Rows of a short minibatch would go on elsewhere.
    let refused = pass(&graph, 80, 31).try_run(&compiled(&program), 1);
    let Err(CodegenError::Bind { reason, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "rows that go on fill whole minibatches");
}

#[test]
fn one_block_is_the_program_without_blocks() {
    let (program, graph) = step(&normed()[1], "adam, lr=0.01", 32);
    assert_eq!(in_blocks(&graph, 1), program);
}

/// What a kernel over rows leaves for all of them would be left by every block.
#[test]
fn sums_over_blocks_are_partials() {
    let (_, graph) = step("dense 33 -> relu", "sgd, lr=0.1", 32);
    let mut program = in_blocks(&graph, 2);
    let product = |kernel: &&mut Kernel| kernel.name() == "grad(dense_1.weight).gemm";
    let Some(Kernel::Call { call: Call::Product(product), .. }) = program.kernels.iter_mut().find(product)
    else {
        panic!("a gradient")
    };
    let weight = program.buffers.iter().position(|buffer| buffer.name == "dense_1.weight").expect("a buffer");
    product.c.buffer = BufferId(weight as u32);
    let reason = "grad(dense_1.weight).gemm: dense_1.weight is of no block of rows";
    assert_eq!(verify(&program), Err(reason.to_string()));
    let refused = compile(&program, &Options::default()).err().map(|error| error.to_string());
    assert!(refused.is_some_and(|text| text.contains("is of no block of rows")));
}
