//! Processes that have some blocks of each minibatch: what all of them leave is what one that has all blocks leaves, to the bit.

use std::sync::Arc;

use super::blocks::{SERIES, compiled, in_blocks, normed, plain};
use super::nets::{pass, step};
use super::rig::{Pass, Restless, same};
use crate::check::{Env, check_source};
use crate::codegen::Status;
use crate::graph::{Blocks, Graph, SlotId};
use crate::kernels::pace::{Pace, Pacing};
use crate::kernels::team::Team;
use crate::loops::{Call, Kernel, Program, fuse, verify};
use crate::lower::lower_train;
use crate::peers::{Link, Peers, Slice, Thread, collect_slices};

fn dealt(graph: &Graph, count: usize, ranks: usize) -> Program {
    let blocks = Blocks::new(count).dealt(ranks).expect("comes out even");
    fuse(&Graph { blocks, ..graph.clone() }).expect("kernels")
}

/// What each process is left with, and how its pass ended. `pace` makes each one's.
fn by_ranks<P: Pacing>(
    program: &Program,
    start: &Pass,
    threads: usize,
    pace: impl Fn() -> P + Sync,
) -> Vec<(Pass, Status)> {
    let all = Thread::all(program.blocks.ranks(), Link::default());
    let work = |own: Thread| {
        let (mut pass, mut pace) = (start.clone(), pace());
        // Who asks for an end is the last of them.
        pass.stop = if own.rank() + 1 == own.size() { start.stop } else { 0 };
        let team = Team::among(threads, Some(Arc::new(own)));
        let compiled = compiled(program);
        let status = pass.run_with(&compiled, &team, &mut pace).expect("a pass");
        let slices = compiled.sliced_slots();
        let slots = pass.host.slots.iter_mut().enumerate();
        let mut whole: Vec<(&mut [f32], Slice)> = slots
            .filter_map(|(slot, values)| Some((values.as_mut_slice(), *slices.get(&SlotId(slot as u32))?)))
            .collect();
        if let Some(peers) = team.peers() {
            collect_slices(peers, &mut whole);
        }
        (pass, status)
    };
    std::thread::scope(|scope| {
        let work = &work;
        let all: Vec<_> = all.into_iter().map(|own| scope.spawn(move || work(own))).collect();
        all.into_iter().map(|thread| thread.join().expect("a process")).collect()
    })
}

/// Puts the rows that processes have together, of what has rows, and holds the rest against one process.
fn hold(all: &[(Pass, Status)], one: &Pass, blocks: Blocks, what: &str) {
    for (rank, (own, status)) in all.iter().enumerate() {
        assert_eq!(*status, Status::Done, "{what}");
        let mut own = own.clone();
        let width = one.host.output.len() / one.rows;
        for start in (0..one.rows).step_by(one.batch) {
            let rows = blocks.rows_of(rank, one.batch.min(one.rows - start));
            for position in (start..one.rows.min(start + one.batch)).filter(|p| !rows.contains(&(p - start)))
            {
                let of = position * width..(position + 1) * width;
                own.host.output[of.clone()].copy_from_slice(&one.host.output[of]);
            }
        }
        same(&own.host, &one.host, &format!("{what}, rank {rank}"));
    }
}

#[test]
fn any_number_of_processes_and_threads_leaves_the_same_bits() {
    // A norm of columns is a sum over rows of a matrix, which all processes have whole.
    let held = "dense 90 -> relu -> dense 24, max_norm=0.5 -> relu".to_string();
    for layers in plain().iter().chain(&normed()).chain([&held]) {
        let (_, graph) = step(layers, "adam, lr=0.01", 67);
        // The last minibatch has six rows.
        let start = pass(&graph, 140, 67);
        let mut one = start.clone();
        assert_eq!(one.run(&compiled(&in_blocks(&graph, 12)), 1), Status::Done);
        for (ranks, threads) in [(2, 1), (3, 2), (4, 1), (6, 1)] {
            let program = dealt(&graph, 12, ranks);
            assert_eq!(verify(&program), Ok(()));
            let all = by_ranks(&program, &start, threads, || Pace::fixed(threads));
            hold(&all, &one, program.blocks, &format!("{layers}, {ranks} ranks"));
        }
    }
}

