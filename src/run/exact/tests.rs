//! The two enumerations against each other, on nets of several kinds.

use super::{Effort, coins, exact_means, interpreted, linear, mean_outputs};
use crate::{
    check::{Env, check_source},
    data::{Input, Part, Target},
    graph::is_affine_in_masks,
    lower::lower_samples,
    model::Model,
    run::watch::Watch,
    runtime::store::Store,
};

const ROWS: usize = 7;

fn model(body: &str, output: &str) -> Model {
    let source = format!("net {{\n  input x: real[3]\n  {body}\n  output y: {output}\n}}\n");
    let checked = check_source(&source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{source}{:#?}", checked.diagnostics))
}

fn part() -> Part {
    let data = (0..3 * ROWS).map(|i| ((i * 37 % 19) as f32 - 9.0) / 5.0).collect();
    Part::of_first(ROWS, vec![Input::floats("x", &[3], data)], Target::NONE)
}

fn near(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-12, "{what}: {a} {b}");
    }
}

const FORCED: Effort = Effort { patience: None, threads: 1 };

#[test]
fn tables_give_what_single_masks_give() {
    let cases = [
        ("dense 4 -> relu -> dropout 0.5\n  dense 3 -> relu -> dropout 0.3\n  dense 1", "bits[1]"),
        ("dropout 0.2\n  dense 5 -> tanh -> dropout 0.4\n  dense 3", "class[3]"),
        ("dense 12 -> relu -> dropout 0.5\n  dense 2", "class[2]"),
        ("dense 11 -> relu -> dropout 0.1\n  dense 2", "bits[2]"),
        (
            "dense 4 -> relu -> dropout 0.5, scale=test\n  dense 3 -> relu -> dropout 0.5, scale=test\n  dense 2",
            "real[2]",
        ),
        (
            "dense 4 -> relu -> dropout 0.5, share=batch\n  dense 3 -> relu -> dropout 0.25, always=true\n  dense 2",
            "class[2]",
        ),
        ("dense 3 -> relu -> dropout 0.3\n  drop_connect 0.5 { dense 2 }", "class[2]"),
    ];
    for (body, output) in cases {
        let model = model(body, output);
        let lowered = lower_samples(&model, false);
        let store = Store::fresh(&model, &lowered.graph, 3);
        let sites = coins::coins(&lowered).unwrap();
        let kind = model.output.kind;
        let bindings = super::bindings(&lowered, &part(), &store).unwrap();
        let plan =
            linear::Plan::new(&lowered.graph, &sites, kind).unwrap_or_else(|| panic!("{body}: no table"));
        let by_table = plan.means(&bindings, FORCED, &Watch::default()).unwrap();
        let one_by_one =
            interpreted::means(&lowered.graph, &sites, bindings.clone(), kind, FORCED, &Watch::default())
                .unwrap();
        near(&by_table.0, &one_by_one.0, body);
        near(&by_table.1, &one_by_one.1, body);
        assert_eq!(
            by_table,
            plan.means(&bindings, Effort { threads: 3, ..FORCED }, &Watch::default()).unwrap(),
            "{body}"
        );
    }
}

/// What is left of a probability near 1 keeps its digits: biases of 60 make logits near 60, beside which 1 - p is nothing.
#[test]
fn rare_values_of_bits_have_logits() {
    for body in ["dense 4 -> tanh -> dropout 0.5\n  dense 2", "dense 3 -> dropout 0.5 -> relu -> dense 2"] {
        let model = model(body, "bits[2]");
        let mut store = Store::fresh(&model, &lower_samples(&model, false).graph, 3);
        let usual = exact_means(&model, &part(), &store, FORCED, &Watch::default()).unwrap();
        for (p, z) in usual.arithmetic.iter().zip(&usual.arithmetic_outputs) {
            assert!((1.0 / (1.0 + (-z).exp()) - p).abs() < 1e-14, "{p} {z}");
        }
        store.params.last_mut().unwrap().fill(60.0);
        let sure = exact_means(&model, &part(), &store, FORCED, &Watch::default()).unwrap();
        assert!(sure.arithmetic.iter().all(|p| *p == 1.0), "{:?}", sure.arithmetic);
        for (found, geometric) in sure.arithmetic_outputs.iter().zip(&sure.geometric_outputs) {
            // The less sure masks weigh more in the mean of what is left.
            assert!(*found < geometric + 1e-9 && geometric - found < 5.0, "{found} {geometric}");
        }
    }
}

/// Nothing is affine in masks behind which something bends.
#[test]
fn what_bends_is_enumerated_one_by_one() {
    for body in [
        "dense 3 -> dropout 0.5 -> relu -> dense 2",
        "dense 3, init=lecun_normal -> selu -> dropout 0.2, kind=alpha -> dense 2",
    ] {
        let model = model(body, "class[2]");
        let lowered = lower_samples(&model, false);
        let sites = coins::coins(&lowered).unwrap();
        assert!(linear::Plan::new(&lowered.graph, &sites, model.output.kind).is_none(), "{body}");
        let store = Store::fresh(&model, &lowered.graph, 3);
        let means = exact_means(&model, &part(), &store, FORCED, &Watch::default()).unwrap();
        let sums: Vec<f64> = means.arithmetic.chunks_exact(2).map(|row| row.iter().sum()).collect();
        near(&sums, &[1.0; ROWS], body);
    }
}

#[test]
fn mean_masks_give_the_geometric_mean_of_affine_nets() {
    for body in ["dropout 0.5 -> dense 3", "dropout 0.2\n  dense 4 -> dropout 0.5\n  dense 3"] {
        let model = model(body, "class[3]");
        let lowered = lower_samples(&model, false);
        assert!(is_affine_in_masks(&lowered.graph));
        let store = Store::fresh(&model, &lowered.graph, 3);
        let exact = exact_means(&model, &part(), &store, FORCED, &Watch::default()).unwrap();
        near(&mean_outputs(&model, &part(), &store, &Watch::default()).unwrap(), &exact.geometric, body);
        assert!(exact.arithmetic.iter().zip(&exact.geometric).any(|(a, g)| (a - g).abs() > 1e-4));
    }
}

/// Whoever asks for an end gets it before all masks are visited, in both ways to enumerate them.
#[test]
fn an_enumeration_ends_when_it_is_to() {
    use std::sync::{Arc, atomic::AtomicU32};
    for body in ["dropout 0.5 -> dense 3", "dense 3 -> dropout 0.5 -> tanh -> dropout 0.5 -> tanh -> dense 3"]
    {
        let model = model(body, "class[3]");
        let store = Store::fresh(&model, &lower_samples(&model, false).graph, 1);
        let watch = Watch::until(Arc::new(AtomicU32::new(1)));
        let found = exact_means(&model, &part(), &store, FORCED, &watch);
        assert_eq!(found, Err(super::NotEnumerated::Interrupted), "{body}");
        let watch = Watch::default();
        assert!(exact_means(&model, &part(), &store, FORCED, &watch).is_ok());
        let (stage, done) = watch.far();
        assert!(stage.parts > 0 && stage.parts == done, "{body}: {stage:?}, {done}");
    }
}
