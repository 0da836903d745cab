//! Rows of a table as text: in the columns the net was trained on, by name or by place, cells as the source had them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ReadRows;
use crate::data::cells::Reader;
use crate::data::encoding;
use crate::data::error::{DataError, counted, listed};
use crate::data::raw::Format;
use crate::data::rows::{Growing, Rows, nothing, table_records};
use crate::data::text::{self, Record};
use crate::data::transform::{ColumnRule, Fields, Transform};

pub(super) struct Table;
pub(super) static READER: Table = Table;

impl ReadRows for Table {
    fn takes(&self, _bytes: &[u8], fields: &Fields) -> bool {
        matches!(fields, Fields::Table { .. })
    }

    /// A header is told by its names and may be left out; with one, columns are found by name, in any order, and others are passed over.
    /// Without one a row has the source's columns, or only the inputs in their order; the target may be absent.
    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let Fields::Table { format, columns } = &transform.fields else { return Err(nothing(name)) };
        let text = encoding::decode(bytes, name)?;
        let names: FxHashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let is_header = |record: &Record<'_>| {
            format.named && record.fields.iter().any(|field| names.contains(&*field.text))
        };
        let fits = |record: &Record<'_>| match format.named {
            true => is_header(record),
            false => [format.width, columns.len()].contains(&record.count),
        };
        let mut records = table_records(&text, format, fits, name)?;
        let first = records.clone().next().ok_or_else(|| nothing(name))?;
        let width = first.fields.len();
        text::check_row(&first, width, format.delimiter, name)?;
        let is_header = is_header(&first);
        let readers: Vec<Reader<'_>> = columns.iter().map(|column| Reader::new(column, format)).collect();
        let places = match is_header {
            true => by_name(&first, columns, name)?,
            false => by_position(&first, format, columns, name)?,
        };
        match is_header {
            true => drop(records.next()),
            false if looks_like_header(&first, &places, &readers) => {
                return Err(foreign_header(&first, format, columns, name));
            }
            false => {}
        }
        let mut out = Growing::new(transform, records.clone().count(), name)?;
        for record in records {
            text::check_row(&record, width, format.delimiter, name)?;
            out.push(|line| {
                encode(&record, &places, columns, &readers, line).map_err(|e| e.file(name).line(record.line))
            })?;
        }
        out.finish(name)
    }
}

/// Where each input column stands in a row.
fn by_name(header: &Record<'_>, columns: &[ColumnRule], file: &str) -> Result<Vec<usize>, DataError> {
    let at = |error: DataError| error.file(file).line(header.line);
    let mut place_of: FxHashMap<&str, usize> = FxHashMap::default();
    let mut twice = FxHashMap::default();
    for (place, field) in header.fields.iter().enumerate() {
        if let Some(first) = place_of.insert(&field.text, place) {
            twice.insert(&*field.text, (first, place));
        }
    }
    let missing: Vec<&str> =
        columns.iter().map(|c| c.name.as_str()).filter(|name| !place_of.contains_key(name)).collect();
    if !missing.is_empty() {
        return Err(at(DataError::new("E0527", format!("the header lacks {}", listed(&missing, 6))))
            .note(format!("the net reads {}", names_of(columns))));
    }
    if let Some((column, (first, second))) =
        columns.iter().find_map(|c| twice.get(c.name.as_str()).map(|places| (c, places)))
    {
        return Err(at(DataError::new("E0526", format!("the header names `{}` twice", column.name)))
            .column(second + 1, &column.name)
            .note(format!("first as column {}; the net reads one of them", first + 1)));
    }
    Ok(columns.iter().filter_map(|c| place_of.get(c.name.as_str()).copied()).collect())
}

fn names_of(columns: &[ColumnRule]) -> String {
    listed(&columns.iter().map(|c| &c.name).collect::<Vec<_>>(), 12)
}

/// Whether no cell of the first row can be a value of its column, numbers among them.
fn looks_like_header(first: &Record<'_>, places: &[usize], readers: &[Reader<'_>]) -> bool {
    let fits = |(reader, place): (&Reader<'_>, &usize)| reader.fits(&first.fields[*place]) == Some(true);
    readers.iter().any(Reader::is_of_numbers) && !readers.iter().zip(places).any(fits)
}

/// A header of a table that is not the one that was trained on.
fn foreign_header(first: &Record<'_>, format: &Format, columns: &[ColumnRule], file: &str) -> DataError {
    let error =
        DataError::new("E0527", "the first line looks like a header, and names none of the net's columns")
            .file(file)
            .line(first.line);
    match format.named {
        true => error
            .note(format!("they are {}", names_of(columns)))
            .help("name them so, or leave the header out"),
        false => error
            .note("the table that was trained on has no header, so that columns are found by their place")
            .help("leave the header out"),
    }
}

fn by_position(
    first: &Record<'_>,
    format: &Format,
    columns: &[ColumnRule],
    file: &str,
) -> Result<Vec<usize>, DataError> {
    match first.fields.len() {
        n if n == format.width => Ok(columns.iter().map(|c| c.number - 1).collect()),
        n if n == columns.len() => Ok((0..n).collect()),
        n => Err(DataError::new(
            "E0522",
            format!("{} where {} are expected", counted(n, "field"), columns.len()),
        )
        .file(file)
        .line(first.line)
        .note(format!(
            "a row has the {} input columns, or all {} columns of the training data",
            columns.len(),
            format.width
        ))
        .help("with a header, columns are found by name")),
    }
}

pub(super) fn encode(
    record: &Record<'_>,
    places: &[usize],
    columns: &[ColumnRule],
    readers: &[Reader<'_>],
    line: &mut [f32],
) -> Result<(), DataError> {
    let mut at = 0;
    for ((reader, column), &place) in readers.iter().zip(columns).zip(places) {
        let end = at + reader.width();
        reader
            .write(&record.fields[place], &mut line[at..end])
            .map_err(|e| e.column(place + 1, &column.name))?;
        at = end;
    }
    Ok(())
}
