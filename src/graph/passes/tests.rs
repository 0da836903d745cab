//! Each pass on small graphs, in text; and all passes against none in numbers.

use super::super::tests::cases::{bindings, bound, cases};
use super::super::{Address, Builder, DType, Dim, Graph, Op, Phase, Sink, ValueId, differentiate, interpret};
use super::*;

const B: Dim = Dim::Batch;

/// A graph whose outputs are what `build` makes of `x: f32[B,3]`, `row: f32[B]` and `s, t: f32[]`, as text before and after the pass.
fn before_and_after(pass: Pass, build: fn(&mut Builder, [ValueId; 4]) -> Vec<ValueId>) -> String {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[B, Dim::Const(3)]);
    let row = bound(&mut b, "row", &[B]);
    let (s, t) = (b.scalar("s", DType::F32), b.scalar("t", DType::F32));
    for v in build(&mut b, [x, row, s, t]) {
        let total = b.sum_all(v);
        let name = format!("total {}", b.graph().metrics.len());
        b.metric(&name, total);
    }
    let graph = b.finish();
    let after = pass(&graph);
    verify(&after).unwrap_or_else(|broken| panic!("{broken}"));
    format!("{graph}----- becomes\n{after}")
}

fn folded(build: fn(&mut Builder, [ValueId; 4]) -> Vec<ValueId>) -> String {
    before_and_after(|graph| dce(&fold::fold(graph)), build)
}

#[test]
fn folds_constants() {
    insta::assert_snapshot!(folded(|b, [x, ..]| {
        let (two, three) = (b.constant(2.0), b.constant(3.0));
        let six = b.mul(two, three);
        let log = b.log(six);
        let (a, c) = (b.splat(0.5, x), b.splat(4.0, x));
        let split = b.div(a, c);
        let x = b.mul(x, log);
        vec![b.add(x, split)]
    }));
}

#[test]
fn folds_neutral_elements_and_keeps_zero_products() {
    insta::assert_snapshot!(folded(|b, [x, row, ..]| {
        let y = b.scale(x, 1.0);
        let y = b.offset(y, 0.0);
        let y = b.neg(y);
        let y = b.neg(y);
        let zero = b.scale(row, 0.0);
        let minus = b.neg(x);
        let wide = b.along_first(row, x);
        let difference = b.add(wide, minus);
        let held = b.detach(difference);
        vec![y, zero, held]
    }));
}

#[test]
fn works_before_broadcasts() {
    insta::assert_snapshot!(folded(|b, [x, row, s, t]| {
        let (wide_s, wide_t) = (b.spread(s, x), b.spread(t, x));
        let both = b.mul(wide_s, wide_t);
        let wide_row = b.along_first(row, x);
        let scaled = b.mul(wide_row, both);
        let exp = b.exp(scaled);
        vec![b.sub(x, exp)]
    }));
}

#[test]
fn merges_moves() {
    insta::assert_snapshot!(folded(|b, [x, ..]| {
        let cube = [B, Dim::Const(2), Dim::Const(3)];
        let wide = b.broadcast(x, &cube, &[0, 2]);
        let wider = b.broadcast(wide, &[B, Dim::Const(2), Dim::Const(4), Dim::Const(3)], &[0, 1, 3]);
        let turned = b.transpose(wide, &[0, 2, 1]);
        let back = b.transpose(turned, &[0, 2, 1]);
        let flat = b.flatten(back);
        let again = b.reshape(flat, &cube);
        let w = b.param("w", &[4, 3]);
        let w = b.transpose(w, &[1, 0]);
        vec![wider, b.matmul(again, w)]
    }));
}

#[test]
fn cse_merges_equal_draws_and_no_two_sites() {
    let mut b = Builder::new();
    let q = b.scalar("q", DType::I32);
    for (name, path) in [("w1", "dropout_1"), ("w2", "dropout_2")] {
        let site = b.site(path, Address::Update);
        let key = b.row_key(site);
        let mask = b.keep_mask(key, q, &[3], &[false]);
        let w = b.param(name, &[3]);
        let w2 = b.mul(w, mask);
        b.store(w, w2);
    }
    let mut graph = b.finish();
    // A second draw at the first site, for the second parameter, as a careless producer would leave it.
    let copy = |graph: &mut Graph, v: usize, inputs: Vec<ValueId>| {
        let node = super::super::Node { inputs, ..graph.nodes[v].clone() };
        graph.nodes.push(node);
        ValueId(graph.nodes.len() as u32 - 1)
    };
    let key = copy(&mut graph, 1, vec![]);
    let mask = copy(&mut graph, 2, vec![key, ValueId(0)]);
    let product = copy(&mut graph, 4, vec![ValueId(3), mask]);
    graph.sinks[0].1 = product;
    insta::assert_snapshot!(format!("{graph}----- becomes\n{}", cse(&graph)));
}

