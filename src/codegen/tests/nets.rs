//! Whole training steps of small nets.

use super::rig::{Pass, Restless, THREADS, same, tame};
use crate::check::{Env, check_source};
use crate::codegen::{Features, Options, SessionArrays, Status, StepPart, compile};
use crate::graph::Mode;
use crate::graph::{DType, Graph};
use crate::kernels::aligned::AlignedVec;
use crate::loops::interpret::{Data, Number};
use crate::loops::{Program, fuse};
use crate::lower::{lower_predict, lower_train};

const LAYERS: &str = "
  dense 40 -> relu -> dropout 0.25
  residual { dense 40 -> layer_norm -> tanh }
  dense 33, bias=false -> batch_norm -> elu -> dropout 0.5
";

/// The training step of a net on points in the plane.
pub fn step(layers: &str, optimizer: &str, batch: usize) -> (Program, Graph) {
    let source = format!(
        "edition 1
         data {{ source moons, rows=400, noise=0.2, seed=1
                 split test=30%, valid=20%
                 batch {batch} }}
         net {{ input x: real[2]
                {layers}
                dense 2
                output y: class[2] }}
         train {{ loss cross_entropy, label_smoothing=0.1
                  optimizer {optimizer}
                  epochs 2 }}"
    );
    let checked = check_source(&source, &Env::default());
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let graph = lower_train(&checked.model.expect("a model")).graph;
    (fuse(&graph).expect("kernels"), graph)
}

/// Data, parameters and scalars for a step of `graph`.
pub fn pass(graph: &Graph, rows: usize, batch: usize) -> Pass {
    let mut pass = Pass::new(rows, batch).output(2);
    pass.host.inputs.push(tame(2 * rows, 1));
    pass.host.target = Data::I32((0..rows as i32).map(|i| i % 2).collect());
    let values = |i: usize, n: usize| tame(n, i as u64).into_iter().map(|x| x * 0.02 + 0.02).collect();
    let lengths = graph.params.iter().map(|p| p.dims.iter().product());
    pass.host.params = lengths.enumerate().map(|(i, n)| values(i, n)).collect();
    pass.host.slots = graph.slots.iter().map(|s| vec![0.0; s.dims.iter().product()]).collect();
    pass.host.states = graph.states.iter().map(|s| vec![1.0; s.dims.iter().product()]).collect();
    pass.host.totals = vec![0.0; graph.metrics.len()];
    pass.scalars = graph
        .scalars
        .iter()
        .map(|s| match (s.dtype, s.name.as_str()) {
            (DType::I32, _) => Number::I32(20_000),
            (_, "rows") => Number::F32(batch as f32),
            (_, "inv_rows") => Number::F32(1.0 / batch as f32),
            (_, name) if name.ends_with("scale") => Number::F32(1.5),
            _ => Number::F32(0.01),
        })
        .collect();
    pass.streams = (0..graph.sites.len() as u64).map(crate::draws::mix64).collect();
    // Rows do not come in the order of what is drawn for them.
    pass.places = (0..rows as u32).rev().collect();
    pass
}

fn finish(mut pass: Pass, compiled: &crate::codegen::Compiled, threads: usize) -> Pass {
    assert_eq!(pass.run(compiled, threads), Status::Done);
    pass
}

#[test]
fn any_number_of_threads_leaves_the_same_bits() {
    for optimizer in ["sgd, lr=0.1, momentum=0.9", "adam, lr=0.01"] {
        for (rows, batch) in [(100, 31), (300, 128), (258, 129)] {
            let (program, graph) = step(LAYERS, optimizer, batch);
            let compiled = compile(&program, &Options::default()).expect("compiles");
            let one = finish(pass(&graph, rows, batch), &compiled, 1);
            for threads in THREADS {
                let many = finish(pass(&graph, rows, batch), &compiled, threads);
                same(&many.host, &one.host, &format!("{optimizer}, {rows} by {batch}, {threads} threads"));
            }
        }
    }
}

