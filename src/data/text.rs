//! Text to rows of fields, and single cells of text: comma-separated (RFC 4180 quotes) or words between white space.

use super::error::{DataError, counted, listed, nearest};
use super::raw::Delimiter;

/// Cells that mean "not known".
const MISSING_WORDS: &[&str] = &["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"];

pub(super) fn is_missing(cell: &str) -> bool {
    MISSING_WORDS.contains(&cell)
}

/// A finite number, or nothing.
pub(super) fn number(cell: &str) -> Option<f64> {
    cell.parse::<f64>().ok().filter(|x| x.is_finite() && (*x as f32).is_finite())
}

/// One row of text and the line it starts on.
pub(super) struct Record {
    pub line: u64,
    pub last_line: u64,
    pub fields: Vec<String>,
}

/// Splits text into rows; blank lines are no rows.
pub(super) fn records<'a>(
    text: &'a str,
    delimiter: Delimiter,
    name: &'a str,
) -> Box<dyn Iterator<Item = Result<Record, DataError>> + 'a> {
    match delimiter {
        Delimiter::Whitespace => Box::new(text.lines().enumerate().filter_map(|(i, line)| {
            let fields: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let line = i as u64 + 1;
            (!fields.is_empty()).then_some(Ok(Record { line, last_line: line, fields }))
        })),
        Delimiter::Byte(byte) => Box::new(separated(text, byte, name)),
    }
}

fn separated<'a>(
    text: &'a str,
    byte: u8,
    name: &'a str,
) -> impl Iterator<Item = Result<Record, DataError>> + 'a {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(byte)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    std::iter::from_fn(move || {
        loop {
            let line = match reader.read_record(&mut record) {
                Ok(false) => return None,
                Ok(true) => record.position().map_or(0, csv::Position::line),
                Err(e) => {
                    return Some(Err(DataError::new("E0522", "the row cannot be read")
                        .file(name)
                        .note(e.to_string())));
                }
            };
            let fields: Vec<String> = record.iter().map(|f| f.trim().to_owned()).collect();
            if fields.len() == 1 && fields[0].is_empty() {
                continue; // a line of blanks
            }
            return Some(Ok(Record {
                line,
                last_line: line.max(reader.position().line().saturating_sub(1)),
                fields,
            }));
        }
    })
}

/// Every row has as many fields as the first.
///
/// # Errors
/// E0522 with the line.
pub(super) fn check_width(record: &Record, width: usize, file: &str) -> Result<(), DataError> {
    if record.fields.len() == width {
        return Ok(());
    }
    let error = DataError::new(
        "E0522",
        format!("{} where {width} are expected", counted(record.fields.len(), "field")),
    )
    .file(file)
    .line(record.line);
    Err(if record.last_line > record.line {
        error
            .note(format!("the row goes on to line {}", record.last_line))
            .help("a quote that opens in it may never close")
    } else {
        error.help("every row has as many fields as the first; quote a field that holds the delimiter")
    })
}

/// The code of a word among sorted names.
pub(super) fn code(word: &str, names: &[String]) -> Result<u32, DataError> {
    if let Some(at) = names.iter().position(|n| n == word) {
        return Ok(at as u32);
    }
    let error = DataError::new("E0535", format!("`{word}` is a category that training never saw"))
        .note(format!("known are {}", listed(names, 12)));
    Err(match nearest(word, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("correct the cell, or train with `unknown=zero` on the source"),
    })
}
