//! Every law against what all of them must be.

use super::*;
use crate::{
    check::{Env, check_source},
    data::{TargetRule, Units},
    graph::{Bindings, Sink, Tensor, interpret},
    lower::lower_samples,
    model::Model,
    train::losses,
};

/// Every law in several sizes.
fn kinds() -> impl Iterator<Item = OutputKind> {
    let sizes = |law: &'static dyn Law| [1, 2, 5].map(|n| (law, n));
    let once = LAWS.iter().copied().filter(|law| !law.over_time());
    let sized = once.flat_map(sizes).filter(|(law, n)| law.refuses(*n).is_none());
    let steps = [(1, 2), (3, 5)].map(|(steps, vocab)| OutputKind::tokens(steps, vocab));
    sized.map(|(law, n)| OutputKind::new(law, n)).chain(steps)
}

/// One of each law.
fn one_of(law: &'static dyn Law) -> OutputKind {
    if law.over_time() { OutputKind::tokens(3, 2) } else { OutputKind::new(law, 2) }
}

const ROWS: usize = 3;

/// What a net might give, two numbers of which are far apart.
fn outputs(kind: OutputKind) -> Vec<f64> {
    let number = |i: usize| f64::from(3.0 * (i as f32 * 1.7).sin());
    let mut outputs: Vec<f64> = (0..ROWS * kind.width()).map(number).collect();
    outputs[0] = 12.0;
    outputs
}

fn singles(values: &[f64]) -> Vec<f32> {
    values.iter().map(|x| *x as f32).collect()
}

fn near(found: &[f64], expected: &[f64], by: f64, what: impl fmt::Display) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= by * b.abs().max(1.0), "{what}: {a} is not {b}");
    }
}

/// A net that hands its inputs on.
fn net(kind: OutputKind) -> Model {
    let input = match kind.steps() {
        None => format!("real[{}]", kind.width()),
        Some(steps) => format!("series[{steps}, {}]", kind.outputs()),
    };
    let source = format!("net {{\n  input x: {input}\n  identity\n  output y: {kind}\n}}\n");
    let checked = check_source(&source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{source}{:#?}", checked.diagnostics))
}

#[test]
fn a_type_reads_back_as_its_law() {
    for kind in kinds() {
        assert_eq!(net(kind).output.kind, kind);
        let one = kind.width() / kind.steps().unwrap_or(1);
        assert!(kind.reads().starts_with(&one.to_string()), "{kind}: {}", kind.reads());
    }
    assert!(find("word").is_none());
    let refused = LAWS.iter().filter(|law| law.refuses(1).is_some()).map(|law| law.word());
    assert_eq!(refused.collect::<Vec<&str>>(), ["class", "token"]);
}

#[test]
fn what_is_usual_fits() {
    for kind in kinds() {
        assert!(kind.usual_loss().fits(kind) && kind.usual_metric().fits(kind), "{kind}");
    }
    let fitting = |kind: OutputKind| losses::WORDS.iter().filter(|(loss, _)| loss.fits(kind)).count();
    let counts: Vec<usize> = LAWS.iter().map(|law| fitting(one_of(*law))).collect();
    assert_eq!(counts, [6, 4, 3, 1, 1], "losses that fit an output of each law");
    assert_eq!(losses::WORDS.len(), 12);
}

/// Graph, 32-bit host and 64-bit host say the same of outputs.
#[test]
fn the_meaning_is_one() {
    for kind in kinds() {
        let raw = outputs(kind);
        let wide = kind.meaning(raw.clone());
        let bindings = Bindings {
            rows: ROWS,
            inputs: match kind.steps() {
                None => vec![Tensor::real(&[ROWS, kind.width()], raw.clone())],
                Some(steps) => vec![
                    Tensor::real(&[ROWS, steps, kind.outputs()], raw.clone()),
                    Tensor::ints(&[ROWS], vec![steps as i32; ROWS]),
                ],
            },
            positions: (0..ROWS as u64).collect(),
            ..Bindings::<f64>::default()
        };
        let values = interpret(&lower_samples(&net(kind), true).graph, &bindings).expect("bound");
        near(values.sink(Sink::Output).expect("outputs").reals(), &wide, 1e-12, format!("{kind}, graph"));
        let mut short = singles(&raw);
        kind.law.meaning(&mut short, kind.n);
        let short: Vec<f64> = short.into_iter().map(f64::from).collect();
        near(&short, &wide, 1e-6, format!("{kind}, 32 bits"));
        assert_eq!(wide == raw, !kind.has_probabilities(), "{kind}");
        if kind.classes().is_some() {
            wide.chunks_exact(kind.width()).for_each(|p| near(&[p.iter().sum()], &[1.0], 1e-14, kind));
        }
    }
}

/// Means and spreads go into the target's own units and back; probabilities have none.
#[test]
fn units_have_a_way_back() {
    for kind in kinds() {
        let d = kind.outputs();
        let target = TargetRule::Real {
            columns: vec!["y".into(); d],
            units: Units { mean: vec![100.0; d], sd: (0..d).map(|i| 0.5 + i as f64).collect(), curve: None },
        };
        let raw = singles(&outputs(kind));
        let mut own = raw.clone();
        kind.to_units(&mut own, &target);
        assert_eq!(own == raw, kind.has_probabilities(), "{kind}");
        if kind.says_spread() {
            let spreads = own.chunks_exact(2 * d).flat_map(|row| &row[d..]);
            assert!(spreads.into_iter().all(|sd| *sd > 0.0), "{kind}");
        }
        kind.to_training(&mut own, &target);
        let wide = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        near(&wide(&own), &wide(&raw), 1e-5, kind);
    }
}

/// One net that gives the outputs of some chances means the same as they.
#[test]
fn chances_have_outputs() {
    for kind in kinds() {
        for row in outputs(kind).chunks_exact(kind.width()) {
            let chances = kind.chances(row);
            assert_eq!(chances.len(), kind.chances_width(), "{kind}");
            let again = kind.meaning(kind.outputs_of_chances(&chances));
            near(&again, &kind.meaning(row.to_vec()), 1e-12, kind);
        }
    }
}

/// What is said is compared with what happened and with what another says.
#[test]
fn errors_and_divergences_are_of_differences() {
    for kind in kinds().filter(|kind| !kind.says_spread()) {
        let said = kind.meaning(outputs(kind));
        let other = kind.meaning(outputs(kind).iter().map(|z| 1.5 - z).collect());
        let one_of = kind.classes().or(kind.steps().map(|_| kind.outputs()));
        let happened: Vec<f64> = match (one_of, kind.has_probabilities()) {
            (Some(k), _) => {
                let one = |p: &[f64]| (0..k).map(|i| f64::from(i == likeliest(p))).collect::<Vec<f64>>();
                said.chunks_exact(k).flat_map(one).collect()
            }
            (None, true) => said.iter().map(|p| f64::from(*p > 0.5)).collect(),
            (None, false) => said.clone(),
        };
        assert_eq!(kind.error(&said, &happened), 0.0, "{kind}");
        assert!(kind.error(&other, &happened) > 0.0, "{kind}");
        assert_eq!(kind.divergence(&said, &said), kind.has_probabilities().then_some(0.0), "{kind}");
        assert!(kind.divergence(&other, &said).is_none_or(|kl| kl > 0.0), "{kind}");
    }
}
