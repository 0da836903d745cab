//! Text to rows of cells: comma-separated (RFC 4180 quotes) or words between white space.
//!
//! Invariant: a cell knows whether it was quoted, since that can tell a word from the mark of a gap.

use std::borrow::Cow;

use super::error::{DataError, counted};
use super::raw::Delimiter;
use crate::memory::{self, TooMuch};

/// A finite number, in 32 bits too, or nothing.
pub(super) fn number(cell: &str) -> Option<f64> {
    cell.parse::<f64>().ok().filter(|x| x.is_finite() && (*x as f32).is_finite())
}

/// One field of a row, without its quotes and the white space around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    pub text: Cow<'a, str>,
    pub quoted: bool,
}

/// One row of text and the lines it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub line: u64,
    pub last_line: u64,
    pub fields: Vec<Cell<'a>>,
    /// How many fields the row has; those beyond the width of the table are not kept.
    pub count: usize,
    /// The first of its quotes that swallows what follows.
    pub stray: Option<Stray>,
}

/// A quote that ends on no line, or on another line than it opens on and inside a field, as no writer of quotes leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    opens: u64,
    /// The field that it opens, from 1.
    field: usize,
    /// The line of the quote that closes it.
    closes: Option<u64>,
}

/// Bytes that a column takes while a table is read, beside its cells: its name, what is counted of it, its rule.
const A_COLUMN: usize = 1024;

/// Splits text into rows as wide as the first; blank lines are no rows.
///
/// # Errors
/// If there is no memory for so many columns.
pub(super) fn records(text: &str, delimiter: Delimiter) -> Result<Records<'_>, TooMuch> {
    records_behind(text, 0, delimiter)
}

/// The same behind the first `skip` lines.
///
/// # Errors
/// If there is no memory for so many columns.
pub(super) fn records_behind(text: &str, skip: usize, delimiter: Delimiter) -> Result<Records<'_>, TooMuch> {
    let mut records = match delimiter {
        Delimiter::Whitespace => {
            let mut lines = text.lines().enumerate();
            lines.by_ref().take(skip).for_each(|_| ());
            Records::Spaced(Spaced { lines, most: 1 })
        }
        Delimiter::Byte(delimiter) => {
            let mut rows = Separated { text, at: 0, line: 1, delimiter, most: 1, stray: None };
            (0..skip).for_each(|_| rows.skip_line());
            Records::Separated(rows)
        }
    };
    let width = records.clone().next().map_or(0, |first| first.count);
    memory::check(memory::product(&[width, A_COLUMN]))?;
    match &mut records {
        Records::Spaced(rows) => rows.most = width,
        Records::Separated(rows) => rows.most = width,
    }
    Ok(records)
}

#[derive(Clone, Debug)]
pub(super) enum Records<'a> {
    Spaced(Spaced<'a>),
    Separated(Separated<'a>),
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        match self {
            Records::Spaced(rows) => rows.find(|row| row.count > 0),
            Records::Separated(rows) => rows.find(|row| !row.is_blank()),
        }
    }
}

impl Record<'_> {
    fn is_blank(&self) -> bool {
        self.count == 1 && self.fields[0].text.is_empty() && !self.fields[0].quoted
    }
}

/// Words between white space; the first `most` of a line are kept.
#[derive(Clone, Debug)]
pub(super) struct Spaced<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    most: usize,
}

impl<'a> Iterator for Spaced<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (i, text) = self.lines.next()?;
        let word = |text| Cell { text: Cow::Borrowed(text), quoted: false };
        let mut words = text.split_whitespace();
        let fields: Vec<Cell<'a>> = words.by_ref().take(self.most).map(word).collect();
        let (line, count) = (i as u64 + 1, fields.len() + words.count());
        Some(Record { line, last_line: line, fields, count, stray: None })
    }
}

