//! Every layer's manual, example and lowering, by a loop over the registry.

use super::{LAYERS, Row};
use crate::{
    check::{Env, check_source},
    model::Model,
};

/// Headings of a manual, in their order.
const HEADINGS: &[&str] =
    &["What it does", "Formula", "Shape", "Arguments", "Train and eval", "Example", "Papers"];

/// The text of the manual's `net` block.
pub(super) fn example(row: &Row) -> String {
    let manual = row.manual();
    let (_, rest) = manual.split_once("```net\n").expect("an example in a ```net block");
    rest.split_once("```").expect("its end").0.to_string()
}

pub(super) fn model_of(source: &str) -> Model {
    let checked = check_source(source, &Env::default());
    assert!(checked.diagnostics.is_empty(), "{source}\n{:#?}", checked.diagnostics);
    checked.model.expect("a model")
}

/// Code and message of everything that is found in `source`.
pub(super) fn findings(source: &str) -> Vec<(&'static str, String)> {
    let checked = check_source(source, &Env::default());
    checked.diagnostics.into_iter().map(|d| (d.code, d.message)).collect()
}

/// A net of one chain between a vector of four numbers and an output of that width.
pub(super) fn net(chain: &str, width: usize) -> String {
    format!("net {{\n  input x: real[4]\n  {chain}\n  output y: real[{width}]\n}}\n")
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
