//! Raw rows for prediction: the text a user has, in the columns the net was trained on.

use rustc_hash::{FxHashMap, FxHashSet};

use super::assemble::deal;
use super::cells::Reader;
use super::dataset::Input;
use super::error::{DataError, counted, cut, listed};
use super::finite;
use super::raw::{Delimiter, Format};
use super::text::{self, Record, Records};
use super::transform::{ColumnRule, Fields, InputShape, Transform};
use super::{encoding, files};
use crate::memory;

/// Encoded inputs of some rows, in the order they came.
#[derive(Clone, Debug)]
pub struct Rows {
    pub rows: usize,
    pub inputs: Vec<Input>,
}

impl Transform {
    /// Encodes text rows, plain or gzip. `name` stands for the text in messages (`-` for standard input).
    ///
    /// A header is told by its names and may be left out; with one, columns are found by name, in any order, and others are
    /// passed over. Without one a row has the source's columns, or only the inputs in their order; the target may be absent.
    ///
    /// # Errors
    /// E0521 to E0528 and E0535, with line and column; E0538 for a transform that was tampered with; E0540 without memory for the rows.
    pub fn apply_csv(&self, bytes: Vec<u8>, name: &str) -> Result<Rows, DataError> {
        if !self.is_sound() {
            return Err(DataError::new("E0538", "the checkpoint's way of reading rows contradicts itself")
                .help("the checkpoint was changed by hand or damaged: train again"));
        }
        let bytes = files::unpacked(bytes, name)?;
        if bytes.starts_with(encoding::NUMPY) {
            return Err(DataError::new("E0525", "the file is a NumPy array, and rows to predict are text")
                .file(name)
                .help("write the array `x` as text: `numpy.savetxt(\"rows.csv\", x.reshape(len(x), -1), delimiter=\",\")`"));
        }
        let text = encoding::decode(bytes, name)?;
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
        let mut records = read(text, format.delimiter, name)?;
        let first = records.clone().next().ok_or_else(|| nothing(name))?;
        let width = first.fields.len();
        text::check_row(&first, width, format.delimiter, name)?;
        let names: FxHashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let is_header = format.named && first.fields.iter().any(|field| names.contains(&*field.text));
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
        let mut out = Growing::new(self, records.clone()).map_err(|e| DataError::from(e).file(name))?;
        for record in records {
            text::check_row(&record, width, format.delimiter, name)?;
            out.push(|line| {
                encode(&record, &places, columns, &readers, line).map_err(|e| e.file(name).line(record.line))
            })?;
        }
        out.finish(name)
    }

    fn array_rows(&self, text: &str, name: &str) -> Result<Rows, DataError> {
        let Fields::Array(rule) = &self.fields else { return Err(nothing(name)) };
        let records = read(text, Delimiter::Byte(b','), name)?;
        let mut out = Growing::new(self, records.clone()).map_err(|e| DataError::from(e).file(name))?;
        for record in records {
            text::check_row(&record, rule.width, Delimiter::Byte(b','), name)?;
            out.push(|line| {
                for (i, (cell, slot)) in record.fields.iter().zip(line).enumerate() {
                    let x = text::number(&cell.text).ok_or_else(|| {
                        DataError::new("E0523", format!("`{}` is not a number", cut(&cell.text)))
                            .file(name)
                            .line(record.line)
                            .column(i + 1, "")
                            .help("a row is one number a pixel, without a header")
                    })?;
                    let place = |e: DataError| e.file(name).line(record.line).column(i + 1, "");
                    *slot = finite::seen(&cell.text, rule.apply(i, x)).map_err(place)?;
                }
                Ok(())
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

fn encode(
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

fn read<'a>(text: &'a str, delimiter: Delimiter, name: &str) -> Result<Records<'a>, DataError> {
    text::records(text, delimiter).map_err(|e| DataError::from(e).file(name))
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
    /// With room for these rows.
    fn new(transform: &'a Transform, records: Records<'_>) -> Result<Self, memory::TooMuch> {
        let rows = records.count();
        let room = |input: &InputShape| memory::reserve(rows.saturating_mul(input.width()));
        let arrays = transform.inputs.iter().map(room).collect::<Result<_, _>>()?;
        let line = memory::filled(transform.width(), 0.0)?;
        Ok(Self { inputs: &transform.inputs, arrays, line, rows: 0 })
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
        let array = |(input, data): (&InputShape, Vec<f32>)| Input::floats(&input.name, &input.shape, data);
        Ok(Rows { rows: self.rows, inputs: self.inputs.iter().zip(self.arrays).map(array).collect() })
    }
}
