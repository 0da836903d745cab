//! Text tables: records to typed columns. Comma-separated text (RFC 4180 quotes) or words between white space.
//!
//! A column is a number column if its first cell that is not missing is a number, else a word column; later cells must fit.
//! Only chosen columns are read. Invariant: every error names the line, the column and what stood there.

use std::collections::BTreeMap;

use super::error::{DataError, counted};
use super::raw::{Cells, Chosen, Column, Delimiter, Format, MISSING, Pick, Table, Unknown, label_order};
use super::text::{Record, check_width, is_missing, number, records};

/// What happens to a row with a missing cell among the used ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Error,
    Drop,
    /// Numbers become the training part's mean, words its most frequent word.
    Mean,
}

/// How a text table is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub header: bool,
    pub delimiter: Delimiter,
    pub missing: Missing,
    pub unknown: Unknown,
}

/// Reads a whole text table.
///
/// # Errors
/// E0522 to E0528, each with its line.
pub(super) fn read(text: &str, name: &str, reading: Reading, pick: &Pick<'_>) -> Result<Table, DataError> {
    let mut rows = records(text, reading.delimiter, name).peekable();
    let first = match rows.peek() {
        Some(Ok(first)) => first,
        Some(Err(error)) => return Err(error.clone()),
        None => return Err(DataError::new("E0528", "the table has no rows").file(name)),
    };
    let names = if reading.header { header(first, name)? } else { numbered(first.fields.len()) };
    let width = names.len();
    if reading.header {
        rows.next();
    }
    let chosen = pick.resolve(&names).map_err(|e| e.file(name))?;
    let mut builder = Builder::new(name, &names, &chosen, reading.missing);
    for record in rows {
        let record = record?;
        check_width(&record, width, name)?;
        builder.push(&record)?;
    }
    let format =
        Format { delimiter: reading.delimiter, width, named: reading.header, unknown: reading.unknown };
    builder.finish(format)
}

/// Names for a table without a header: the columns' numbers.
fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|n| n.to_string()).collect()
}

fn header(record: &Record, file: &str) -> Result<Vec<String>, DataError> {
    let place = |e: DataError| e.file(file).line(record.line);
    if record.fields.iter().all(|f| number(f).is_some()) {
        return Err(place(DataError::new("E0526", "the header is a row of numbers"))
            .help("if the first line is a row already, write `header=false`"));
    }
    for (i, name) in record.fields.iter().enumerate() {
        if let Some(first) = record.fields[..i].iter().position(|n| n == name).filter(|_| !name.is_empty()) {
            return Err(place(
                DataError::new("E0526", format!("the header names `{name}` twice")).column(i + 1, name),
            )
            .note(format!("first as column {}", first + 1)));
        }
    }
    Ok(record.fields.clone())
}

/// The cells of one column while they arrive.
struct Growing {
    position: usize,
    name: String,
    /// `None` until the first cell that is not missing.
    kind: Option<Kind>,
    count: usize,
}

enum Kind {
    Numbers { values: Vec<f64>, since: u64 },
    Words { codes: Vec<u32>, names: BTreeMap<String, u32> },
}

struct Builder<'a> {
    file: &'a str,
    missing: Missing,
    columns: Vec<Growing>,
    /// The first so many columns are inputs.
    inputs: usize,
    rows: usize,
    dropped: usize,
}

impl<'a> Builder<'a> {
    fn new(file: &'a str, names: &[String], chosen: &Chosen, missing: Missing) -> Self {
        let growing =
            |&position: &usize| Growing { position, name: names[position].clone(), kind: None, count: 0 };
        let columns: Vec<Growing> = chosen.inputs.iter().chain(&chosen.target).map(growing).collect();
        Self { file, missing, columns, inputs: chosen.inputs.len(), rows: 0, dropped: 0 }
    }

    fn push(&mut self, record: &Record) -> Result<(), DataError> {
        let gap = self.columns.iter().position(|c| is_missing(&record.fields[c.position]));
        match (gap, self.missing) {
            (None, _) => {}
            (Some(_), Missing::Drop) => {
                self.dropped += 1;
                return Ok(());
            }
            (Some(at), Missing::Error) => return Err(self.gap(at, record)),
            (Some(_), Missing::Mean) => {
                let target = (self.inputs..self.columns.len())
                    .find(|&c| is_missing(&record.fields[self.columns[c].position]));
                if let Some(at) = target {
                    return Err(self.gap(at, record));
                }
            }
        }
        for column in &mut self.columns {
            let cell = &record.fields[column.position];
            column.push(cell, record.line).map_err(|e| e.file(self.file).line(record.line))?;
        }
        self.rows += 1;
        Ok(())
    }

