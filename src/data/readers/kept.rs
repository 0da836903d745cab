//! Columns of rows to predict as they stand there, to be written beside the predictions.

use serde_json::Value;

use super::json;
use super::text::{delimiter_of, named_in, table_rows};
use crate::data::encoding;
use crate::data::error::{DataError, counted, listed};
use crate::data::files;
use crate::data::raw::Delimiter;
use crate::data::rows::records;
use crate::data::text::{self, Record};
use crate::data::texts::{TextForm, TextRule};
use crate::data::transform::{Fields, Transform};

/// The word for every column.
const ALL: &str = "all";

/// Names of columns and their cells, a list a row.
pub struct Kept {
    pub names: Vec<String>,
    pub cells: Vec<Vec<String>>,
}

impl Transform {
    /// These columns of rows of text: by their names, or by their numbers from 1; `all` are all.
    ///
    /// # Errors
    /// E0525 for what has no columns, E0527 for a column that is not there, and as reading the rows.
    pub fn kept_columns(&self, bytes: Vec<u8>, name: &str, wanted: &[String]) -> Result<Kept, DataError> {
        let bytes = files::unpacked(bytes, name)?;
        let no_columns = |what: &str| {
            Err(DataError::new("E0525", format!("{what} has no columns that could be kept")).file(name).help(
                "`--keep` is of tables and of JSON objects; rows that are files are called by their names",
            ))
        };
        if bytes.starts_with(encoding::NUMPY) || bytes.starts_with(&[0, 0, 8]) {
            return no_columns("an array");
        }
        let delimiter = match &self.fields {
            Fields::Table { format, .. } => format.delimiter,
            Fields::Array(_) => Delimiter::Byte(b','),
            Fields::Text(rule) => match &rule.form {
                TextForm::Column { delimiter, .. } => Delimiter::Byte(delimiter_of(name, *delimiter)),
                _ => return no_columns("a text"),
            },
        };
        let is_json = json::is_json(&bytes);
        let text = encoding::decode(bytes, name)?;
        match (&self.fields, delimiter) {
            _ if is_json => of_objects(&text, name, wanted),
            (Fields::Text(rule), Delimiter::Byte(delimiter)) => {
                let rows = table_rows(&text, delimiter, name)?;
                match rows.iter().any(|(_, fields)| fields.len() > 1) {
                    true => beside_texts(rows, rule, name, wanted),
                    false => no_columns("a text a line"),
                }
            }
            _ => of_table(&text, delimiter, name, wanted, self),
        }
    }
}

fn of_objects(text: &str, name: &str, wanted: &[String]) -> Result<Kept, DataError> {
    let rows = json::rows(text, name)?;
    let first = rows.first().and_then(|(_, row)| row.as_object());
    let names: Vec<String> = match wanted {
        [all] if all == ALL => first.map(|row| row.keys().cloned().collect()).unwrap_or_default(),
        names => names.to_vec(),
    };
    let row = |(line, row): &(u64, Value)| {
        let place = |error: DataError| error.file(name).line(*line);
        let lacks = |what: String| place(DataError::new("E0527", what));
        let Some(object) = row.as_object() else {
            return Err(lacks("a list has no names of columns".into())
                .help("write the rows as objects, or leave `--keep` out"));
        };
        let cell = |wanted: &String| match object.get(wanted) {
            None => Err(lacks(format!("the row has no `{wanted}`"))),
            Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Ok(other.to_string()),
        };
        names.iter().map(cell).collect()
    };
    let cells = rows.iter().map(row).collect::<Result<_, _>>()?;
    Ok(Kept { names, cells })
}

fn of_table(
    text: &str,
    delimiter: Delimiter,
    name: &str,
    wanted: &[String],
    transform: &Transform,
) -> Result<Kept, DataError> {
    let mut rows: Vec<Record<'_>> = records(text, delimiter, name)?.collect();
    let Some(first) = rows.first() else { return Ok(Kept { names: wanted.to_vec(), cells: Vec::new() }) };
    let width = first.fields.len();
    let heads: Vec<String> = first.fields.iter().map(|field| field.text.to_string()).collect();
    let is_header = has_header(&heads, wanted, transform);
    let columns = Columns { heads, is_header, name };
    let places = columns.places(wanted)?;
    let names = columns.names(&places);
    let first_row = usize::from(is_header);
    let cells = rows.drain(first_row..).map(|row| {
        text::check_row(&row, width, delimiter, name)?;
        Ok(places.iter().map(|place| row.fields[*place].text.to_string()).collect())
    });
    let cells = cells.collect::<Result<_, DataError>>()?;
    Ok(Kept { names, cells })
}

/// Beside the texts of a table, whose first line is a header if it names the column of texts.
fn beside_texts(
    mut rows: Vec<(u64, Vec<String>)>,
    rule: &TextRule,
    name: &str,
    wanted: &[String],
) -> Result<Kept, DataError> {
    let column = if let TextForm::Column { name, .. } = &rule.form { name.as_deref() } else { None };
    let is_header = named_in(&rows, column).is_some();
    let heads = rows.first().map(|(_, fields)| fields.clone()).unwrap_or_default();
    let columns = Columns { heads, is_header, name };
    let places = columns.places(wanted)?;
    rows.drain(..usize::from(is_header));
    let row = |(line, fields): &(u64, Vec<String>)| {
        let cell = |place: &usize| {
            fields.get(*place).cloned().ok_or_else(|| {
                let told = format!(
                    "the row has {}, and column {} is kept",
                    counted(fields.len(), "field"),
                    place + 1
                );
                DataError::new("E0522", told).file(name).line(*line)
            })
        };
        places.iter().map(cell).collect()
    };
    let cells = rows.iter().map(row).collect::<Result<_, _>>()?;
    Ok(Kept { names: columns.names(&places), cells })
}

/// The columns of a table, which its first line may name.
struct Columns<'a> {
    heads: Vec<String>,
    is_header: bool,
    name: &'a str,
}

impl Columns<'_> {
    /// Where those that are wanted stand.
    ///
    /// # Errors
    /// E0527 for one that is not there.
    fn places(&self, wanted: &[String]) -> Result<Vec<usize>, DataError> {
        let (heads, width) = (&self.heads, self.heads.len());
        let place = |wanted: &String| {
            let by_name = heads.iter().position(|head| self.is_header && head == wanted);
            let number = || wanted.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < width);
            by_name.or_else(number).ok_or_else(|| {
                let message = format!("there is no column `{wanted}`");
                let error = DataError::new("E0527", message).file(self.name).line(1);
                match self.is_header {
                    true => error.note(format!("the columns are {}", listed(heads, 12))),
                    false => error.note(format!(
                        "a row has {} and no header: they have numbers from 1",
                        counted(width, "column")
                    )),
                }
            })
        };
        match wanted {
            [all] if all == ALL && !heads.contains(all) => Ok((0..width).collect()),
            names => names.iter().map(place).collect(),
        }
    }

    fn names(&self, places: &[usize]) -> Vec<String> {
        let name = |place: &usize| match self.is_header {
            true => self.heads[*place].clone(),
            false => (place + 1).to_string(),
        };
        places.iter().map(name).collect()
    }
}

/// As the rows are read: a header names columns of the net. Rows of arrays have none.
fn has_header(heads: &[String], wanted: &[String], transform: &Transform) -> bool {
    match &transform.fields {
        Fields::Table { format, columns } => {
            format.named && heads.iter().any(|head| columns.iter().any(|column| column.name == *head))
        }
        _ => {
            !wanted.is_empty()
                && heads.iter().any(|head| head.parse::<f64>().is_err() && wanted.contains(head))
        }
    }
}
