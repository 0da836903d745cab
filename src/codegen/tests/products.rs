//! Contractions of every form, with their derivatives: the graph's interpreter in f64, the loops' interpreter, and native code for any number
//! of threads.

use super::rig::{Pass, same, tame};
use crate::codegen::chains::chains;
use crate::codegen::schedule::Schedule;
use crate::codegen::{Options, Status, compile};
use crate::draws::mix64;
use crate::graph::interpret::{Bindings, Tensor, concrete, interpret};
use crate::graph::{Builder, DType, Dim, Graph, Passes, Sink, Type, ValueId, differentiate, simplify};
use crate::loops::calls::Level;
use crate::loops::interpret::Number;
use crate::loops::{Call, Kernel, fuse};

const B: Dim = Dim::Batch;
const ROWS: &[usize] = &[1, 3, 33, 70];
/// The threshold of draws.
const Q: i32 = 20_000;

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

/// A source: an input where it has rows, else a parameter.
fn source(b: &mut Builder, name: &str, dims: &[Dim]) -> ValueId {
    let sizes: Vec<usize> = dims.iter().filter_map(|d| d.size()).collect();
    if dims.first() == Some(&B) {
        let slot = b.declare_input(name, DType::F32, &sizes);
        b.input(slot, false)
    } else {
        b.param(name, &sizes)
    }
}

/// The graph that leaves `v` behind: rows as predictions, else as a state.
fn leaving(mut b: Builder, v: ValueId) -> (Graph, Sink) {
    let dims = b.dims(v);
    let sink = if dims.first() == Some(&B) {
        b.sink(Sink::Output, v);
        Sink::Output
    } else {
        let sizes: Vec<usize> = dims.iter().filter_map(|d| d.size()).collect();
        let state = b.state("result", &sizes);
        b.store(state, v);
        b.graph().sinks.last().expect("a sink").0
    };
    (simplify(&b.finish(), Passes::ALL), sink)
}

/// Numbers for the sources of a graph, one minibatch of all rows, in order.
fn pass(graph: &Graph, rows: usize) -> Pass {
    let mut pass = Pass::new(rows, rows);
    pass.order = (0..rows as u32).collect();
    // Native code takes what is nearly 0 for 0, which a comparison may find equal to its neighbour.
    let number = |x: f32| if x.abs() < f32::MIN_POSITIVE * 100.0 { 0.0 } else { x / 10.0 };
    let fill = |i: usize, n: usize| tame(n, i as u64 + 1).into_iter().map(number).collect();
    let elements = |ty: &Type| concrete(ty, rows).iter().product();
    pass.host.inputs = graph.inputs.iter().enumerate().map(|(i, a)| fill(i, elements(&a.ty))).collect();
    let sizes = graph.params.iter().map(|p| p.dims.iter().product());
    pass.host.params = sizes.enumerate().map(|(i, n)| fill(i + 20, n)).collect();
    let sizes = graph.states.iter().map(|p| p.dims.iter().product());
    pass.host.states = sizes.map(|n| vec![f32::NAN; n]).collect();
    pass.scalars = graph.scalars.iter().map(|_| Number::I32(Q)).collect();
    pass.streams = (0..graph.sites.len() as u64).map(mix64).collect();
    let output = graph.sinks.iter().find(|(sink, _)| *sink == Sink::Output);
    pass.host.output = vec![9.0; output.map_or(0, |(_, v)| elements(graph.ty(*v)))];
    pass
}

fn expected(graph: &Graph, pass: &Pass, sink: Sink) -> Vec<f64> {
    let real = |dims: &[usize], x: &[f32]| Tensor::real(dims, x.iter().map(|x| f64::from(*x)).collect());
    let stored = |tensors: &[crate::graph::Stored], values: &[Vec<f32>]| {
        tensors.iter().zip(values).map(|(t, x)| real(&t.dims, x)).collect()
    };
    let inputs = graph.inputs.iter().zip(&pass.host.inputs);
    let bindings = Bindings {
        rows: pass.rows,
        inputs: inputs.map(|(a, x)| real(&concrete(&a.ty, pass.rows), x)).collect(),
        params: stored(&graph.params, &pass.host.params),
        states: stored(&graph.states, &pass.host.states),
        scalars: graph.scalars.iter().map(|_| Tensor::ints(&[], vec![Q])).collect(),
        streams: pass.streams.clone(),
        positions: (0..pass.rows as u64).collect(),
        ..Bindings::default()
    };
    interpret(graph, &bindings).expect("all is bound").sink(sink).expect("a result").reals().to_vec()
}

