//! Every operation in f32 against f64, and the draws against the counter hash.

use crate::draws;
use std::collections::BTreeSet;

use super::cases::{Built, bindings, bound, cases, geometries};
use crate::graph::interpret::{Bindings, Data, Tensor};
use crate::graph::op::TABLE;
use crate::graph::{Address, Builder, DType, Dim, Op, interpret, verify};

/// Relative to the result, or to 0.1 where it is smaller.
const TOLERANCE: f64 = 3e-6;

fn narrow(tensor: &Tensor<f64>) -> Tensor<f32> {
    let data = match &tensor.data {
        Data::F32(x) => Data::F32(x.iter().map(|x| *x as f32).collect()),
        Data::I32(x) => Data::I32(x.clone()),
        Data::Bool(x) => Data::Bool(x.clone()),
        Data::Key(x) => Data::Key(x.clone()),
    };
    Tensor { dims: tensor.dims.clone(), data }
}

fn narrow_all(b: &Bindings<f64>) -> Bindings<f32> {
    let all = |tensors: &[Tensor<f64>]| tensors.iter().map(narrow).collect::<Vec<_>>();
    Bindings {
        rows: b.rows,
        inputs: all(&b.inputs),
        partners: all(&b.partners),
        target: b.target.as_ref().map(narrow),
        partner_target: b.partner_target.as_ref().map(narrow),
        params: all(&b.params),
        slots: all(&b.slots),
        states: all(&b.states),
        scalars: all(&b.scalars),
        streams: b.streams.clone(),
        positions: b.positions.clone(),
        update: b.update,
        enters: all(&b.enters),
        overrides: b.overrides.iter().map(|(site, mask)| (*site, narrow(mask))).collect(),
        fma: b.fma,
    }
}

