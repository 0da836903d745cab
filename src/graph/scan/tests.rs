//! Loops over time against the graph that is unrolled by hand, in f64: values and gradients, with matrices that do not commute.

use std::collections::BTreeMap;

use super::*;
use crate::graph::tests::cases::{bindings, bound};
use crate::graph::{Passes, differentiate, interpret, simplify, verify};

const B: Dim = Dim::Batch;
const STEPS: usize = 4;
const WIDTH: usize = 3;

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

/// What a cell reads: the parts of what is over time, what it carried, matrices, a row's own numbers.
struct Sees {
    x: ValueId,
    carried: Vec<ValueId>,
    matrices: Vec<ValueId>,
    row: ValueId,
}

/// What it hands on, the first of which it stacks.
type Cell = fn(&mut Builder, &Sees) -> Vec<ValueId>;

fn simple(b: &mut Builder, sees: &Sees) -> Vec<ValueId> {
    let input = b.matmul(sees.x, sees.matrices[0]);
    let masked = b.mul(sees.carried[0], sees.row);
    let recurrent = b.matmul(masked, sees.matrices[1]);
    let z = b.add(input, recurrent);
    vec![b.tanh(z)]
}

/// Two carried values, of which one is no factor of a product; gates from one product.
fn gated(b: &mut Builder, sees: &Sees) -> Vec<ValueId> {
    let (h, kept) = (sees.carried[0], sees.carried[1]);
    let input = b.matmul(sees.x, sees.matrices[0]);
    let recurrent = b.matmul(h, sees.matrices[2]);
    let both = b.concat(&[recurrent, recurrent], 1);
    let gate = b.slice(both, 1, 1, WIDTH);
    let gate = b.sigmoid(gate);
    let again = b.matmul(kept, sees.matrices[1]);
    let new = b.add(input, again);
    let new = b.tanh(new);
    let change = b.sub(new, kept);
    let step = b.mul(gate, change);
    let kept = b.add(kept, step);
    let squashed = b.tanh(kept);
    let out = b.mul(squashed, sees.row);
    vec![out, kept]
}

struct Net {
    b: Builder,
    loss: ValueId,
    result: ValueId,
    wrt: Vec<ValueId>,
}

/// The cell over all steps, by `run`; its result weighted by another number at each place.
fn net(
    states: usize,
    run: impl Fn(&mut Builder, ValueId, &[ValueId], &[ValueId], ValueId) -> ValueId,
) -> Net {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[B, c(STEPS), c(2)]);
    let inits: Vec<ValueId> =
        (0..states).map(|i| bound(&mut b, &format!("init{i}"), &[B, c(WIDTH)])).collect();
    let shapes = [("w", [2, WIDTH]), ("u", [WIDTH, WIDTH]), ("v", [WIDTH, WIDTH])];
    let matrices: Vec<ValueId> = shapes.iter().map(|(name, dims)| b.param(name, dims)).collect();
    let row = bound(&mut b, "row", &[B, c(WIDTH)]);
    let result = run(&mut b, x, &inits, &matrices, row);
    let weights = bound(&mut b, "weights", &[B, c(STEPS), c(WIDTH)]);
    let weighted = b.mul(result, weights);
    let loss = b.sum_all(weighted);
    let wrt = [&[x, row], &inits[..], &matrices[..]].concat();
    Net { b, loss, result, wrt }
}

fn looped(states: usize, reverse: bool, cell: Cell) -> Net {
    net(states, |b, x, inits, matrices, row| {
        let mut step = Step::default();
        let mut enter = |v: ValueId, enter| step.enter(v, b.ty(v), enter);
        let sees = Sees {
            x: enter(x, Enter::Scanned),
            carried: inits.iter().map(|v| enter(*v, Enter::Carried)).collect(),
            matrices: matrices.iter().map(|v| enter(*v, Enter::Closed)).collect(),
            row: enter(row, Enter::Closed),
        };
        let next = cell(&mut step.b, &sees);
        sees.carried.iter().zip(&next).for_each(|(carried, v)| step.carry(*carried, *v));
        step.stack(next[0]);
        b.scan(step, STEPS, reverse)
    })
}

fn unrolled(states: usize, reverse: bool, cell: Cell) -> Net {
    net(states, |b, x, inits, matrices, row| {
        let mut carried = inits.to_vec();
        let mut results = vec![None; STEPS];
        for turn in 0..STEPS {
            let time = if reverse { STEPS - 1 - turn } else { turn };
            let part = b.slice(x, 1, time, 1);
            let x = b.reshape(part, &[B, c(2)]);
            carried = cell(b, &Sees { x, carried, matrices: matrices.to_vec(), row });
            results[time] = Some(b.reshape(carried[0], &[B, c(1), c(WIDTH)]));
        }
        let results: Vec<ValueId> = results.into_iter().flatten().collect();
        b.concat(&results, 1)
    })
}