#[test]
fn dce_keeps_what_sinks_read() {
    insta::assert_snapshot!(before_and_after(dce, |b, [x, row, s, _]| {
        let used = b.mul(row, s);
        b.exp(x);
        vec![used]
    }));
}

/// bias + relu + mask + scale and its derivative: elementwise over [B,4], and one sum over the rows for the bias.
fn dense_layer_with_dropout() -> Graph {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[B, Dim::Const(3)]);
    let (w, bias) = (b.param("dense_1.weight", &[3, 4]), b.param("dense_1.bias", &[4]));
    let y = b.with_origin("dense_1", |b| {
        let product = b.matmul(x, w);
        b.add_bias(product, bias)
    });
    let y = b.with_origin("relu_1", |b| b.relu(y));
    let y = b.with_origin("dropout_1", |b| {
        let site = b.site("dropout_1", Address::Row);
        let (key, q, scale) =
            (b.row_key(site), b.scalar("q", DType::I32), b.positive_scalar("dropout_1.scale"));
        let mask = b.keep_mask(key, q, &[4], &[false]);
        let kept = b.mul(y, mask);
        b.mul(kept, scale)
    });
    let squares = b.square(y);
    let rows = b.sum(squares, &[1]);
    let loss = b.mean(rows, &[0]);
    b.metric("loss", loss);
    let gradients = differentiate(&mut b, loss, &[w, bias]);
    b.with_phase(Phase::Update, |b| {
        for (place, gradient) in [w, bias].into_iter().zip(gradients.into_iter().flatten()) {
            b.store(place, gradient);
        }
    });
    b.finish()
}

#[test]
fn a_dense_layer_with_dropout() {
    insta::assert_snapshot!(simplify(&dense_layer_with_dropout(), Passes::ALL).to_string());
}

#[test]
fn a_mask_read_off_the_activation_gives_the_same_derivatives() {
    let graph = dense_layer_with_dropout();
    let drawn = simplify(&graph, Passes { kept: false, ..Passes::ALL });
    let read = simplify(&graph, Passes::ALL);
    assert!(read.nodes.len() < drawn.nodes.len());
    let ranges = std::collections::BTreeMap::from([("dropout_1.scale".to_string(), (1.0, 2.0))]);
    let bindings = bindings(&graph, &ranges, 64);
    let gradients = |graph: &Graph| {
        let values = interpret(graph, &bindings).unwrap();
        values.sinks().flat_map(|(_, v)| v.reals().to_vec()).collect::<Vec<f64>>()
    };
    let gradients_read = gradients(&read);
    assert_eq!(gradients_read, gradients(&drawn));
    assert!(gradients_read.iter().filter(|g| **g != 0.0).count() > 12);
}

/// Every case of the operation table and its gradient: equal values with and without passes, up to the sign of zero and rounded constants.
#[test]
fn passes_change_no_value() {
    for case in cases() {
        let mut built = case.build();
        if built.b.ty(built.result).dtype == DType::F32 && case.op.row().differentiable {
            let loss = built.b.sum_all(built.result);
            let wrt = built.operands.clone();
            let gradients = differentiate(&mut built.b, loss, &wrt);
            for (index, gradient) in gradients.into_iter().flatten().enumerate() {
                let total = built.b.sum_all(gradient);
                built.b.metric(&format!("gradient {index}"), total);
            }
            built.b.metric("loss", loss);
        }
        let graph = built.b.finish();
        let bindings = bindings(&graph, &built.ranges, 3);
        let value = |graph: &Graph| interpret(graph, &bindings).unwrap_or_else(|e| panic!("{case:?}: {e}"));
        let plain = value(&graph);
        for mask in 0..16 {
            let on = |bit: u32| mask >> bit & 1 != 0;
            let passes = Passes { fold: on(0), kept: on(1), cse: on(2), dce: on(3) };
            let after = simplify(&graph, passes);
            for ((sink, a), (_, b)) in value(&after).sinks().zip(plain.sinks()) {
                let (a, b) = (a.reals()[0], b.reals()[0]);
                assert!(
                    (a - b).abs() <= 1e-12 * b.abs(),
                    "{case:?}, {passes:?}, {sink:?}: {a}, {b}\n{after}"
                );
            }
        }
        assert_eq!(simplify(&graph, Passes::NONE), graph);
        let once = simplify(&graph, Passes::ALL);
        assert_eq!(simplify(&once, Passes::ALL), once, "{case:?}: a second round finds more");
    }
}

#[test]
fn sinks_keep_their_order() {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[B, Dim::Const(3)]);
    let total = b.sum_all(x);
    b.metric("loss", total);
    b.sink(Sink::Output, x);
    let graph = simplify(&b.finish(), Passes::ALL);
    assert!(matches!(graph.sinks[..], [(Sink::Metric(0), _), (Sink::Output, _)]));
    assert!(matches!(graph.nodes[0].op, Op::Input { .. }));
}