#[test]
fn every_operation_in_both_precisions() {
    let mut tried = BTreeSet::new();
    for case in cases() {
        let Built { b, ranges, result, .. } = case.build();
        let graph = b.finish();
        verify(&graph).unwrap_or_else(|broken| panic!("{case:?}: {broken}"));
        for rows in [1, 4] {
            let mut bindings = bindings(&graph, &ranges, rows);
            for fma in [false, true] {
                bindings.fma = fma;
                let wide = interpret(&graph, &bindings).unwrap_or_else(|e| panic!("{case:?}: {e}"));
                let single =
                    interpret(&graph, &narrow_all(&bindings)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
                compare(&format!("{case:?}, fma={fma}"), single.of(result), wide.of(result));
            }
        }
        tried.insert(case.op.mnemonic());
    }
    let missing: Vec<&str> = TABLE.iter().map(|row| row.mnemonic).filter(|m| !tried.contains(m)).collect();
    assert!(missing.is_empty(), "operations without a test: {missing:?}");
}

fn compare(what: &str, single: &Tensor<f32>, wide: &Tensor<f64>) {
    assert_eq!(single.dims, wide.dims, "{what}");
    let (Data::F32(single), Data::F32(wide)) = (&single.data, &wide.data) else {
        assert_eq!(*single, narrow(wide), "{what}");
        return;
    };
    for (a, b) in single.iter().zip(wide) {
        let error = (f64::from(*a) - b).abs() / b.abs().max(0.1);
        assert!(error < TOLERANCE, "{what}: {a} in f32, {b} in f64");
    }
}

/// `<windows x, y> = <x, overlap y>`.
#[test]
fn overlap_is_the_adjoint_of_windows() {
    for (dims, geometry) in geometries() {
        let mut b = Builder::new();
        let x = bound(&mut b, "x", &dims);
        let windows = b.windows(x, &geometry, 0.0);
        let of_windows = b.dims(windows);
        let y = bound(&mut b, "y", &of_windows);
        let overlap = b.overlap(y, &geometry);
        let (left, right) = (b.mul(windows, y), b.mul(x, overlap));
        let (left, right) = (b.sum_all(left), b.sum_all(right));
        let graph = b.finish();
        let values = interpret(&graph, &bindings(&graph, &Default::default(), 3)).expect("bound");
        let (left, right) = (values.of(left).reals()[0], values.of(right).reals()[0]);
        assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{geometry:?}: {left} and {right}");
        assert!(left != 0.0);
    }
}

#[test]
fn mnemonics_are_unique() {
    let words: BTreeSet<&str> = TABLE.iter().map(|row| row.mnemonic).collect();
    assert_eq!(words.len(), TABLE.len());
}

/// Row-major units; a shared axis contributes 0; a site keyed by update draws once for all rows.
#[test]
fn masks_are_the_hash_at_their_address() {
    let mut b = Builder::new();
    let (by_row, by_update) = (b.site("dropout_1", Address::Row), b.site("dropout_2", Address::Update));
    let q = b.scalar("q", DType::I32);
    let (key, once) = (b.row_key(by_row), b.row_key(by_update));
    let plain = b.keep_mask(key, q, &[2, 3], &[false, false]);
    let shared = b.keep_mask(key, q, &[2, 3], &[true, false]);
    let weights = b.keep_mask(once, q, &[2, 3], &[false, false]);
    let graph = b.finish();
    let bindings = bindings(&graph, &Default::default(), 5);
    let values = interpret(&graph, &bindings).unwrap_or_else(|e| panic!("{e}"));
    let draw = |stream: usize, position: u64, unit: u32| {
        let row = draws::row_key(bindings.streams[stream], position);
        if draws::kept(row, unit, 20_000) { 1.0 } else { 0.0 }
    };
    for row in 0..5 {
        for unit in 0..6_u32 {
            let at = row * 6 + unit as usize;
            let position = bindings.positions[row];
            assert_eq!(values.of(plain).reals()[at], draw(0, position, unit));
            assert_eq!(values.of(shared).reals()[at], draw(0, position, unit % 3));
        }
    }
    let expected: Vec<f64> = (0..6).map(|unit| draw(1, 17, unit)).collect();
    assert_eq!(values.of(weights).reals(), expected);
}

#[test]
fn an_override_takes_the_place_of_the_draws() {
    let mut b = Builder::new();
    let site = b.site("dropout_1", Address::Row);
    let (key, q) = (b.row_key(site), b.scalar("q", DType::I32));
    let mask = b.keep_mask(key, q, &[2], &[false]);
    let graph = b.finish();
    let mut bindings = bindings(&graph, &Default::default(), 2);
    bindings.streams.clear();
    let given = Tensor::real(&[2, 2], vec![1.0, 0.0, 0.0, 1.0]);
    bindings.overrides.insert(site, given.clone());
    let values = interpret(&graph, &bindings).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(*values.of(mask), given);
    bindings.overrides.insert(site, Tensor::real(&[2], vec![1.0, 0.0]));
    assert!(interpret(&graph, &bindings).is_err());
}

#[test]
fn wrong_bindings_are_named() {
    let mut b = Builder::new();
    let x = bound(&mut b, "x", &[Dim::Batch, Dim::Const(2)]);
    assert!(matches!(b.graph().node(x).op, Op::Input { .. }));
    let graph = b.finish();
    let nothing = interpret(&graph, &Bindings::<f32>::default()).map(|_| ()).map_err(|e| e.0);
    assert_eq!(nothing, Err("nothing is bound for Input { slot: 0, partner: false }".to_string()));
    let inputs = vec![Tensor::real(&[3, 2], vec![0.0; 6])];
    let wrong =
        interpret(&graph, &Bindings { rows: 2, inputs, ..Bindings::default() }).map(|_| ()).map_err(|e| e.0);
    let words = "Input { slot: 0, partner: false } has the type f32[B,2], but f32[3, 2] is bound for 2 rows";
    assert_eq!(wrong, Err(words.to_string()));
}