/// The result of every executor for these numbers of rows.
fn check(graph: &Graph, sink: Sink, rows: &[usize], what: &str) {
    let program = fuse(graph).expect("kernels");
    let compiled = compile(&program, &Options::default()).unwrap_or_else(|e| panic!("{what}: {e}\n{graph}"));
    for rows in rows.iter().copied() {
        let start = pass(graph, rows);
        let run = |threads: usize| {
            let mut pass = start.clone();
            assert_eq!(pass.run(&compiled, threads), Status::Done, "{what}");
            pass
        };
        let one = run(1);
        for threads in [2, 3] {
            same(&run(threads).host, &one.host, &format!("{what}, {rows} rows, {threads} threads"));
        }
        let mut slow = start.clone();
        slow.interpret(&program, true);
        let of = |pass: &Pass| match sink {
            Sink::Output => pass.host.output.clone(),
            _ => pass.host.states[0].clone(),
        };
        let exact = expected(graph, &start, sink);
        let scale = exact.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
        for (name, found) in [("native code", of(&one)), ("the interpreter of loops", of(&slow))] {
            assert_eq!(found.len(), exact.len(), "{what}");
            for (i, (x, e)) in found.iter().zip(&exact).enumerate() {
                let far = (f64::from(*x) - e).abs() > 1e-5 * scale;
                assert!(
                    !far && !x.is_nan(),
                    "{what}, {rows} rows: element {i} is {x} by {name}, not {e}\n{graph}"
                );
            }
        }
    }
}

/// A product of `operands` and its derivative to each of them.
fn check_all(sources: &[Vec<Dim>], product: impl Fn(&mut Builder, &[ValueId]) -> ValueId, what: &str) {
    check_rows(ROWS, sources, product, what);
}

/// The same for these numbers of rows.
pub fn check_rows(
    rows: &[usize],
    sources: &[Vec<Dim>],
    product: impl Fn(&mut Builder, &[ValueId]) -> ValueId,
    what: &str,
) {
    for of in 0..=sources.len() {
        let mut b = Builder::new();
        let operands: Vec<ValueId> =
            sources.iter().enumerate().map(|(i, dims)| source(&mut b, &format!("x{i}"), dims)).collect();
        let y = product(&mut b, &operands);
        let result = if of == 0 {
            y
        } else {
            let dims = b.dims(y);
            let weights = source(&mut b, "weights", &dims);
            let weighted = b.mul(y, weights);
            let loss = b.sum_all(weighted);
            differentiate(&mut b, loss, &[operands[of - 1]])[0].expect("a gradient")
        };
        let (graph, sink) = leaving(b, result);
        let name = if of == 0 { "result".to_string() } else { format!("gradient of operand {of}") };
        check(&graph, sink, rows, &format!("{what}, {name}"));
    }
}

type Form = (Vec<Dim>, Vec<Dim>, Vec<(usize, usize)>, Vec<(usize, usize)>);

fn check_form((left, right, batch, over): &Form) {
    let what = format!("{left:?} by {right:?}, batch {batch:?}, over {over:?}");
    check_all(&[left.clone(), right.clone()], |b, x| b.contract(x[0], x[1], batch, over), &what);
}

