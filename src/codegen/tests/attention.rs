//! Attention in every form, with its gradient: the graph's interpreter in f64, the loops' interpreter, and native code for any number of threads; and the
//! same attention composed of products, a softmax and a mixture.

use super::products::check_rows;
use crate::graph::{Address, Attention, Builder, DType, Dim, ValueId, verify};

const B: Dim = Dim::Batch;

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

fn form(heads: usize, width: usize, places: usize) -> Attention {
    Attention {
        heads,
        groups: heads,
        width,
        queries: places,
        keys: places,
        across: false,
        causal: false,
        slopes: false,
        turned: false,
        padded: false,
        dropped: false,
    }
}

/// Attention with its draws and turns in place.
fn attended(b: &mut Builder, form: Attention, x: &[ValueId]) -> ValueId {
    let mut operands = Vec::new();
    if form.dropped {
        let site = b.site("attention_1.weights", Address::Row);
        operands.push(b.row_key(site));
        operands.push(b.scalar("attention_1.weights.q", DType::I32));
    }
    operands.push(x[0]);
    if form.turned {
        operands.push(b.waves(form.queries.max(form.keys), form.width, true));
    }
    operands.extend(x.get(1));
    b.attend(form, &operands)
}

fn check_form(form: Attention) {
    let mut sources = vec![form.operand().dims];
    if form.padded {
        sources.push(vec![B]);
    }
    check_rows(&[1, 5], &sources, |b, x| attended(b, form, x), &format!("{form:?}"));
}

#[test]
fn every_form_on_few_and_many_places() {
    let small = form(2, 3, 5);
    // More queries than are held together, keys that fill no vector; a head that is all vectors.
    let large = form(2, 8, 70);
    for base in [small, large, form(1, 16, 33)] {
        for causal in [false, true] {
            let base = Attention { causal, ..base };
            check_form(base);
            check_form(Attention { dropped: true, ..base });
            check_form(Attention { padded: true, dropped: true, ..base });
            check_form(Attention { slopes: true, ..base });
        }
    }
}

#[test]
fn heads_share_keys_and_are_turned() {
    let turned = Attention { turned: true, ..form(4, 4, 37) };
    for form in [
        Attention { groups: 2, ..form(4, 3, 6) },
        Attention { groups: 1, dropped: true, causal: true, ..form(4, 2, 40) },
        turned,
        Attention { groups: 2, dropped: true, causal: true, padded: true, ..turned },
    ] {
        check_form(form);
    }
}

#[test]
fn queries_of_one_value_look_at_another() {
    let across = Attention { across: true, queries: 7, keys: 35, ..form(2, 4, 7) };
    for form in [
        across,
        Attention { queries: 40, keys: 3, dropped: true, ..across },
        Attention { groups: 1, padded: true, turned: true, ..across },
    ] {
        check_form(form);
    }
}

/// The operation is what its formula says, in products and elementwise operations.
#[test]
fn it_is_the_softmax_of_scores_times_values() {
    let (t, h, d) = (6, 2, 4);
    let form = form(h, d, t);
    let mut b = Builder::new();
    let slot = b.declare_input("x", DType::F32, &[t, 3 * h * d]);
    let x = b.input(slot, false);
    let one = b.attend(form, &[x]);
    let heads = |b: &mut Builder, part: usize| {
        let own = b.slice(x, 2, part * h * d, h * d);
        let split = b.reshape(own, &[B, c(t), c(h), c(d)]);
        b.transpose(split, &[0, 2, 1, 3])
    };
    let (q, k, v) = (heads(&mut b, 0), heads(&mut b, 1), heads(&mut b, 2));
    let scores = b.contract(q, k, &[(0, 0), (1, 1)], &[(3, 3)]);
    let scores = b.scale(scores, form.scale() as f32);
    let powers = b.exp(scores);
    let sums = b.sum(powers, &[3]);
    let sums = b.broadcast_like(sums, powers, &[0, 1, 2]);
    let weights = b.div(powers, sums);
    let mixed = b.contract(weights, v, &[(0, 0), (1, 1)], &[(3, 2)]);
    let joined = b.transpose(mixed, &[0, 2, 1, 3]);
    let other = b.reshape(joined, &[B, c(t), c(h * d)]);
    let graph = b.finish();
    verify(&graph).expect("a sound graph");
    let values: Vec<f64> =
        (0..2 * t * 3 * h * d).map(|i| f64::from((i * 37 % 23) as i32 - 11) * 0.2).collect();
    let bindings = crate::graph::Bindings {
        rows: 2,
        inputs: vec![crate::graph::Tensor::real(&[2, t, 3 * h * d], values)],
        ..Default::default()
    };
    let values = crate::graph::interpret(&graph, &bindings).expect("bound");
    let largest = values
        .of(one)
        .reals()
        .iter()
        .zip(values.of(other).reals())
        .fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
    assert!(largest < 1e-6, "{largest}");
}