    fn gap(&self, at: usize, record: &Record) -> DataError {
        let column = &self.columns[at];
        let error = DataError::new("E0524", "a value is missing")
            .file(self.file)
            .line(record.line)
            .column(column.position + 1, &column.name)
            .note(match record.fields[column.position].as_str() {
                "" => "the cell is empty".to_owned(),
                word => format!("`{word}` stands for a value that is not known"),
            });
        if at >= self.inputs && self.missing == Missing::Mean {
            error.help("a target is never filled in: write `missing=drop`")
        } else {
            error.help("write `missing=drop` to leave such rows out, or `missing=mean` to fill them in")
        }
    }

    fn finish(self, format: Format) -> Result<Table, DataError> {
        if self.rows == 0 {
            let error = DataError::new("E0528", "the table has no rows").file(self.file);
            return Err(match self.dropped {
                0 => error,
                n => error.note(format!("{} left out because of missing values", counted(n, "row"))),
            });
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            columns.push(column.finish().map_err(|e| e.file(self.file))?);
        }
        let target = columns.split_off(self.inputs);
        let (rows, dropped) = (self.rows, self.dropped);
        Ok(Table { file: Some(self.file.to_owned()), rows, dropped, format, inputs: columns, target })
    }
}

impl Growing {
    fn push(&mut self, cell: &str, line: u64) -> Result<(), DataError> {
        if is_missing(cell) {
            match &mut self.kind {
                None => {}
                Some(Kind::Numbers { values, .. }) => values.push(f64::NAN),
                Some(Kind::Words { codes, .. }) => codes.push(MISSING),
            }
            self.count += 1;
            return Ok(());
        }
        let before = self.count;
        let kind = self.kind.get_or_insert_with(|| {
            if cell.parse::<f64>().is_ok() {
                Kind::Numbers { values: vec![f64::NAN; before], since: line }
            } else {
                Kind::Words { codes: vec![MISSING; before], names: BTreeMap::new() }
            }
        });
        match kind {
            Kind::Numbers { values, since } => match number(cell) {
                Some(x) => values.push(x),
                None => return Err(not_a_number(cell, *since).column(self.position + 1, &self.name)),
            },
            Kind::Words { codes, names } => {
                let next = names.len() as u32;
                codes.push(*names.entry(cell.to_owned()).or_insert(next));
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Sorts the words and renumbers the codes, so that they do not depend on the order of the rows.
    fn finish(self) -> Result<Column, DataError> {
        let (name, number) = (self.name, self.position + 1);
        let cells = match self.kind {
            None => {
                return Err(DataError::new("E0524", "every value is missing")
                    .column(number, &name)
                    .help("leave the column out"));
            }
            Some(Kind::Numbers { values, .. }) => Cells::Numbers(values),
            Some(Kind::Words { mut codes, names }) => {
                let mut sorted: Vec<(String, u32)> = names.into_iter().collect();
                sorted.sort_by(|a, b| label_order(&a.0, &b.0));
                let mut rank = vec![0; sorted.len()];
                for (place, (_, code)) in sorted.iter().enumerate() {
                    rank[*code as usize] = place as u32;
                }
                codes.iter_mut().filter(|c| **c != MISSING).for_each(|c| *c = rank[*c as usize]);
                Cells::Words { codes, names: sorted.into_iter().map(|(word, _)| word).collect() }
            }
        };
        Ok(Column { name, number, cells })
    }
}

/// `since` is the line that made the column a number column.
fn not_a_number(cell: &str, since: u64) -> DataError {
    if cell.parse::<f64>().is_ok() {
        return DataError::new("E0523", format!("`{cell}` is too large or not finite"));
    }
    DataError::new("E0523", format!("`{cell}` is not a number"))
        .note(format!("the column holds numbers: its first value, on line {since}, is one"))
        .help("correct the cell; an unknown value is an empty cell, `NA` or `?`")
}
