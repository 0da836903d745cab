//! JSON: objects of cells by the names of their columns, or lists of cells in the order of the columns (of the elements of an array); one
//! after another, a line each or not, or all in one list.
//!
//! A cell is what it would be as text: a string is a quoted word, `null` a gap.

use std::borrow::Cow;

use serde_json::{Deserializer, Map, Value};

use super::{ReadRows, table};
use crate::data::cells::Reader;
use crate::data::digits::Digits;
use crate::data::encoding;
use crate::data::error::{DataError, counted, cut, listed};
use crate::data::finite;
use crate::data::raw::Format;
use crate::data::rows::{Growing, Rows, nothing};
use crate::data::text::{self, Cell, Record};
use crate::data::transform::{ArrayRule, ColumnRule, Fields, Transform};

pub(super) struct Json;
pub(super) static READER: Json = Json;

impl ReadRows for Json {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        is_json(bytes)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let text = encoding::decode(bytes, name)?;
        let rows = rows(&text, name)?;
        let mut out = Growing::new(transform, rows.len(), name)?;
        match &transform.fields {
            Fields::Table { format, columns } => {
                let readers: Vec<Reader<'_>> = columns.iter().map(|c| Reader::new(c, format)).collect();
                for (line, row) in &rows {
                    let place = |e: DataError| e.file(name).line(*line);
                    let (record, places) = record(*line, row, columns, format).map_err(place)?;
                    out.push(|inputs| {
                        table::encode(&record, &places, columns, &readers, inputs).map_err(place)
                    })?;
                }
            }
            Fields::Text(_) => return Err(nothing(name)),
            Fields::Array(rule) => {
                for (line, row) in &rows {
                    let place = |e: DataError| e.file(name).line(*line);
                    out.push(|inputs| elements(row, rule, inputs).map_err(place))?;
                }
            }
        }
        out.finish(name)
    }
}

/// A list must be one to its end: `[0, 10)` may be the first cell of a table.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match bytes {
        [b'{', rest @ ..] => matches!(rest.trim_ascii_start(), [b'"' | b'}', ..]),
        [b'[', ..] => {
            matches!(Deserializer::from_slice(bytes).into_iter().next(), Some(Ok(Value::Array(_))))
        }
        _ => false,
    }
}

/// Texts: strings, or objects with one under the name of the column, or with one alone. None of what is no JSON of texts, such as a line of prose in brackets.
///
/// # Errors
/// E0546 for objects that are broken, E0527 for one without the column.
pub(super) fn texts(
    text: &str,
    column: Option<&str>,
    name: &str,
) -> Option<Result<Vec<(u64, String)>, DataError>> {
    if !is_json(text.as_bytes()) {
        return None;
    }
    let rows = match rows(text, name) {
        Ok(rows) => rows,
        Err(error) if text.trim_start().starts_with('{') => return Some(Err(error)),
        Err(_) => return None,
    };
    let mut texts = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        match row {
            Value::Array(items) if items.iter().all(Value::is_string) => {
                texts.extend(items.iter().filter_map(Value::as_str).map(|text| (line, text.to_owned())));
            }
            Value::String(text) => texts.push((line, text)),
            Value::Object(cells) => match text_of(&cells, column) {
                Ok(text) => texts.push((line, text)),
                Err(error) => return Some(Err(error.file(name).line(line))),
            },
            _ => return None,
        }
    }
    Some(Ok(texts))
}

/// The text of an object.
fn text_of(cells: &Map<String, Value>, column: Option<&str>) -> Result<String, DataError> {
    let named = column.and_then(|column| cells.get(column)).and_then(Value::as_str);
    let mut strings = cells.values().filter_map(Value::as_str);
    let only = || strings.next().filter(|_| strings.next().is_none());
    named.or_else(only).map(str::to_owned).ok_or_else(|| {
        DataError::new("E0527", format!("the row lacks `{}`", column.unwrap_or("text"))).help(
            "a row is an object with the text under the name of its column, or the text itself, in quotes",
        )
    })
}