/// The result and all gradients, by the interpreter in f64.
fn values(net: Net, passes: Passes) -> (Vec<Vec<f64>>, Graph) {
    let Net { mut b, loss, result, wrt } = net;
    let gradients = differentiate(&mut b, loss, &wrt);
    let asked: Vec<ValueId> = std::iter::once(Some(result)).chain(gradients).flatten().collect();
    // Sinks keep what is asked for through passes.
    for (i, v) in asked.iter().enumerate() {
        let total = b.square(*v);
        let total = b.sum_all(total);
        b.metric(&format!("m{i}"), total);
    }
    let graph = b.finish();
    verify(&graph).unwrap_or_else(|broken| panic!("{broken}"));
    let bindings = bindings(&graph, &BTreeMap::new(), 3);
    let plain = interpret(&graph, &bindings).unwrap_or_else(|e| panic!("{e}"));
    let all: Vec<Vec<f64>> = asked.iter().map(|v| plain.of(*v).reals().to_vec()).collect();
    let simple = simplify(&graph, passes);
    verify(&simple).unwrap_or_else(|broken| panic!("{broken}"));
    let again = interpret(&simple, &bindings).unwrap_or_else(|e| panic!("{e}"));
    for (i, values) in all.iter().enumerate() {
        let total: f64 = values.iter().map(|x| x * x).sum();
        let kept = again.sink(Sink::Metric(i as u32)).expect("a total").reals()[0];
        assert!((total - kept).abs() < 1e-9 * total.max(1.0), "{kept} after the passes, {total} before");
    }
    (all, simple)
}

#[test]
fn a_loop_is_the_unrolled_graph_forth_and_back() {
    for (states, cell) in [(1, simple as Cell), (2, gated)] {
        for reverse in [false, true] {
            let (by_loop, _) = values(looped(states, reverse, cell), Passes::ALL);
            let (by_hand, _) = values(unrolled(states, reverse, cell), Passes::ALL);
            assert_eq!(by_loop.len(), by_hand.len(), "gradients of the same operands");
            for (a, b) in by_loop.iter().flatten().zip(by_hand.iter().flatten()) {
                assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} by the loop, {b} by hand");
            }
        }
    }
}

/// One product of the input outside of both loops, and one for the gradient of each matrix; within a step one each way.
#[test]
fn products_leave_the_loop() {
    let (_, graph) = values(looped(1, false, simple), Passes::ALL);
    let products = |graph: &Graph| graph.nodes.iter().filter(|n| matches!(n.op, Op::Contract { .. })).count();
    let scans: Vec<&Scan> =
        graph.nodes.iter().filter_map(|n| if let Op::Scan(s) = &n.op { Some(&**s) } else { None }).collect();
    assert_eq!(scans.iter().map(|scan| products(&scan.body)).collect::<Vec<_>>(), [1, 1], "{graph}");
    // x w; what flows to x; what flows to w and u.
    assert_eq!(products(&graph), 4, "{graph}");
    assert_eq!(scans.iter().map(|scan| scan.reverse).collect::<Vec<_>>(), [false, true]);
    insta::assert_snapshot!(graph.to_string());
}

fn fault(bend: impl Fn(&mut Scan)) -> String {
    let net = looped(2, false, gated);
    let mut graph = net.b.finish();
    let at = net.result.index();
    let Op::Scan(scan) = &graph.nodes[at].op else { panic!("a scan") };
    let mut scan = (**scan).clone();
    bend(&mut scan);
    graph.nodes[at].op = Op::Scan(Arc::new(scan));
    verify(&graph).map_or_else(|broken| broken.faults[0].text.clone(), |()| "sound".to_string())
}

#[test]
fn a_body_keeps_its_rules() {
    assert_eq!(fault(|_| {}), "sound");
    assert!(fault(|scan| scan.steps = 0).contains("runs 0 steps"));
    assert!(fault(|scan| scan.steps = 5).contains("is f32[B,5,"));
    assert!(
        fault(|scan| scan.body.sinks.retain(|(sink, _)| *sink != Sink::Carry(0)))
            .contains("is not carried on")
    );
    assert!(
        fault(|scan| scan.body.sinks.retain(|(sink, _)| !matches!(sink, Sink::Stack(_))))
            .contains("stacks nothing")
    );
    let closed =
        |scan: &Scan| scan.inputs.iter().position(|enter| *enter == Enter::Closed).expect("a matrix") as u32;
    let ends_in = |scan: &mut Scan, sink: Sink| {
        let last = ValueId(scan.body.nodes.len() as u32 - 1);
        scan.body.sinks.push((sink, last));
    };
    assert!(fault(|scan| ends_in(scan, Sink::Output)).contains("outlives a step"));
    let grown = |scan: &mut Scan, grow: &dyn Fn(&mut Builder)| {
        let mut b = Builder::resume(scan.body.clone());
        grow(&mut b);
        scan.body = b.finish();
    };
    let matrix = |b: &mut Builder| {
        let v = b
            .graph()
            .values()
            .find(|v| matches!(b.graph().node(*v).op, Op::Enter(_)) && !b.ty(*v).has_batch());
        v.expect("a matrix")
    };
    assert!(
        fault(|scan| grown(scan, &|b| {
            b.param("p", &[2]);
        }))
        .contains("reads what does not enter")
    );
    assert!(
        fault(|scan| grown(scan, &|b| {
            let site = b.site("s", crate::graph::Address::Row);
            b.row_key(site);
        }))
        .contains("draws")
    );
    assert!(
        fault(|scan| grown(scan, &|b| {
            b.sum(ValueId(0), &[0]);
        }))
        .contains("mixes rows")
    );
    assert!(
        fault(|scan| grown(scan, &|b| {
            let m = matrix(b);
            b.tanh(m);
        }))
        .contains("is no contraction")
    );
    assert!(
        fault(|scan| {
            let slot = closed(scan);
            let v = scan.body.values().find(|v| scan.body.node(*v).op == Op::Enter(slot)).expect("it enters");
            scan.body.sinks.push((Sink::Carry(slot), v));
        })
        .contains("is carried on and does not enter so")
    );
}