/// Adam's two slots, and an average of each parameter; a clipped gradient needs its whole norm, and nothing of it is shared out.
#[test]
fn updates_are_shared_out_where_they_are_long() {
    // The second layer's gradient is long enough to be exchanged beside the rest of the backward pass.
    let layers = "dense 300 -> relu -> dropout 0.5 -> dense 900 -> layer_norm -> relu -> dense 200";
    for (optimizer, shares) in [
        ("adam, lr=0.01, weight_decay=0.01", true),
        ("sgd, lr=0.1, momentum=0.9\n average ema, decay=0.9", true),
        ("adam, lr=0.01\n accumulate 2", true),
        ("adam, lr=0.01, clip_norm=0.1", false),
    ] {
        let (_, graph) = step(layers, optimizer, 67);
        let start = pass(&graph, 140, 67);
        let mut one = start.clone();
        assert_eq!(one.run(&compiled(&in_blocks(&graph, 12)), 1), Status::Done);
        for (ranks, threads) in [(2, 1), (3, 2)] {
            let program = dealt(&graph, 12, ranks);
            assert_eq!(verify(&program), Ok(()));
            let sliced = |kernel: &Kernel| matches!(kernel, Kernel::Loop(k) if k.slice.is_some());
            assert_eq!(program.kernels.iter().any(sliced), shares, "{optimizer}");
            let arrives = |kernel: &Kernel| matches!(kernel, Kernel::Call { call: Call::Arrive(_), .. });
            assert_eq!(program.kernels.iter().filter(|kernel| arrives(kernel)).count(), 2, "{optimizer}");
            let all = by_ranks(&program, &start, threads, || Pace::fixed(threads));
            hold(&all, &one, program.blocks, &format!("{optimizer}, {ranks} ranks"));
        }
    }
}

/// A program that leaves out a part of it would be caught.
#[test]
fn slices_are_collected() {
    let (_, graph) = step("dense 300 -> relu -> dense 900", "adam, lr=0.01", 67);
    let whole = dealt(&graph, 4, 2);
    assert_eq!(verify(&whole), Ok(()));
    let broken = |change: &dyn Fn(&mut Program)| {
        let mut program = whole.clone();
        change(&mut program);
        verify(&program).expect_err("it is broken")
    };
    let loops = |program: &mut Program, change: &dyn Fn(&mut Option<Slice>)| {
        for kernel in &mut program.kernels {
            if let Kernel::Loop(k) = kernel {
                k.slice.is_some().then(|| change(&mut k.slice));
            }
        }
    };
    let calls = |program: &mut Program, change: &dyn Fn(&mut Call) -> bool| {
        program.kernels.retain_mut(|kernel| match kernel {
            Kernel::Call { call, .. } => !change(call),
            _ => true,
        });
    };
    let begins_nothing = |call: &mut Call| {
        if let Call::Exchange(exchange) = call {
            exchange.beside = false;
        }
        false
    };
    let faults = [
        broken(&|program| calls(program, &|call| matches!(call, Call::Arrive(_)))),
        broken(&|program| calls(program, &begins_nothing)),
        broken(&|program| drop(program.kernels.pop())),
        broken(&|program| loops(program, &|slice| *slice = None)),
        broken(&|program| {
            loops(program, &|slice| *slice = slice.map(|own| Slice { first: own.first + 1, ..own }));
        }),
    ];
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn what_rows_carry_stays_with_the_process_that_has_them() {
    let layers =
        format!("{SERIES} -> gru 5, recurrent_dropout=0.3, carry=true -> lstm 6, carry=true, output=last");
    let source = format!(
        "net {{ input x: real[2]\n {layers}\n dense 2\n output y: class[2] }}
         train {{ loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 2 }}"
    );
    let graph = lower_train(&check_source(&source, &Env::default()).model.expect("a model")).graph;
    let start = pass(&graph, 93, 31);
    let mut one = start.clone();
    assert_eq!(one.run(&compiled(&in_blocks(&graph, 4)), 1), Status::Done);
    let program = dealt(&graph, 4, 2);
    let all = by_ranks(&program, &start, 1, || Pace::fixed(1));
    for (rank, (own, _)) in all.iter().enumerate() {
        assert_eq!(own.host.params, one.host.params, "rank {rank}");
        for (own, one) in own.host.states.iter().zip(&one.host.states) {
            let rows = program.blocks.rows_of(rank, 31);
            let width = one.len() / 31;
            let of = rows.start * width..rows.end * width;
            assert_eq!(own[of.clone()], one[of], "rank {rank}");
        }
    }
}

/// Whoever hears of it, and on however many threads each of them runs how many steps at once.
#[test]
fn all_leave_behind_the_same_step() {
    let (_, graph) = step("dense 33 -> relu -> dropout 0.5", "sgd, lr=0.1", 31);
    let start = Pass { stop: 1, ..pass(&graph, 310, 31) };
    let program = dealt(&graph, 4, 4);
    for (own, status) in by_ranks(&program, &start, Restless::MOST, Restless::default) {
        assert_eq!(status, Status::Stopped { next: 1 });
        assert_eq!(own.stop.min(1), own.stop);
    }
}

#[test]
fn a_program_says_what_it_exchanges() {
    let (_, graph) = step("dense 33 -> batch_norm -> relu", "sgd, lr=0.1", 32);
    let program = dealt(&graph, 4, 2);
    let text = crate::loops::print(&program, &graph);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("ranks")).map(str::trim).collect();
    insta::assert_snapshot!(lines.join("\n"));
    // Without one of them somebody would read what one process has summed.
    let mut without = program.clone();
    let at = without.kernels.iter().position(|k| matches!(k, Kernel::Call { call: Call::Exchange(_), .. }));
    without.kernels.remove(at.expect("an exchange"));
    assert_eq!(
        verify(&without).err().as_deref(),
        Some("batch_norm_1.forward: batch_norm_1.sum has sums of one process alone")
    );
}
