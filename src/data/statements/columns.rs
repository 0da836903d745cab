//! How statements name columns: numbers from 1, ranges `1..8` and `age..height`, names; with `-` all but these.

use crate::data::config::{ColumnRef, Columns};
use crate::diag::{Diagnostic, Span};
use crate::vocab::{Args, Kind, Value};

pub(super) const KIND: Kind = Kind::Rest(&Kind::Column);

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
    list.iter().try_for_each(|item| counted_from_1(item, span))?;
    Ok(Columns { list, span })
}

fn counted_from_1(item: &ColumnRef, span: Span) -> Result<(), Box<Diagnostic>> {
    match item {
        ColumnRef::Number(0) | ColumnRef::Range(0, _) => Err(Box::new(
            Diagnostic::error("E0506", span, "there is no column 0").label("columns count from 1"),
        )),
        ColumnRef::Range(low, high) if low > high => Err(Box::new(
            Diagnostic::error("E0506", span, format!("{low}..{high} runs backwards"))
                .help(format!("write {high}..{low}; both ends belong to it")),
        )),
        ColumnRef::Not(item) => counted_from_1(item, span),
        _ => Ok(()),
    }
}

/// The same, where leaving columns out would say nothing.
///
/// # Errors
/// As [`read`], and E0506 for a minus.
pub(super) fn some(args: &Args) -> Result<Columns, Box<Diagnostic>> {
    without_minus(read(args)?, args.sig.name)
}

/// # Errors
/// E0506 for columns with a minus.
pub(super) fn without_minus(columns: Columns, word: &str) -> Result<Columns, Box<Diagnostic>> {
    match columns.list.iter().any(|item| matches!(item, ColumnRef::Not(_))) {
        true => Err(Box::new(
            Diagnostic::error("E0506", columns.span, format!("`{word}` leaves no columns out"))
                .label("a minus stands in `inputs` alone")
                .help("name the columns that are meant"),
        )),
        false => Ok(columns),
    }
}

/// One column.
pub(super) fn one(value: &Value, span: Span) -> Columns {
    Columns { list: vec![column(value)], span }
}

fn is_whole(value: &Value) -> bool {
    let whole = |x: f64| x >= 0.0 && x.fract() == 0.0;
    match value {
        Value::Span(low, high) => whole(*low) && whole(*high),
        Value::Without(columns) => is_whole(columns),
        _ => true,
    }
}

pub(super) fn column(value: &Value) -> ColumnRef {
    match value {
        Value::Number(n) => ColumnRef::Number(*n as usize),
        Value::Span(low, high) => ColumnRef::Range(*low as usize, *high as usize),
        Value::Names(first, last) => ColumnRef::Names(first.clone(), last.clone()),
        Value::Without(columns) => ColumnRef::Not(Box::new(column(columns))),
        Value::Word(name) | Value::Text(name) => ColumnRef::Name(name.clone()),
        other => ColumnRef::Name(other.to_string()),
    }
}