/// Rows with the lines on which they end; a list of objects or lists is a list of rows.
pub(super) fn rows(text: &str, name: &str) -> Result<Vec<(u64, Value)>, DataError> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    let (mut rows, mut line, mut at) = (Vec::new(), 1, 0);
    while let Some(value) = values.next() {
        let value = value.map_err(|e| broken(&e).file(name))?;
        let end = values.byte_offset();
        line += text[at..end].matches('\n').count() as u64;
        at = end;
        match value {
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                rows.extend(items.into_iter().map(|item| (line, item)));
            }
            row => rows.push((line, row)),
        }
    }
    if rows.is_empty() { Err(nothing(name)) } else { Ok(rows) }
}

fn broken(error: &serde_json::Error) -> DataError {
    DataError::new("E0546", "the rows are no JSON")
        .line(error.line() as u64)
        .note(error.to_string())
        .help("a row is an object, such as {\"mass\": 1.5, \"sex\": \"f\"}, or a list of its cells")
}

/// The cells of the input columns, and where they stand in the record.
fn record<'a>(
    line: u64,
    row: &'a Value,
    columns: &[ColumnRule],
    format: &Format,
) -> Result<(Record<'a>, Vec<usize>), DataError> {
    let cell = |value: &'a Value| cell(value, format.digits);
    let (fields, places) = match row {
        Value::Object(cells) => (by_name(cells, columns, format.digits)?, (0..columns.len()).collect()),
        Value::Array(cells) => {
            let places = match cells.len() {
                n if n == format.width => columns.iter().map(|c| c.number - 1).collect(),
                n if n == columns.len() => (0..n).collect(),
                n => {
                    let message = format!("{} where {} are expected", counted(n, "cell"), columns.len());
                    return Err(DataError::new("E0522", message)
                        .help("an object of cells by the names of their columns needs no order"));
                }
            };
            (cells.iter().map(cell).collect::<Result<Vec<_>, _>>()?, places)
        }
        other => return Err(no_row(other)),
    };
    let count = fields.len();
    Ok((Record { line, last_line: line, fields, count, stray: None }, places))
}

fn by_name<'a>(
    cells: &'a Map<String, Value>,
    columns: &[ColumnRule],
    digits: Digits,
) -> Result<Vec<Cell<'a>>, DataError> {
    let missing: Vec<&str> =
        columns.iter().map(|c| c.name.as_str()).filter(|name| !cells.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(DataError::new("E0527", format!("the row lacks {}", listed(&missing, 6)))
            .help("what is not known is written as null"));
    }
    columns.iter().filter_map(|column| cells.get(&column.name)).map(|value| cell(value, digits)).collect()
}

/// A value as the cell of a text that writes its numbers so.
fn cell(value: &Value, digits: Digits) -> Result<Cell<'_>, DataError> {
    let (text, quoted) = match value {
        Value::Null => (Cow::Borrowed(""), false),
        Value::String(text) => (Cow::Borrowed(text.as_str()), true),
        Value::Number(_) if digits.comma => (Cow::Owned(value.to_string().replace('.', ",")), false),
        Value::Number(_) | Value::Bool(_) => (Cow::Owned(value.to_string()), false),
        Value::Array(_) | Value::Object(_) => {
            return Err(DataError::new("E0546", "a cell is a number, a word or null")
                .note(format!("found {}", kind(value))));
        }
    };
    Ok(Cell { text, quoted })
}

/// The elements of an array, in their order.
fn elements(row: &Value, rule: &ArrayRule, inputs: &mut [f32]) -> Result<(), DataError> {
    let Value::Array(cells) = row else { return Err(no_row(row)) };
    if cells.len() != rule.width {
        let message = format!("{} where {} are expected", counted(cells.len(), "element"), rule.width);
        return Err(DataError::new("E0522", message).help("a row is one flat list of numbers"));
    }
    for (i, (value, slot)) in cells.iter().zip(inputs).enumerate() {
        let text = value.to_string();
        let x = text::number(&text).ok_or_else(|| {
            DataError::new("E0523", format!("`{}` is not a number", cut(&text))).column(i + 1, "")
        })?;
        *slot = finite::seen(&text, rule.apply(i, x)).map_err(|e| e.column(i + 1, ""))?;
    }
    Ok(())
}

fn no_row(value: &Value) -> DataError {
    DataError::new("E0546", format!("{} is no row", kind(value))).help(
        "a row is a list of its cells; for a net that was trained on a table, also an object of them by name",
    )
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a word",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
