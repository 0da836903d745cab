//! Sections to datasets, end to end: what a file says, what comes out, and what every fault of the data says.

mod bad;
mod build;
mod cleaning;
mod folders;
mod groups;
mod hostile;
mod labelled;
mod pictures;
mod precision;
mod predict;
mod profiles;
mod real;
mod sounds;
mod streams;
mod tables;
mod targets;
mod texts;
mod windows;
mod written;

use std::path::Path;

use super::{
    DataConfig, DataError, Dataset, InputShape, Need, Numbers, Numeric, Part, Rows, Search, Target, Want,
    words,
};
use crate::diag::{Diagnostic, Span};
use crate::vocab::{Args, Given, Value};

/// One statement: its word (a source's own word for `source`) and its arguments.
pub(super) type Use<'a> = (&'a str, Vec<(&'static str, Value)>);

pub(super) fn build(uses: &[Use<'_>]) -> (Option<DataConfig>, Vec<Diagnostic>) {
    let bound: Vec<Args> =
        uses.iter().enumerate().map(|(i, (word, written))| bind(word, written, 100 * i)).collect();
    DataConfig::build(&bound, Span::new(0, 4))
}

fn bind(word: &str, written: &[(&'static str, Value)], start: usize) -> Args {
    let sig = words::source(word)
        .map(|w| w.sig)
        .or(words::statement(word).map(|w| w.sig))
        .expect("a word of the section");
    let given = |(i, (name, value)): (usize, &(&'static str, Value))| {
        assert!(sig.arg(name).is_some(), "`{word}` has no argument `{name}`");
        let at = start + 10 * (i + 1);
        Given { name, value: value.clone(), span: Span::new(at, at + 5), written: true }
    };
    Args::new(sig, Span::new(start, start + 99), written.iter().enumerate().map(given).collect())
}

pub(super) fn config(uses: &[Use<'_>]) -> DataConfig {
    let (config, found) = build(uses);
    config.unwrap_or_else(|| panic!("the section is sound: {found:?}"))
}

pub(super) fn text(t: &str) -> Value {
    Value::Text(t.into())
}

pub(super) fn word(w: &str) -> Value {
    Value::Word(w.into())
}

pub(super) fn n(x: f64) -> Value {
    Value::Number(x)
}

pub(super) fn list(items: Vec<Value>) -> Value {
    Value::List(items)
}

pub(super) fn need(width: usize, target: Want) -> Need {
    Need {
        inputs: vec![InputShape::new("x", &[width])],
        target,
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    }
}

pub(super) fn nowhere() -> Search {
    Search::new(Path::new("/nowhere"), Path::new("/nowhere"), None)
}

/// Loads `source csv` with these rows as its file.
pub(super) fn csv(
    rows: &str,
    args: &[(&'static str, Value)],
    more: &[Use<'_>],
    need: &Need,
) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("table.csv"), rows).expect("a temporary file");
    let mut written = vec![("file", text("table.csv"))];
    written.extend(args.iter().cloned());
    let mut uses = vec![("csv", written)];
    uses.extend(more.iter().cloned());
    super::load(&config(&uses), &Search::new(folder.path(), folder.path(), None), need)
}

/// The numbers of an input, row by row in the part's order.
pub(super) fn floats(part: &Part, slot: usize) -> Vec<f32> {
    let input = &part.inputs[slot];
    assert_eq!(input.store.form().numeric, Numeric::F32, "floats were expected");
    part.seen(input).expect("rows in memory")
}

/// The same of rows that are to be predicted.
pub(super) fn row_floats(rows: &Rows) -> Vec<f32> {
    floats(&Part::of_first(rows.rows, rows.inputs.clone(), Target::NONE), 0)
}

/// The target of a part, row by row in its order.
pub(super) fn target(part: &Part) -> Target {
    part.target.of_rows(part.numbers())
}
