//! Leaving a pass, going on with it, and what `run` refuses.

use super::nets::{pass, step};
use super::rig::{One, Pass, buffer, gathered, load, positioned, put, same, store};
use crate::codegen::{CodegenError, Options, Status, Text, compile, text};
use crate::graph::{Dim, ParamId};
use crate::loops::{Access, Affine, Binary, BufferKind, Inst, Reg};

const LAYERS: &str = "dense 24 -> tanh -> dropout 0.5";

#[test]
fn a_request_to_stop_is_met_after_a_step() {
    let (program, graph) = step(LAYERS, "sgd, lr=0.1, momentum=0.9", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    for threads in [1, 2, 3] {
        let mut stopped = pass(&graph, 99, 33);
        stopped.stop = 1;
        assert_eq!(stopped.run(&compiled, threads), Status::Stopped { next: 1 });
        let mut one = pass(&graph, 99, 33);
        one.steps = 0..1;
        // The last step is done whether or not somebody asks to stop.
        one.stop = 1;
        assert_eq!(one.run(&compiled, threads), Status::Done);
        same(&stopped.host, &one.host, "one step");
    }
}

#[test]
fn a_pass_in_two_halves_is_the_pass() {
    let (program, graph) = step(LAYERS, "adam, lr=0.01", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let mut whole = pass(&graph, 140, 33);
    assert_eq!(whole.run(&compiled, 2), Status::Done);
    let mut halves = pass(&graph, 140, 33);
    halves.steps = 0..2;
    assert_eq!(halves.run(&compiled, 2), Status::Done);
    halves.steps = 2..5;
    halves.update += 2;
    assert_eq!(halves.run(&compiled, 1), Status::Done);
    same(&halves.host, &whole.host, "two halves");
}

#[test]
fn parameters_survive_a_loss_that_is_not_finite() {
    let (program, graph) = step("dense 24 -> dropout 0.5", "sgd, lr=0.1, momentum=0.9", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    for bad in [f32::NAN, f32::INFINITY] {
        for threads in [1, 2, 3] {
            let mut broken = pass(&graph, 99, 33);
            let row = broken.order[40] as usize;
            broken.host.inputs[0][2 * row] = bad;
            assert_eq!(broken.run(&compiled, threads), Status::NonFinite { step: 1 });
            let mut one = pass(&graph, 99, 33);
            one.steps = 0..1;
            assert_eq!(one.run(&compiled, threads), Status::Done);
            assert_eq!(broken.host.params, one.host.params, "{bad}, {threads} threads");
            assert_eq!(broken.host.slots, one.host.slots);
            assert_eq!(broken.host.totals, one.host.totals);
        }
    }
}

/// What is no number is no silence: the loss says so, in native code and to the interpreter.
#[test]
fn a_logarithm_hides_no_nan() {
    let (program, graph) = step("log floor=0.5 -> dense 24", "sgd, lr=0.1", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let mut broken = pass(&graph, 99, 33);
    let row = broken.order[40] as usize;
    broken.host.inputs[0][2 * row] = f32::NAN;
    assert_eq!(broken.run(&compiled, 2), Status::NonFinite { step: 1 });
}

#[test]
fn an_empty_pass_does_nothing() {
    let (program, graph) = step(LAYERS, "sgd, lr=0.1", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let before = pass(&graph, 99, 33);
    let mut empty = before.clone();
    empty.steps = 2..2;
    assert_eq!(empty.run(&compiled, 2), Status::Done);
    same(&empty.host, &before.host, "nothing");
}

/// Why `run` refuses a pass.
fn refusal(change: impl Fn(&mut Pass)) -> String {
    let (program, graph) = step(LAYERS, "sgd, lr=0.1, momentum=0.9", 33);
    let compiled = compile(&program, &Options::default()).expect("compiles");
    let mut pass = pass(&graph, 99, 33);
    change(&mut pass);
    match pass.try_run(&compiled, 1) {
        Err(CodegenError::Bind { buffer, reason }) => format!("{buffer}: {reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let mut refusals = String::new();
    let mut say = |change: &dyn Fn(&mut Pass)| refusals.push_str(&(refusal(change) + "\n"));
    say(&|p| p.steps = 0..4);
    say(&|p| p.batch = 0);
    say(&|p| p.host.inputs.clear());
    say(&|p| p.host.inputs[0].truncate(190));
    say(&|p| p.host.inputs[0].truncate(191));
    say(&|p| p.host.target = crate::loops::interpret::Data::F32(vec![0.0; 99]));
    say(&|p| p.order.truncate(98));
    say(&|p| p.order[98] = 99);
    say(&|p| p.host.params[1].push(0.0));
    say(&|p| p.host.slots.truncate(1));
    say(&|p| p.host.output.truncate(100));
    say(&|p| p.scalars.truncate(1));
    say(&|p| p.streams.clear());
    say(&|p| p.host.totals.clear());
    insta::assert_snapshot!(refusals);
}

#[test]
fn programs_that_leave_their_buffers_are_refused() {
    let k = |access| {
        One::new(8, 8)
            .buffer(buffer("w", &[Dim::Const(9)], BufferKind::Param(ParamId(0))))
            .columns(vec![load(0, 0, gathered(8)), load(1, 2, access), store(1, positioned(8), 1)])
            .program()
    };
    assert!(compile(&k(Access::own(Affine::cols(1))), &Options::default()).is_ok());
    for access in [
        Access::own(Affine::cols(2)),
        Access::own(Affine::rows(8, 0)),
        Access::data(false, Affine::rows(9, 0)),
        Access::own(Affine::element(1, 0)),
        Access::own(Affine::element(0, 9)),
        Access::own(Affine { axes: [0, 0, 1], ..Affine::element(0, 9) }),
        Access::pass(Affine::rows(1, 0)),
    ] {
        let refused = compile(&k(access), &Options::default());
        assert!(matches!(refused, Err(CodegenError::Program { .. })), "{access:?}");
    }
}

#[test]
fn programs_that_break_the_rules_of_registers_are_refused() {
    let unassigned = One::new(8, 8).columns(vec![store(1, positioned(8), 3)]).program();
    let mistyped = One::new(8, 8)
        .columns(vec![
            load(0, 0, gathered(8)),
            put(1, Inst::Binary(Binary::Less, Reg(0), Reg(0))),
            put(2, Inst::Binary(Binary::Add, Reg(0), Reg(1))),
        ])
        .program();
    let into_data = One::new(8, 8).columns(vec![load(0, 0, gathered(8)), store(0, gathered(8), 0)]).program();
    for program in [unassigned, mistyped, into_data] {
        assert!(matches!(compile(&program, &Options::default()), Err(CodegenError::Program { .. })));
    }
}

#[test]
fn freed_code_leaves_no_memory_behind() {
    let (program, _) = step(LAYERS, "sgd, lr=0.1", 33);
    let resident = || -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
    };
    let maps = || std::fs::read_to_string("/proc/self/maps").map_or(0, |m| m.lines().count());
    let compile_some =
        |n| (0..n).for_each(|_| drop(compile(&program, &Options::default()).expect("compiles")));
    compile_some(20);
    let (pages, regions) = (resident(), maps());
    compile_some(100);
    // Other tests run beside this one; a leak would be 100 modules of at least four pages, and 100 reserved regions.
    assert!(maps() < regions + 80, "{} regions of memory, {regions} before", maps());
    assert!(resident() < pages + 40_000, "{} pages, {pages} before", resident());
}

#[test]
fn text_of_a_kernel() {
    let program = One::new(16, 16)
        .buffer(buffer("b", &[Dim::Const(16)], BufferKind::Param(ParamId(0))))
        .uniform(0, Inst::Const(0.0))
        .columns(vec![
            load(1, 0, gathered(16)),
            load(2, 2, Access::own(Affine::cols(0))),
            put(3, Inst::Binary(Binary::Add, Reg(1), Reg(2))),
            put(4, Inst::Binary(Binary::Max, Reg(3), Reg(0))),
            store(1, positioned(16), 4),
        ])
        .program();
    let clif = text(&program, &Options::default(), Text::Clif).expect("text");
    let kernel = clif.split("; u0:1").next().unwrap_or_default();
    insta::assert_snapshot!(kernel);
    let asm = text(&program, &Options::default(), Text::Asm).expect("text");
    assert_eq!(asm, text(&program, &Options::default(), Text::Asm).expect("text"));
    assert!(asm.contains("; u0:0 = k") && asm.contains("dropnet_barrier"));
}