/// Where a reader of separated text stands.
#[derive(Clone, Debug)]
pub(super) struct Separated<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// ASCII, so that cells end between characters.
    delimiter: u8,
    /// So many fields of a row are kept.
    most: usize,
    /// In the row that is being read.
    stray: Option<Stray>,
}

impl<'a> Iterator for Separated<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        self.peek()?;
        let line = self.line;
        let mut fields = Vec::with_capacity(self.most);
        fields.push(self.cell(1));
        let mut count = 1;
        while self.peek() == Some(self.delimiter) {
            self.at += 1;
            count += 1;
            let cell = self.cell(count);
            if count <= self.most {
                fields.push(cell);
            }
        }
        // A quote that never closes goes on to the end, where no line begins.
        let ends_here = self.peek().is_none() && self.line > line && self.text.ends_with('\n');
        let last_line = self.line - u64::from(ends_here);
        self.end_line();
        Some(Record { line, last_line, fields, count, stray: self.stray.take() })
    }
}

impl<'a> Separated<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Passes over a line, whatever stands in it.
    fn skip_line(&mut self) {
        let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
        self.at += self.rest().iter().position(ends).unwrap_or(self.rest().len());
        self.end_line();
    }

    /// Takes `\n`, `\r\n` or `\r`.
    fn end_line(&mut self) {
        self.at += match self.rest() {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        self.line += 1;
    }

    fn cell(&mut self, field: usize) -> Cell<'a> {
        let quoted = self.peek() == Some(b'"');
        let text = if quoted { self.quoted(field) } else { Cow::Borrowed(self.plain()) };
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        Cell { text, quoted }
    }

    /// Up to the next delimiter or the end of the line.
    fn plain(&mut self) -> &'a str {
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let start = self.at;
        self.at += self.rest().iter().position(ends).unwrap_or(self.rest().len());
        &self.text[start..self.at]
    }

    /// Up to the closing quote; a doubled quote is one. What follows the closing quote belongs to the cell.
    fn quoted(&mut self, field: usize) -> Cow<'a, str> {
        let opens = self.line;
        let stray = |closes| Stray { opens, field, closes };
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let piece = self.rest().iter().position(|byte| *byte == b'"').unwrap_or(self.rest().len());
            let piece = &self.text[self.at..self.at + piece];
            self.line += piece.bytes().filter(|byte| *byte == b'\n').count() as u64;
            self.at += piece.len();
            text += piece;
            match self.rest() {
                [b'"', b'"', ..] => {
                    text += "\"";
                    self.at += 2;
                }
                [b'"', ..] => {
                    self.at += 1;
                    let behind = self.plain();
                    if self.line > opens && !behind.trim().is_empty() {
                        self.stray.get_or_insert(stray(Some(self.line)));
                    }
                    text += behind;
                    return text;
                }
                _ => {
                    self.stray.get_or_insert(stray(None));
                    return text;
                }
            }
        }
    }
}

/// Every row has as many fields as the first, and no quote that swallows rows.
///
/// # Errors
/// E0522 with the line.
pub(super) fn check_row(
    record: &Record<'_>,
    width: usize,
    delimiter: Delimiter,
    file: &str,
) -> Result<(), DataError> {
    if let Some(stray) = record.stray {
        return Err(stray.error().file(file));
    }
    if record.count == width {
        return Ok(());
    }
    let error =
        DataError::new("E0522", format!("{} where {width} are expected", counted(record.count, "field")))
            .file(file)
            .line(record.line);
    Err(match delimiter {
        _ if record.last_line > record.line => error
            .note(format!("the row goes on to line {}", record.last_line))
            .help("a quote that opens in it may close too late"),
        Delimiter::Byte(_) => {
            error.help("every row has as many fields as the first; quote a field that holds the delimiter")
        }
        Delimiter::Whitespace => error
            .note("between white space every word is a field, with quotes too")
            .help("every row has as many words as the first: write `_` for white space inside a field, or set another character between fields and name it by `delimiter=`"),
    })
}