#[test]
fn threads_that_come_and_go_between_steps_leave_the_same_bits() {
    for optimizer in ["sgd, lr=0.1, momentum=0.9", "adam, lr=0.01"] {
        for (rows, batch) in [(310, 31), (1300, 129), (20, 33)] {
            let (program, graph) = step(LAYERS, optimizer, batch);
            let compiled = compile(&program, &Options::default()).expect("compiles");
            let one = finish(pass(&graph, rows, batch), &compiled, 1);
            let (mut many, mut pace) = (pass(&graph, rows, batch), Restless::default());
            assert_eq!(many.run_at(&compiled, Restless::MOST, &mut pace).expect("fits"), Status::Done);
            same(&many.host, &one.host, &format!("{optimizer}, {rows} by {batch}"));
            // A last step of fewer rows is not timed.
            let timed: u64 = pace.stretches.iter().map(|stretch| stretch.steps).sum();
            assert_eq!(timed as usize, (rows / batch).max(1));
        }
    }
}

/// Deviations of frozen batch norm are computed when parameters are bound: by every pass, and by a session once.
#[test]
fn what_depends_on_parameters_alone_is_there_in_every_step() {
    let source = "net {
        input x: real[2]
        dense 24 -> batch_norm -> relu
        dense 40 -> batch_norm eps=0.01
        dense 2
        output y: real[2]
    }";
    let model = check_source(source, &Env::default()).model.expect("a model");
    let graph = lower_predict(&model, Mode::Eval).graph;
    let compiled = compile(&fuse(&graph).expect("kernels"), &Options::default()).expect("compiles");
    let mut rows = pass(&graph, 9, 1);
    for (i, state) in rows.host.states.iter_mut().enumerate() {
        state.iter_mut().enumerate().for_each(|(unit, x)| *x = 0.5 + (unit + 3 * i) as f32);
    }
    let one = finish(rows.clone(), &compiled, 1);
    let mut many = rows.clone();
    many.run_at(&compiled, Restless::MOST, &mut Restless::default()).expect("fits");
    same(&many.host, &one.host, "other threads after every step or two");
    rows.interpret(&fuse(&graph).expect("kernels"), true);
    for (native, slow) in one.host.output.iter().zip(&rows.host.output) {
        assert!((native - slow).abs() < 1e-4, "{native} {slow}");
    }

    let aligned = |x: &[Vec<f32>]| x.iter().map(|x| AlignedVec::of(x)).collect();
    let (params, states) = (aligned(&one.host.params), aligned(&one.host.states));
    let arrays = SessionArrays { params, states, ..SessionArrays::default() };
    let mut session = compiled.session(arrays, 4).expect("fits");
    for (position, row) in one.order.iter().enumerate() {
        session.write(0, &one.host.inputs[0][2 * *row as usize..][..2]);
        assert_eq!(session.run(1, 0), &one.host.output[2 * position..][..2], "row {row}");
    }
}

fn largest_difference(a: &Pass, b: &Pass) -> f32 {
    let (a, b) = (a.host.params.iter().flatten(), b.host.params.iter().flatten());
    a.zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(0.05)).fold(0.0, f32::max)
}

