use super::*;
use crate::{
    check::{Env, check_source},
    layers::manual,
    model::Model,
};

/// A net of three inputs with these layers before its output of three numbers.
fn net(layers: &str) -> String {
    format!("net {{\n  input x: real[3]\n  {layers}\n  dense 3\n  output y: real[3]\n}}\n")
}

fn model_of(layers: &str) -> Model {
    let checked = check_source(&net(layers), &Env::default());
    assert!(checked.diagnostics.is_empty(), "{layers}\n{:#?}", checked.diagnostics);
    checked.model.expect("a model")
}

fn refusal(layers: &str) -> String {
    let checked = check_source(&net(layers), &Env::default());
    checked.diagnostics.first().map_or(String::new(), |d| format!("{} {}", d.code, d.message))
}

/// The starts of the weights and the biases of the first layer.
fn starts(layers: &str) -> [Init; 2] {
    let model = model_of(layers);
    [model.params[0].init, model.params[1].init]
}

#[test]
fn every_word_is_sorted_has_its_headings_and_an_example_that_checks() {
    assert!(sigs().is_sorted_by_key(|sig| sig.name));
    for (word, source) in WORDS {
        let (sig, manual) = (word.sig(), manual(source));
        let found: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let headings = ["Formula", "Arguments", "Example", "Papers"];
        let expected: Vec<&str> = headings.into_iter().filter(|h| found.contains(h)).collect();
        assert_eq!(found, expected, "{}", sig.name);
        for arg in sig.args {
            assert!(manual.contains(arg.name), "the manual of `{}` does not name `{}`", sig.name, arg.name);
        }
        let example =
            manual.split_once("```net\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
        assert!(example.contains(sig.name), "{example}");
        model_of(example.trim());
    }
}

#[test]
fn named_starts_have_their_papers_variance() {
    let start = |name: &str, inputs, outputs| {
        let used = used(&Value::Word(name.into()), Span::default()).expect("a word");
        used.word.start(&used.args, &Shape::Weights { inputs, outputs }).expect("a start")
    };
    assert_eq!(start("glorot_uniform", 4, 2), Init::Uniform { limit: 1.0 });
    assert_eq!(start("glorot_normal", 5, 3), Init::Normal { mean: 0.0, sd: 0.5 });
    assert_eq!(start("he_uniform", 6, 2), Init::Uniform { limit: 1.0 });
    assert_eq!(start("he_normal", 8, 2), Init::Normal { mean: 0.0, sd: 0.5 });
    assert_eq!(start("lecun_uniform", 3, 9), Init::Uniform { limit: 1.0 });
    assert_eq!(start("lecun_normal", 4, 9), Init::Normal { mean: 0.0, sd: 0.5 });
    assert_eq!(start("zeros", 3, 9), Init::Zeros);
}

#[test]
fn sizes_are_written_beside_the_word() {
    let glorot = Init::Uniform { limit: 1.0 };
    for (layers, expected) in [
        ("dense 3", [glorot, Init::Zeros]),
        ("dense 3, init=normal(0.01)", [Init::Normal { mean: 0.0, sd: 0.01 }, Init::Zeros]),
        ("dense 3, init=normal(sd=0.01, mean=1)", [Init::Normal { mean: 1.0, sd: 0.01 }, Init::Zeros]),
        (
            "dense 3, init=truncated_normal(sd=0.02)",
            [Init::Truncated { mean: 0.0, sd: 0.02, within: 2.0 }, Init::Zeros],
        ),
        (
            "dense 3, init=uniform(0.1), bias_init=uniform(0.2)",
            [Init::Uniform { limit: 0.1 }, Init::Uniform { limit: 0.2 }],
        ),
        ("dense 3, init=orthogonal, bias_init=ones", [Init::Orthogonal { gain: 1.0 }, Init::Ones]),
        (
            "dense 3, init=orthogonal(gain=2), bias_init=constant(-2)",
            [Init::Orthogonal { gain: 2.0 }, Init::Constant(-2.0)],
        ),
        ("dense 3, init=dirac, bias_init=normal(0.1)", [Init::Dirac, Init::Normal { mean: 0.0, sd: 0.1 }]),
    ] {
        assert_eq!(starts(layers), expected, "{layers}");
    }
}

#[test]
fn a_word_without_meaning_for_the_shape_is_refused_with_the_reason() {
    for (layers, expected) in [
        (
            "dense 5, init=dirac",
            "E0206 `init` of `dense` cannot be `dirac`: 5 units cannot each hand on one of 3 inputs; the 2 others would begin at 0, all alike",
        ),
        (
            "dense 3, bias_init=dirac",
            "E0206 `bias_init` of `dense` cannot be `dirac`: it hands inputs on, and biases have none",
        ),
        (
            "dense 3, bias_init=orthogonal",
            "E0206 `bias_init` of `dense` cannot be `orthogonal`: a rotation turns vectors into vectors; biases have no inputs",
        ),
        (
            "dense 3, bias_init=he_normal",
            "E0206 `bias_init` of `dense` cannot be `he_normal`: its spread is that of weights, by the units between them; biases have none",
        ),
        ("dense 3, bias=false, bias_init=ones", "E0211 `bias_init` without a bias"),
        ("dense 3, init=normal", "E0201 `normal` needs `sd`: standard deviation"),
        ("dense 3, init=normal(sd=0)", "E0206 `sd` of `normal` must be > 0"),
        ("dense 3, init=normal(ds=1)", "E0202 `normal` has no argument `ds`"),
        ("dense 3, init=zeros(1)", "E0210 `zeros` takes no unnamed arguments"),
        (
            "dense 3, init=truncated_normal(1, within=6)",
            "E0206 `within` of `truncated_normal` must be in [0.1, 5]",
        ),
        ("dense 3, init=he", "E0215 `init` of `dense` cannot be `he`"),
        ("dense 3, init=3", "E0205 `init` of `dense` is a word, found a number"),
    ] {
        assert_eq!(refusal(layers), expected);
    }
}