impl Stray {
    fn error(self) -> DataError {
        let (message, note) = match self.closes {
            None => (
                "a quote opens here and never closes".to_owned(),
                "everything behind it, to the end of the file, would be one field",
            ),
            Some(line) => (
                format!("a quote opens here and is followed by the next one on line {line}, inside a field"),
                "all lines between the two would be one field",
            ),
        };
        let error = DataError::new("E0522", message).line(self.opens).column(self.field, "").note(note);
        error.help("close the quote, or leave it out; a quote that belongs to the text of a quoted field is written twice: `\"5\"\" pipe\"`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let show = |cell: &Cell<'_>| match cell.quoted {
            true => format!("\"{}\"", cell.text),
            false => cell.text.to_string(),
        };
        records(text, Delimiter::Byte(b','))
            .unwrap()
            .map(|row| (row.line, row.fields.iter().map(show).collect()))
            .collect()
    }

    #[test]
    fn quotes_are_remembered() {
        assert_eq!(
            rows("a, b ,\"c\"\n\"x, \"\"y\"\"\",\" NA \",NA\n"),
            [
                (1, vec!["a".into(), "b".into(), "\"c\"".into()]),
                (2, vec!["\"x, \"y\"\"".into(), "\"NA\"".into(), "NA".into()])
            ]
        );
    }

    #[test]
    fn lines_are_counted_through_quotes_blanks_and_all_ends() {
        let lines: Vec<u64> =
            rows("a,b\r\n\r\n1,\"x\ny\"\n  \n2,3\r4,5").into_iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 3, 6, 7]);
    }

    #[test]
    fn rows_are_as_wide_as_the_first() {
        let counts = |delimiter, text| -> Vec<(usize, usize)> {
            records(text, delimiter).unwrap().map(|row| (row.count, row.fields.len())).collect()
        };
        let wanted = [(2, 2), (3, 2), (1, 1)];
        assert_eq!(counts(Delimiter::Byte(b','), "a,b\n1,2,3\n1\n"), wanted);
        assert_eq!(counts(Delimiter::Whitespace, "a b\n\n1 2  3\n1\n"), wanted);
    }

    /// A quote may hold lines; one that swallows rows is named by the line it opens on.
    #[test]
    fn quotes_that_swallow_rows_are_found() {
        let fault = |text: &str| {
            let check = |row: Record<'_>| check_row(&row, 2, Delimiter::Byte(b','), "t").err();
            let found = records(text, Delimiter::Byte(b',')).unwrap().find_map(check)?;
            Some((found.place.line, found.place.column, found.message.clone()))
        };
        let never = "a quote opens here and never closes".to_owned();
        assert_eq!(fault("a,b\n1,\"2\n3,4\n5,6\n"), Some((Some(2), Some(2), never.clone())));
        assert_eq!(fault("a,b\n\"1\n\",\"2\n3,4\n5,6"), Some((Some(3), Some(2), never.clone())));
        assert_eq!(fault("a,\"b\n1,2\n"), Some((Some(1), Some(2), never)));
        let (line, column, message) = fault("a,b\n1,\"x\n3,y\n5,\"z\"\n6,w\n").unwrap();
        assert_eq!((line, column), (Some(2), Some(2)));
        assert!(message.contains("on line 4, inside a field"), "{message}");
        for sound in ["a,b\n1,\"x\ny\"\n2,\"x\r\n\"\"y\"\" \n\" \n3,\"z\"w\n", "a,b\n1,\"\"", "a,b\n1,5\"\n"]
        {
            assert_eq!(fault(sound), None, "{sound:?}");
        }
    }

    #[test]
    fn odd_quotes_stay() {
        assert_eq!(rows("a\"b,\"c\"d,\"e")[0].1, ["a\"b", "\"cd\"", "\"e\""]);
        assert_eq!(rows("1,\n,\n"), [(1, vec!["1".into(), "".into()]), (2, vec!["".into(), "".into()])]);
    }
}