#[test]
fn forms_by_hand() {
    let forms: Vec<Form> = vec![
        // A dense layer, over positions too; rows on the right; vectors; an outer product.
        (vec![B, c(7)], vec![c(7), c(40)], vec![], vec![(1, 0)]),
        (vec![B, c(5), c(7)], vec![c(7), c(40)], vec![], vec![(2, 0)]),
        (vec![c(3)], vec![B, c(3)], vec![], vec![(0, 1)]),
        (vec![c(3)], vec![c(3)], vec![], vec![(0, 0)]),
        (vec![B], vec![c(3)], vec![], vec![]),
        (vec![B], vec![B, c(4)], vec![], vec![(0, 0)]),
        // One level of batch axes: rows, constants, the two as one.
        (vec![B, c(6), c(5)], vec![B, c(5), c(33)], vec![(0, 0)], vec![(2, 1)]),
        (vec![c(4), c(6), c(5)], vec![c(4), c(5), c(3)], vec![(0, 0)], vec![(2, 1)]),
        (vec![B, c(2), c(6), c(5)], vec![B, c(2), c(6), c(5)], vec![(0, 0), (1, 1)], vec![(3, 3)]),
        // Two levels: heads that lie within positions. A weight a head: rows are summed over.
        (vec![B, c(6), c(2), c(5)], vec![B, c(7), c(2), c(5)], vec![(0, 0), (2, 2)], vec![(3, 3)]),
        (vec![B, c(4), c(6)], vec![B, c(4), c(5)], vec![(1, 1)], vec![(0, 0)]),
        (vec![B, c(4), c(6)], vec![c(4), c(6), c(5)], vec![], vec![(2, 1), (1, 0)]),
        // Maps: by shards, and their weights' gradients in pieces of the sum.
        (vec![B, c(20), c(6)], vec![c(6), c(33)], vec![], vec![(2, 0)]),
        (vec![B, c(5), c(60), c(3)], vec![c(3), c(5)], vec![], vec![(3, 0)]),
        // No strides say these.
        (vec![c(2), c(3), c(4)], vec![c(3), c(5), c(2)], vec![], vec![(0, 2), (1, 0)]),
        (vec![B, c(2), c(3), c(4)], vec![c(3), c(5)], vec![], vec![(2, 0)]),
        (vec![B, c(2), c(3), c(4)], vec![B, c(4), c(5), c(2)], vec![(1, 3)], vec![(0, 0), (3, 1)]),
        // Three levels.
        (
            vec![B, c(2), c(6), c(3), c(5)],
            vec![B, c(3), c(7), c(2), c(5)],
            vec![(0, 0), (1, 3), (3, 1)],
            vec![(4, 4)],
        ),
    ];
    forms.iter().for_each(check_form);
}

/// A contraction drawn at random, axes of both operands in any order but for rows of the batch, which lead.
fn drawn(seed: u64) -> Form {
    let mut state = seed;
    let mut below = |n: usize| {
        state = mix64(state.wrapping_add(1));
        (state >> 33) as usize % n
    };
    // Axes by kind: batch, over, free on the left, free on the right; where rows are, if anywhere.
    let counts = [below(3), below(3), below(3), below(3)];
    let rows = below(4);
    let mut axes: Vec<(usize, Dim)> = Vec::new();
    for (kind, count) in counts.into_iter().enumerate() {
        let own = (0..count).map(|_| (kind, c(1 + below(4)))).collect::<Vec<_>>();
        axes.extend(own);
    }
    // Rows lead in the result: no batch axis before them, and on the right nothing free on the left.
    let fits = match rows {
        0 => true,
        1 => true,
        2 => counts[0] == 0,
        _ => counts[0] == 0 && counts[2] == 0,
    };
    let kinds = |side: usize| if side == 0 { [0, 1, 2] } else { [0, 1, 3] };
    let mut order = |side: usize| {
        let mut own: Vec<usize> = (0..axes.len()).filter(|i| kinds(side).contains(&axes[*i].0)).collect();
        for i in (1..own.len()).rev() {
            own.swap(i, below(i + 1));
        }
        own
    };
    let (left, right) = (order(0), order(1));
    let lead = |side: usize| fits && kinds(side).contains(&rows);
    let dims = |order: &[usize], side: usize| -> Vec<Dim> {
        lead(side).then_some(B).into_iter().chain(order.iter().map(|i| axes[*i].1)).collect()
    };
    let at = |order: &[usize], axis: usize, side: usize| {
        order.iter().position(|i| *i == axis).map(|p| p + usize::from(lead(side)))
    };
    let pairs = |kind: usize| -> Vec<(usize, usize)> {
        let rows = (fits && rows == kind).then_some((0, 0)).into_iter();
        let axes = (0..axes.len()).filter(|i| axes[*i].0 == kind);
        rows.chain(axes.filter_map(|i| Some((at(&left, i, 0)?, at(&right, i, 1)?)))).collect()
    };
    (dims(&left, 0), dims(&right, 1), pairs(0), pairs(1))
}

