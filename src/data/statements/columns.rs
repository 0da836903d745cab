//! How `inputs` and `target` name columns: numbers from 1, ranges `1..8`, names.

use crate::data::config::{ColumnRef, Columns};
use crate::diag::{Diagnostic, Span};
use crate::vocab::{Args, Kind, Value};

pub(super) const KIND: Kind =
    Kind::Rest(&Kind::OneOf(&[Kind::Span, Kind::Count { min: 1 }, Kind::Name, Kind::Text]));

/// Reads the argument `columns`.
///
/// # Errors
/// E0506: no column at all, column 0, or a range that runs backwards.
pub(super) fn read(args: &Args) -> Result<Columns, Box<Diagnostic>> {
    let span = args.span_of("columns");
    let word = args.sig.name;
    if let Some(value) = args.list("columns").iter().find(|v| !is_whole(v)) {
        return Err(Box::new(
            Diagnostic::error("E0506", span, format!("`{value}` does not number columns"))
                .label("columns are counted 1, 2, 3, ..."),
        ));
    }
    let list: Vec<ColumnRef> = args.list("columns").iter().map(column).collect();
    if list.is_empty() {
        return Err(Box::new(
            Diagnostic::error("E0506", args.span, format!("`{word}` names no column"))
                .help(format!("for example `{word} 1..4`, or `{word} age, height`")),
        ));
    }
    for item in &list {
        match item {
            ColumnRef::Number(0) | ColumnRef::Range(0, _) => {
                return Err(Box::new(
                    Diagnostic::error("E0506", span, "there is no column 0").label("columns count from 1"),
                ));
            }
            ColumnRef::Range(low, high) if low > high => {
                return Err(Box::new(
                    Diagnostic::error("E0506", span, format!("{low}..{high} runs backwards"))
                        .help(format!("write {high}..{low}; both ends belong to it")),
                ));
            }
            _ => {}
        }
    }
    Ok(Columns { list, span })
}

/// One column.
pub(super) fn one(value: &Value, span: Span) -> Columns {
    Columns { list: vec![column(value)], span }
}

fn is_whole(value: &Value) -> bool {
    let whole = |x: f64| x >= 0.0 && x.fract() == 0.0;
    match value {
        Value::Span(low, high) => whole(*low) && whole(*high),
        _ => true,
    }
}

fn column(value: &Value) -> ColumnRef {
    match value {
        Value::Number(n) => ColumnRef::Number(*n as usize),
        Value::Span(low, high) => ColumnRef::Range(*low as usize, *high as usize),
        Value::Word(name) | Value::Text(name) => ColumnRef::Name(name.clone()),
        other => ColumnRef::Name(other.to_string()),
    }
}
