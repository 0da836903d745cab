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
}

/// Bytes that a column takes while a table is read, beside its cells: its name, what is counted of it, its rule.
const A_COLUMN: usize = 1024;

/// Splits text into rows as wide as the first; blank lines are no rows.
///
/// # Errors
/// If there is no memory for so many columns.
pub(super) fn records(text: &str, delimiter: Delimiter) -> Result<Records<'_>, TooMuch> {
    let mut records = match delimiter {
        Delimiter::Whitespace => Records::Spaced(Spaced { lines: text.lines().enumerate(), most: 1 }),
        Delimiter::Byte(delimiter) => {
            Records::Separated(Separated { text, at: 0, line: 1, delimiter, most: 1 })
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
        self.count == 1 && self.fields[0].text.is_empty()
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
        Some(Record { line, last_line: line, fields, count })
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
}

impl<'a> Iterator for Separated<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        self.peek()?;
        let line = self.line;
        let mut fields = Vec::with_capacity(self.most);
        fields.push(self.cell());
        let mut count = 1;
        while self.peek() == Some(self.delimiter) {
            self.at += 1;
            let cell = self.cell();
            count += 1;
            if count <= self.most {
                fields.push(cell);
            }
        }
        // A quote that never closes goes on to the end, where no line begins.
        let ends_here = self.peek().is_none() && self.line > line && self.text.ends_with('\n');
        let last_line = self.line - u64::from(ends_here);
        self.end_line();
        Some(Record { line, last_line, fields, count })
    }
}

impl<'a> Separated<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
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

    fn cell(&mut self) -> Cell<'a> {
        let quoted = self.peek() == Some(b'"');
        let text = if quoted { self.quoted() } else { Cow::Borrowed(self.plain()) };
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
    fn quoted(&mut self) -> Cow<'a, str> {
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
                    text += self.plain();
                    return text;
                }
                _ => return text,
            }
        }
    }
}

/// Every row has as many fields as the first.
///
/// # Errors
/// E0522 with the line.
pub(super) fn check_width(record: &Record<'_>, width: usize, file: &str) -> Result<(), DataError> {
    if record.count == width {
        return Ok(());
    }
    let error =
        DataError::new("E0522", format!("{} where {width} are expected", counted(record.count, "field")))
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

    #[test]
    fn odd_quotes_stay() {
        assert_eq!(rows("a\"b,\"c\"d,\"e")[0].1, ["a\"b", "\"cd\"", "\"e\""]);
        assert_eq!(rows("1,\n,\n"), [(1, vec!["1".into(), "".into()]), (2, vec!["".into(), "".into()])]);
    }
}
