//! Metrics against numbers worked out by hand.

use super::*;
use crate::{
    diag::Span,
    vocab::{Given, Value},
};

fn value(name: &str, k: Option<usize>, rows: &Rows<'_>) -> f64 {
    let word = find(name).expect("a metric");
    let given =
        k.map(|k| Given { name: "k", value: Value::Number(k as f64), span: Span::default(), written: true });
    word.value(&Args::new(word.sig(), Span::default(), given.into_iter().collect()), rows)
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

const LOGITS: &[f32] = &[
    3.0, 2.0, 1.0, //
    1.0, 3.0, 2.0, //
    2.0, 3.0, 1.0, //
    1.0, 1.0, 0.0,
];

fn classes(targets: &[u32]) -> Rows<'_> {
    Rows { outputs: LOGITS, width: 3, targets: Targets::Classes(targets) }
}

#[test]
fn accuracy_and_top_k_count_ranks() {
    let rows = classes(&[0, 2, 0, 1]);
    // Predictions 0, 1, 1, 0: of equal outputs the first.
    close(value("accuracy", None, &rows), 0.25);
    close(value("top_k", Some(1), &rows), 0.25);
    close(value("top_k", Some(2), &rows), 1.0);
    close(value("top_k", Some(2), &classes(&[2, 0, 2, 2])), 0.0);
}

#[test]
fn what_is_no_number_is_never_right() {
    let rows = Rows { outputs: &[f32::NAN, 1.0, f32::NAN], width: 3, targets: Targets::Classes(&[0]) };
    close(value("top_k", Some(2), &rows), 0.0);
}

#[test]
fn macro_f1_weighs_classes_equally() {
    // Predictions 0, 1, 1, 0 for classes 0, 1, 0, 0: F1 of class 0 is 2*2/(2*2+1), of class 1 is 2/(2+1); class 2 does not occur.
    close(value("macro_f1", None, &classes(&[0, 1, 0, 0])), (0.8 + 2.0 / 3.0) / 2.0);
}

#[test]
fn bits_are_judged_by_their_sign() {
    let targets = Targets::Real { data: &[1.0, 0.0, 1.0, 1.0], width: 2, scale: &[1.0, 1.0] };
    let rows = Rows { outputs: &[2.0, -1.0, -0.5, 0.5], width: 2, targets };
    close(value("accuracy", None, &rows), 0.75);
    // First bit: one hit, one miss; second bit: one hit.
    close(value("macro_f1", None, &rows), (2.0 / 3.0 + 1.0) / 2.0);
}

#[test]
fn errors_are_in_original_units() {
    let targets = Targets::Real { data: &[1.0, 10.0, 3.0, 20.0], width: 2, scale: &[2.0, 0.5] };
    let rows = Rows { outputs: &[2.0, 14.0, 3.0, 12.0], width: 2, targets };
    // Differences 1, 4, 0, -8 become 2, 2, 0, -4.
    close(value("rmse", None, &rows), 6.0_f64.sqrt());
    close(value("mae", None, &rows), 2.0);
    // 1 - 1/2 and 1 - 80/50.
    close(value("r2", None, &rows), (0.5 - 0.6) / 2.0);
}

#[test]
fn of_a_normal_distribution_the_means_count() {
    let targets = Targets::Real { data: &[1.0, 2.0], width: 1, scale: &[3.0] };
    let rows = Rows { outputs: &[2.0, -5.0, 2.0, 7.0], width: 2, targets };
    close(value("rmse", None, &rows), 3.0 / 2.0_f64.sqrt());
    close(value("mae", None, &rows), 1.5);
    close(value("r2", None, &rows), 1.0 - 1.0 / 0.5);
}

#[test]
fn r2_of_constant_targets_is_one_or_nothing() {
    let rows = |outputs| Rows {
        outputs,
        width: 1,
        targets: Targets::Real { data: &[2.0, 2.0], width: 1, scale: &[1.0] },
    };
    close(value("r2", None, &rows(&[2.0, 2.0])), 1.0);
    close(value("r2", None, &rows(&[2.0, 1.0])), 0.0);
}
