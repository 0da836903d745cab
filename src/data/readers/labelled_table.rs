//! Rows of a table whose answers are known, to judge a net by: a table like the one that it was trained on, or rows of arrays and their answers in a file beside them.

use std::borrow::Cow;
use std::path::Path;

use rustc_hash::FxHashSet;

use super::{Labelled, answers};
use crate::data::error::{DataError, counted, listed};
use crate::data::raw::{Delimiter, Format, Stored};
use crate::data::rows::{Rows, nothing, records, table_records};
use crate::data::sources::{idx, npy};
use crate::data::text::{self, Record};
use crate::data::transform::{ColumnRule, Fields, TargetRule, Transform};
use crate::data::{dataset::Part, encoding, files};
use crate::vocab::exactly;

/// A table with the columns of answers among its own.
///
/// # Errors
/// As reading rows to predict; E0527 without a column of answers, E0531 for an answer that the net does not know.
pub(in crate::data) fn labelled_table(
    path: &Path,
    transform: &Transform,
    name: &str,
) -> Result<Labelled, DataError> {
    let Fields::Table { format, columns } = &transform.fields else { return Err(nothing(name)) };
    if path.is_dir() {
        return Err(DataError::new("E0520", "this is a folder, and the net was trained on a table")
            .file(name)
            .help("name a table with the columns of the one that was trained on, the answers among them"));
    }
    let bytes = files::read(path, name)?;
    let text = encoding::decode(bytes.clone(), name)?;
    let names = answer_names(&transform.target);
    let known: FxHashSet<&str> =
        columns.iter().map(|column| column.name.as_str()).chain(names.iter().map(String::as_str)).collect();
    let is_header =
        |record: &Record<'_>| format.named && record.fields.iter().any(|field| known.contains(&*field.text));
    let fits =
        |record: &Record<'_>| if format.named { is_header(record) } else { record.count == format.width };
    let mut records = table_records(&text, format, fits, name)?;
    let first = records.clone().next().ok_or_else(|| nothing(name))?;
    text::check_row(&first, first.fields.len(), format.delimiter, name)?;
    let is_header = is_header(&first);
    let places = match is_header {
        true => by_name(&first, &names, name)?,
        false => by_position(&first, format, columns, &names, name)?,
    };
    if is_header {
        records.next();
    }
    let width = first.fields.len();
    let rows: Vec<Record<'_>> = records.collect();
    rows.iter().try_for_each(|row| text::check_row(row, width, format.delimiter, name))?;
    // Numbers as the language writes them; a class may be called by what the table has.
    let answer = |cell: &'_ Cow<'_, str>| -> String {
        let is_class = transform.class_names().iter().any(|name| **name == **cell);
        let plain = format.digits.plain(cell).filter(|_| !is_class);
        plain.map_or_else(|| cell.to_string(), Cow::into_owned)
    };
    let written: Vec<Vec<String>> = rows
        .iter()
        .map(|row| places.iter().map(|place| answer(&row.fields[*place].text)).collect())
        .collect();
    let cells: Vec<Vec<&str>> = written.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let at = |row: usize, column: usize, error: DataError| {
        error.file(name).line(rows[row].line).column(places[column] + 1, &names[column])
    };
    let target = answers::target(&cells, &transform.target, &at)?;
    let Rows { rows, inputs, converted, unread, .. } = transform.read_rows(bytes, name)?;
    Ok(Labelled { part: Part::of_first(rows, inputs, target), names: Vec::new(), converted, unread })
}

/// What the columns of answers are called; of a table without names their numbers.
fn answer_names(rule: &TargetRule) -> Vec<String> {
    match rule {
        TargetRule::Classes { column, .. } => vec![column.clone()],
        TargetRule::Real { columns, .. } | TargetRule::Bits { columns, .. } => columns.clone(),
    }
}

fn by_name(header: &Record<'_>, names: &[String], file: &str) -> Result<Vec<usize>, DataError> {
    let place = |name: &String| header.fields.iter().position(|field| *field.text == **name);
    let missing: Vec<&str> = names.iter().filter(|name| place(name).is_none()).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(DataError::new(
            "E0527",
            format!("the header lacks {}, which has the answers", listed(&missing, 6)),
        )
        .file(file)
        .line(header.line)
        .help("rows are judged by their answers; `dropnet predict` needs none"));
    }
    Ok(names.iter().filter_map(place).collect())
}