#[test]
fn native_code_agrees_with_the_interpreter() {
    // Only products add in another order.
    let (program, graph) = step(LAYERS, "sgd, lr=0.1, momentum=0.9", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let native = finish(pass(&graph, 99, 33), &compiled, 2);
    let mut slow = pass(&graph, 99, 33);
    slow.interpret(&program, true);
    let difference = largest_difference(&native, &slow);
    assert!(difference < 1e-5, "{difference}");
    for (a, e) in native.host.totals.iter().zip(&slow.host.totals) {
        assert!((a - e).abs() <= 1e-5 * e.abs(), "{a} {e}");
    }
}

#[test]
fn processors_without_avx512_or_fused_products_agree() {
    let (program, graph) = step(LAYERS, "sgd, lr=0.1, momentum=0.9", 33);
    let with = |fma, avx512| {
        let options = Options { features: Features { fma, avx512 }, ..Options::default() };
        let compiled = compile(&program, &options).expect("compiles");
        let mut pass = pass(&graph, 99, 33);
        pass.steps = 0..1;
        finish(pass, &compiled, 1)
    };
    let (full, plain, narrow) = (with(true, true), with(false, true), with(true, false));
    same(&narrow.host, &full.host, "without AVX-512");
    assert!(largest_difference(&plain, &full) < 1e-6, "{}", largest_difference(&plain, &full));
}

/// A row's mask depends on its position in the epoch, not on the minibatch it falls into.
#[test]
fn masks_do_not_depend_on_the_batch() {
    let source = "net {
        input x: real[20]
        dropout 0.4 -> dropout 0.3, kind=gaussian
        output y: real[20]
    }";
    let checked = check_source(source, &Env::default());
    let graph = lower_predict(&checked.model.expect("a model"), Mode::Train).graph;
    let compiled = compile(&fuse(&graph).expect("kernels"), &Options::default()).expect("compiles");
    let outputs = |batch: usize, threads: usize| {
        let mut pass = pass(&graph, 300, batch).output(20);
        pass.host.inputs = vec![vec![1.0; 20 * 300]];
        finish(pass, &compiled, threads).host.output
    };
    let expected = outputs(128, 1);
    let dropped = expected.iter().filter(|y| **y == 0.0).count();
    assert!((1000..5000).contains(&dropped), "{dropped} of 6000 dropped");
    for batch in [1, 2, 31, 129, 300] {
        assert!(outputs(batch, 2) == expected, "batch {batch}");
    }
}

#[test]
fn a_profile_tells_where_the_time_went_and_changes_nothing_else() {
    let (program, graph) = step(LAYERS, "adam, lr=0.01", 128);
    let plain = compile(&program, &Options::default()).expect("compiles");
    let profiled = compile(&program, &Options { profile: true, ..Options::default() }).expect("compiles");
    let without = finish(pass(&graph, 300, 128), &plain, 2);
    let started = std::time::Instant::now();
    let with = finish(pass(&graph, 300, 128), &profiled, 2);
    let whole = started.elapsed();
    same(&with.host, &without.host, "with clocks");
    assert!(plain.spent().is_empty());
    let spent = profiled.spent();
    let kernels = spent.iter().filter(|s| matches!(s.part, StepPart::Kernel(_))).count();
    let totals = graph.metrics.len();
    assert_eq!(kernels + totals, program.kernels.len());
    let sum: std::time::Duration = spent.iter().map(|s| s.time).sum();
    assert!(sum > std::time::Duration::ZERO && sum <= whole, "{sum:?} of {whole:?}");
}

/// The largest number of one is that number, and all of the gradient is its own.
#[test]
fn pools_of_one_cell_change_nothing() {
    let after = |layer: &str| {
        let (program, graph) = step(
            &format!("dense 6 -> reshape 1x1x6, roles=[height, width, channel] {layer} -> flatten"),
            "sgd, lr=0.1",
            33,
        );
        let compiled = compile(&program, &Options::default()).expect("compiles");
        finish(pass(&graph, 66, 33), &compiled, 2)
    };
    let plain = after("");
    for layer in [
        "-> max_pool 1x1",
        "-> max_pool 1x1, stride=2",
        "-> max_pool 3x3, pad=same",
        "-> global_max_pool",
        "-> max_pool over=space",
        "-> max_pool over=width",
        "-> avg_pool 1x1, stride=3",
        "-> global_avg_pool",
        "-> mean_pool over=height",
        "-> reshape 6x1, roles=[time, channel] -> max_pool 1",
        "-> reshape 6x1, roles=[time, channel] -> max_pool over=channel",
        "-> reshape 1x6x1, roles=[height, width, channel] -> max_pool over=[height, channel]",
    ] {
        same(&after(layer).host, &plain.host, layer);
    }
}
