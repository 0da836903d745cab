//! Raw rows for prediction: the text a user has, in the columns the net was trained on.

use super::assemble::deal;
use super::dataset::{InputArray, Storage};
use super::error::{DataError, listed};
use super::files;
use super::raw::{Delimiter, Format, Unknown};
use super::text::{self, Record};
use super::transform::{ColumnRule, Fields, InputShape, Transform};

/// Encoded inputs of some rows, in the order they came.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub rows: usize,
    pub inputs: Vec<InputArray>,
}

impl Transform {
    /// Encodes text rows. `name` stands for the text in messages (`-` for standard input).
    ///
    /// A header is told by its names and may be left out; with one, columns are found by name, in any order, and others are
    /// passed over. Without one a row has the source's columns, or only the inputs in their order; the target may be absent.
    ///
    /// # Errors
    /// E0522 to E0528 and E0535, with line and column; E0538 for a transform that was tampered with.
    pub fn apply_csv(&self, bytes: Vec<u8>, name: &str) -> Result<Rows, DataError> {
        if !self.is_sound() {
            return Err(DataError::new("E0538", "the checkpoint's way of reading rows contradicts itself")
                .help("the checkpoint was changed by hand or damaged: train again"));
        }
        let text = files::decode(bytes, name)?;
        match &self.fields {
            Fields::Table { format, columns } => self.table_rows(&text, name, format, columns),
            Fields::Array(_) => self.array_rows(&text, name),
        }
    }

    fn table_rows(
        &self,
        text: &str,
        name: &str,
        format: &Format,
        columns: &[ColumnRule],
    ) -> Result<Rows, DataError> {
        let mut records = text::records(text, format.delimiter, name).peekable();
        let first = match records.peek() {
            Some(Ok(first)) => first,
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(nothing(name)),
        };
        let width = first.fields.len();
        let is_header = format.named && first.fields.iter().any(|f| columns.iter().any(|c| c.name == *f));
        let places = match is_header {
            true => by_name(first, columns, name)?,
            false => by_position(first, format, columns, name)?,
        };
        if is_header {
            records.next();
        }
        let mut out = Growing::new(self);
        for record in records {
            let record = record?;
            text::check_width(&record, width, name)?;
            out.push(|line| {
                encode(&record, &places, columns, format, line).map_err(|e| e.file(name).line(record.line))
            })?;
        }
        out.finish(name)
    }

    fn array_rows(&self, text: &str, name: &str) -> Result<Rows, DataError> {
        let Fields::Array(rule) = &self.fields else { return Err(nothing(name)) };
        let mut out = Growing::new(self);
        for record in text::records(text, Delimiter::Byte(b','), name) {
            let record = record?;
            text::check_width(&record, rule.width, name)?;
            out.push(|line| {
                for (i, (cell, slot)) in record.fields.iter().zip(line).enumerate() {
                    let x = text::number(cell).ok_or_else(|| {
                        DataError::new("E0523", format!("`{cell}` is not a number"))
                            .file(name)
                            .line(record.line)
                            .column(i + 1, "")
                            .help("a row is one number a pixel, without a header")
                    })?;
                    *slot = rule.apply(i, x);
                }
                Ok(())
            })?;
        }
        out.finish(name)
    }
}

/// Where each input column stands in a row.
fn by_name(header: &Record, columns: &[ColumnRule], file: &str) -> Result<Vec<usize>, DataError> {
    let missing: Vec<&str> =
        columns.iter().map(|c| c.name.as_str()).filter(|n| !header.fields.iter().any(|f| f == n)).collect();
    if !missing.is_empty() {
        return Err(DataError::new("E0527", format!("the header lacks {}", listed(&missing, 6)))
            .file(file)
            .line(header.line)
            .note(format!(
                "the net reads {}",
                listed(&columns.iter().map(|c| &c.name).collect::<Vec<_>>(), 12)
            )));
    }
    Ok(columns.iter().filter_map(|c| header.fields.iter().position(|f| *f == c.name)).collect())
}

fn by_position(
    first: &Record,
    format: &Format,
    columns: &[ColumnRule],
    file: &str,
) -> Result<Vec<usize>, DataError> {
    match first.fields.len() {
        n if n == format.width => Ok(columns.iter().map(|c| c.number - 1).collect()),
        n if n == columns.len() => Ok((0..n).collect()),
        n => Err(DataError::new(
            "E0522",
            format!("{} where {} are expected", super::error::counted(n, "field"), columns.len()),
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

fn encode(
    record: &Record,
    places: &[usize],
    columns: &[ColumnRule],
    format: &Format,
    line: &mut [f32],
) -> Result<(), DataError> {
    let mut at = 0;
    for (column, &place) in columns.iter().zip(places) {
        let end = at + column.rule.width();
        let zero = format.unknown == Unknown::Zero;
        column
            .rule
            .text(&record.fields[place], zero, &mut line[at..end])
            .map_err(|e| e.column(place + 1, &column.name))?;
        at = end;
    }
    Ok(())
}

fn nothing(name: &str) -> DataError {
    DataError::new("E0528", "there are no rows to predict").file(name)
}

/// Input arrays while rows arrive.
struct Growing<'a> {
    inputs: &'a [InputShape],
    arrays: Vec<Vec<f32>>,
    line: Vec<f32>,
    rows: usize,
}

impl<'a> Growing<'a> {
    fn new(transform: &'a Transform) -> Self {
        let arrays = vec![Vec::new(); transform.inputs.len()];
        Self { inputs: &transform.inputs, arrays, line: vec![0.0; transform.width()], rows: 0 }
    }

    fn push(&mut self, fill: impl FnOnce(&mut [f32]) -> Result<(), DataError>) -> Result<(), DataError> {
        fill(&mut self.line)?;
        deal(&self.line, self.inputs, &mut self.arrays);
        self.rows += 1;
        Ok(())
    }

    fn finish(self, name: &str) -> Result<Rows, DataError> {
        if self.rows == 0 {
            return Err(nothing(name));
        }
        let array = |(input, data): (&InputShape, Vec<f32>)| InputArray {
            name: input.name.clone(),
            shape: input.shape.clone(),
            data: Storage::F32(data),
            scale: 1.0,
            shift: 0.0,
        };
        Ok(Rows { rows: self.rows, inputs: self.inputs.iter().zip(self.arrays).map(array).collect() })
    }
}
