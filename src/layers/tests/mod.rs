//! Every layer's manual, example, shapes, values and gradient, by loops over the registry.

mod dropping;
mod formulas;
mod gradients;
mod lengths;
mod recurrent;
mod refusals;
pub(crate) mod rig;
mod waves;

use super::{LAYERS, Row};
use crate::graph::Mode;
use crate::{
    check::{Env, check_source},
    lower::lower_predict,
    model::{Model, print},
};

/// Headings of a manual, in their order.
const HEADINGS: &[&str] =
    &["What it does", "Formula", "Shape", "Arguments", "Train and eval", "Example", "Papers", "Elsewhere"];

/// The text of the manual's `net` block.
pub(crate) fn example(row: &Row) -> String {
    let manual = row.manual();
    let (_, rest) = manual.split_once("```net\n").expect("an example in a ```net block");
    rest.split_once("```").expect("its end").0.to_string()
}

fn model_of(source: &str) -> Model {
    let checked = check_source(source, &Env::default());
    assert!(checked.diagnostics.is_empty(), "{source}\n{:#?}", checked.diagnostics);
    checked.model.expect("a model")
}

/// What a reader should see of a layer: its example, what the checker makes of it, and the forward computation of training.
#[test]
fn examples_become_what_the_manual_says() {
    for row in LAYERS {
        let (name, source) = (row.layer.sig().name, example(row));
        let model = model_of(&source);
        let graph = lower_predict(&model, Mode::Train).graph;
        let text = format!("{source}\nmodel:\n{}\n{graph}", print(&model));
        insta::assert_snapshot!(format!("layer__{name}"), text);
    }
}

#[test]
fn names_are_sorted_and_are_those_of_the_files() {
    let names: Vec<&str> = LAYERS.iter().map(|row| row.layer.sig().name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn every_manual_has_its_headings_in_order_and_names_every_argument() {
    for row in LAYERS {
        let (sig, manual) = (row.layer.sig(), row.manual());
        let found: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let expected: Vec<&str> = HEADINGS.iter().copied().filter(|h| found.contains(h)).collect();
        assert_eq!(found, expected, "{}", sig.name);
        for needed in ["What it does", "Formula", "Shape", "Example"] {
            assert!(found.contains(&needed), "the manual of `{}` lacks `{needed}`", sig.name);
        }
        for arg in sig.args {
            assert!(manual.contains(arg.name), "the manual of `{}` does not name `{}`", sig.name, arg.name);
        }
    }
}

#[test]
fn every_example_checks_and_uses_its_layer() {
    for row in LAYERS {
        let source = example(row);
        assert!(source.contains(row.layer.sig().name), "{source}");
        model_of(&source);
    }
}