/// A row without names has all columns of the table that was trained on.
fn by_position(
    first: &Record<'_>,
    format: &Format,
    columns: &[ColumnRule],
    names: &[String],
    file: &str,
) -> Result<Vec<usize>, DataError> {
    let found = first.fields.len();
    let wrong = |error: DataError| Err(error.file(file).line(first.line));
    if found != format.width {
        let expected = format!(
            "{} where {} are expected, the answers among them",
            counted(found, "field"),
            format.width
        );
        return wrong(DataError::new("E0522", expected).help("with a header, columns are found by name"));
    }
    let own: FxHashSet<usize> = columns.iter().map(|column| column.number - 1).collect();
    let others: Vec<usize> = (0..found).filter(|place| !own.contains(place)).collect();
    let numbers: Option<Vec<usize>> =
        names.iter().map(|name| name.parse::<usize>().ok()?.checked_sub(1)).collect();
    match numbers.filter(|numbers| !format.named && numbers.iter().all(|place| *place < found)) {
        Some(numbers) => Ok(numbers),
        None if others.len() == names.len() => Ok(others),
        None => wrong(
            DataError::new(
                "E0527",
                format!("which columns hold {} is not told without a header", listed(names, 6)),
            )
            .help("give the table the header of the one that was trained on"),
        ),
    }
}

/// Rows of arrays, and their answers in a file of their own: an array, labels in the format of IDX, or text with a line a row.
///
/// # Errors
/// As reading rows to predict; E0522 for another number of answers, E0531 for an answer that the net does not know.
pub(in crate::data) fn with_answers(
    rows: Rows,
    transform: &Transform,
    (path, name): (&Path, &str),
) -> Result<Labelled, DataError> {
    let found = cells(path, transform, name)?;
    if found.len() != rows.rows {
        let (answers, count) = (counted(found.len(), "answer"), counted(rows.rows, "row"));
        return Err(DataError::new("E0522", format!("{answers} for {count}"))
            .file(name)
            .help("there is an answer for each row, in their order"));
    }
    let texts: Vec<Vec<&str>> = found.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let at = |row: usize, column: usize, error: DataError| error.file(name).row(row).column(column + 1, "");
    let target = answers::target(&texts, &transform.target, &at)?;
    let Rows { rows, inputs, names, converted, unread, .. } = rows;
    Ok(Labelled { part: Part::of_first(rows, inputs, target), names, converted, unread })
}

/// Answers as text, row by row.
fn cells(path: &Path, transform: &Transform, name: &str) -> Result<Vec<Vec<String>>, DataError> {
    let bytes = files::read(path, name)?;
    let width = answers::columns(&transform.target);
    let of_numbers = |shape: &[usize], data: &Stored| {
        let (rows, own) = (shape.first().copied().unwrap_or(0), shape.iter().skip(1).product::<usize>());
        if own != width {
            return Err(DataError::new(
                "E0522",
                format!("a row of the array has {} where {width} are expected", counted(own, "number")),
            )
            .file(name));
        }
        Ok((0..rows).map(|row| (0..width).map(|i| exactly(data.at(row * width + i))).collect()).collect())
    };
    if bytes.starts_with(encoding::NUMPY) {
        let (shape, data) = npy::array(bytes, name)?;
        return of_numbers(&shape, &data);
    }
    if bytes.starts_with(&[0, 0, 8]) {
        let (shape, labels) = idx::parse(bytes, name, "labels")?;
        return of_numbers(&shape, &Stored::U8(labels));
    }
    let text = encoding::decode(bytes, name)?;
    let mut all = Vec::new();
    for (place, record) in records(&text, Delimiter::Byte(b','), name)?.enumerate() {
        text::check_row(&record, width, Delimiter::Byte(b','), name)?;
        let row: Vec<String> = record.fields.iter().map(|field| field.text.to_string()).collect();
        let is_head = place == 0 && !row.iter().any(|cell| answers::may_be(cell, &transform.target));
        if !is_head {
            all.push(row);
        }
    }
    Ok(all)
}
