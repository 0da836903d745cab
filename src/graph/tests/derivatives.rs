//! Every derivative against central differences in f64.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Built, bindings, bound, cases};
use crate::graph::interpret::{Bindings, Data, Tensor};
use crate::graph::op::TABLE;
use crate::graph::{
    Address, Builder, DType, Dim, Graph, Op, Phase, Sink, Type, ValueId, differentiate, interpret, verify,
};

const ROWS: usize = 3;
const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 1e-6;

fn value(graph: &Graph, bindings: &Bindings<f64>, v: ValueId) -> Vec<f64> {
    interpret(graph, bindings).unwrap_or_else(|e| panic!("{e}\n{graph}")).of(v).reals().to_vec()
}

/// The elements that the source `of` reads.
fn elements<'b>(graph: &Graph, bindings: &'b mut Bindings<f64>, of: ValueId) -> &'b mut Vec<f64> {
    let tensor: &mut Tensor<f64> = match &graph.node(of).op {
        Op::Input { slot, .. } => &mut bindings.inputs[*slot as usize],
        Op::Param(id) => &mut bindings.params[id.index()],
        op => panic!("{op:?} is not varied"),
    };
    match &mut tensor.data {
        Data::F32(data) => data,
        _ => panic!("only f32 is varied"),
    }
}

/// Compares the gradients that `differentiate` appends with differences of `loss`.
fn check(what: &str, mut b: Builder, ranges: &BTreeMap<String, (f64, f64)>, loss: ValueId, wrt: &[ValueId]) {
    let gradients = differentiate(&mut b, loss, wrt);
    let graph = b.finish();
    verify(&graph).unwrap_or_else(|broken| panic!("{what}: {broken}"));
    let mut bindings = bindings(&graph, ranges, ROWS);
    for (v, gradient) in wrt.iter().zip(gradients) {
        let gradient = gradient.unwrap_or_else(|| panic!("{what}: no gradient of {v}\n{graph}"));
        assert_eq!(graph.ty(gradient), graph.ty(*v), "{what}\n{graph}");
        let exact = value(&graph, &bindings, gradient);
        for (i, exact) in exact.into_iter().enumerate() {
            let old = elements(&graph, &mut bindings, *v)[i];
            let mut at = |x| {
                elements(&graph, &mut bindings, *v)[i] = x;
                value(&graph, &bindings, loss)[0]
            };
            let numeric = (at(old + STEP) - at(old - STEP)) / (2.0 * STEP);
            at(old);
            let error = (exact - numeric).abs() / exact.abs().max(numeric.abs()).max(1.0);
            assert!(error < TOLERANCE, "{what}: element {i} of {v} is {exact}, but {numeric}\n{graph}");
        }
    }
}

#[test]
fn every_differentiable_operation() {
    let mut tried = BTreeSet::new();
    for case in cases().into_iter().filter(|case| case.op.row().differentiable) {
        let Built { mut b, ranges, operands, result } = case.build();
        // A weighted sum, so that every element of the result gets its own gradient.
        let dims = b.dims(result);
        let weights = bound(&mut b, "weights", &dims);
        let weighted = b.mul(result, weights);
        let loss = b.sum_all(weighted);
        let wrt: Vec<ValueId> = operands
            .into_iter()
            .filter(|v| matches!(b.graph().node(*v).op, Op::Input { .. } | Op::Param(_)))
            .filter(|v| b.ty(*v).dtype == DType::F32)
            .collect();
        assert!(!wrt.is_empty());
        check(&format!("{case:?}"), b, &ranges, loss, &wrt);
        tried.insert(case.op.mnemonic());
    }
    let missing: Vec<&str> = TABLE
        .iter()
        .filter(|row| row.differentiable)
        .map(|row| row.mnemonic)
        .filter(|m| !tried.contains(m))
        .collect();
    assert!(missing.is_empty(), "operations without a test of their derivative: {missing:?}");
}

/// A value with several users gets the sum; the parts below are those of a whole net.
#[test]
fn a_net_with_dropout_and_softmax() {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[Dim::Batch, Dim::Const(4)]);
    b.declare_target(Type { dtype: DType::I32, dims: vec![Dim::Batch] });
    let (w, bias) = (b.param("w", &[4, 4]), b.param("bias", &[4]));
    let product = b.matmul(x, w);
    let hidden = b.add_bias(product, bias);
    let hidden = b.relu(hidden);
    let site = b.site("dropout_1", Address::Row);
    let (key, q) = (b.row_key(site), b.scalar("q", DType::I32));
    let mask = b.keep_mask(key, q, &[4], &[false]);
    let dropped = b.mul(hidden, mask);
    let residual = b.add(dropped, x);
    let again = b.matmul(residual, w);
    let log_p = b.log_softmax(again);
    let labels = b.target(false);
    let picked = b.one_hot(labels, 4);
    let picked = b.mul(picked, log_p);
    let losses = b.sum(picked, &[1]);
    let loss = b.mean(losses, &[0]);
    check("net", b, &BTreeMap::new(), loss, &[x, w, bias]);
}

/// Conventions at corners: relu'(0) = 0, abs'(0) = 0, equal maxima share, or the first of them has it all.
#[test]
fn corners() {
    let gradient = |values: &[f64], f: fn(&mut Builder, ValueId) -> ValueId| {
        let mut b = Builder::new();
        let x = b.param("x", &[values.len()]);
        let y = f(&mut b, x);
        let loss = b.sum_all(y);
        let gradient = differentiate(&mut b, loss, &[x])[0].unwrap_or(loss);
        let params = vec![Tensor::real(&[values.len()], values.to_vec())];
        value(b.graph(), &Bindings { params, ..Bindings::default() }, gradient)
    };
    assert_eq!(gradient(&[-1.0, 0.0, 2.0], Builder::relu), [0.0, 0.0, 1.0]);
    assert_eq!(gradient(&[-1.0, 0.0, 2.0], Builder::abs), [-1.0, 0.0, 1.0]);
    assert_eq!(gradient(&[1.0, 3.0, 3.0], |b, x| b.max_over(x, &[0])), [0.0, 0.5, 0.5]);
    assert_eq!(gradient(&[1.0, 3.0, 3.0], |b, x| b.first_over(x, &[0])), [0.0, 1.0, 0.0]);
    assert_eq!(gradient(&[2.0], |b, x| b.mul(x, x)), [4.0]);
}

#[test]
fn what_does_not_lead_to_a_parameter_gets_no_derivative() {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[Dim::Batch, Dim::Const(4)]);
    let (w, other) = (b.param("w", &[4, 4]), b.param("other", &[4]));
    let y = b.matmul(x, w);
    let held = b.detach(y);
    let y = b.mul(y, held);
    let loss = b.sum_all(y);
    let gradients = differentiate(&mut b, loss, &[w, other]);
    assert!(gradients[0].is_some() && gradients[1].is_none());
    if let Some(gradient) = gradients[0] {
        b.sink(Sink::Param(crate::graph::ParamId(0)), gradient);
    }
    let graph = b.finish();
    let products = graph.nodes.iter().filter(|n| n.origin.phase == Phase::Backward);
    assert_eq!(products.filter(|n| matches!(n.op, Op::Contract { .. })).count(), 1, "{graph}");
}