#[test]
fn forms_at_random() {
    (0..80).map(drawn).for_each(|form| check_form(&form));
}

/// Queries, keys and values out of one product, cut into heads: nothing is copied to be transposed.
#[test]
fn attention_reads_its_heads_in_place() {
    let (t, h, d) = (6, 2, 5);
    let heads = |b: &mut Builder, x: ValueId, part: usize| {
        let own = b.slice(x, 2, part * h * d, h * d);
        let split = b.reshape(own, &[B, c(t), c(h), c(d)]);
        b.transpose(split, &[0, 2, 1, 3])
    };
    let attention = |b: &mut Builder, x: &[ValueId]| {
        let all = b.contract(x[0], x[1], &[], &[(2, 0)]);
        let (q, k, v) = (heads(b, all, 0), heads(b, all, 1), heads(b, all, 2));
        let scores = b.contract(q, k, &[(0, 0), (1, 1)], &[(3, 3)]);
        let mixed = b.contract(scores, v, &[(0, 0), (1, 1)], &[(3, 2)]);
        let joined = b.transpose(mixed, &[0, 2, 1, 3]);
        b.reshape(joined, &[B, c(t), c(h * d)])
    };
    let sources = [vec![B, c(t), c(4)], vec![c(4), c(3 * h * d)]];
    check_all(&sources, attention, "attention");
    let mut b = Builder::new();
    let x: Vec<ValueId> =
        sources.iter().enumerate().map(|(i, dims)| source(&mut b, &format!("x{i}"), dims)).collect();
    let y = attention(&mut b, &x);
    let program = fuse(&leaving(b, y).0).expect("kernels");
    let calls = program
        .kernels
        .iter()
        .filter_map(|k| if let Kernel::Call { call, .. } = k { Some(call) } else { None });
    let products: Vec<_> =
        calls.clone().filter_map(|c| if let Call::Product(p) = c { Some(p) } else { None }).collect();
    let levels: Vec<bool> = products.iter().map(|p| p.batches.inner != Level::ONE).collect();
    assert_eq!(levels, [false, true, true]);
    // The heads are joined again by the loop that writes them.
    assert_eq!(calls.filter(|c| matches!(c, Call::Transpose(_))).count(), 0);
}

/// Bias and activation of a map follow their product shard by shard; a dense layer's wait for all panels of columns.
#[test]
fn loops_over_a_map_stay_with_their_product() {
    let layer = |dims: &[Dim], k: usize, n: usize| {
        let mut b = Builder::new();
        let x = source(&mut b, "x", dims);
        let (w, bias) = (b.param("w", &[k, n]), b.param("bias", &[n]));
        let y = b.contract(x, w, &[], &[(dims.len() - 1, 0)]);
        let axis = dims.len() - 1;
        let wide = b.broadcast_like(bias, y, &[axis]);
        let sum = b.add(y, wide);
        let zero = b.splat(0.0, sum);
        let active = b.max(sum, zero);
        // Of the activation one number a row leaves, so that the map itself is a temporary.
        let last = b.sum(active, &(1..dims.len()).collect::<Vec<_>>());
        let last = b.reshape(last, &[B, c(1)]);
        leaving(b, last)
    };
    for (dims, chained) in
        [(vec![B, c(4), c(16), c(6)], true), (vec![B, c(64), c(6)], true), (vec![B, c(6)], false)]
    {
        let (graph, sink) = layer(&dims, 6, 40);
        check(&graph, sink, ROWS, &format!("{dims:?}"));
        let program = fuse(&graph).expect("kernels");
        let chains = chains(&program, &Schedule::new(&program).step);
        assert_eq!(!chains.is_empty(), chained, "{dims:?}");
    }
}
