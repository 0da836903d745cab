//! What can be wrong with data, said like a diagnostic: code, place, reason, way out. The process ends with exit code 3.
//!
//! Invariant: `file` is the name as the `.net` file wrote it, so that a message does not depend on the machine.

use std::fmt;

use serde::Serialize;

use crate::{
    diag::{LineIndex, Span},
    memory::TooMuch,
};

/// Where in the data the fault lies; every field is optional because not every fault has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: Option<String>,
    /// 1-based line of a text file.
    pub line: Option<u64>,
    /// 1-based row of a table or array that has no lines (IDX, npy, built-in sets).
    pub row: Option<u64>,
    /// 1-based column number of a table.
    pub column: Option<usize>,
    pub column_name: Option<String>,
    /// Of a file that is no text, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
}

/// One fault of the data. The fields are those of [`Fault`]; boxed, as results carry it through every reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DataError(Box<Fault>);

/// What a [`DataError`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `E05..`: data faults share the block with the faults of the `data` section.
    pub code: &'static str,
    pub place: Place,
    /// What in the `.net` file asked for the data, where that helps.
    #[serde(skip)]
    pub net: Option<Span>,
    pub message: String,
    pub notes: Vec<String>,
    pub help: Vec<String>,
}

impl DataError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Fault {
            code,
            place: Place::default(),
            net: None,
            message: message.into(),
            notes: Vec::new(),
            help: Vec::new(),
        }))
    }

    pub fn file(mut self, name: &str) -> Self {
        self.0.place.file = Some(name.to_owned());
        self
    }

    pub fn line(mut self, line: u64) -> Self {
        self.0.place.line = Some(line);
        self
    }

    /// `row` counts from 0, as in memory; people count from 1.
    pub fn row(mut self, row: usize) -> Self {
        self.0.place.row = Some(row as u64 + 1);
        self
    }

    /// In a file that is no text, from 0.
    pub fn byte(mut self, byte: usize) -> Self {
        self.0.place.byte = Some(byte as u64);
        self
    }

    pub fn column(mut self, number: usize, name: &str) -> Self {
        self.0.place.column = Some(number);
        self.0.place.column_name = (!name.is_empty()).then(|| name.to_owned());
        self
    }

    /// The statement of the `.net` file, unless a closer one is known.
    pub fn net(mut self, span: Span) -> Self {
        self.0.net.get_or_insert(span);
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.0.notes.push(text.into());
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help.push(text.into());
        self
    }

    /// With this way out in place of others, which do not lead out where the error comes through.
    #[must_use]
    pub fn helped_by(mut self, text: impl Into<String>) -> Self {
        self.0.help = vec![text.into()];
        self
    }
}

impl DataError {
    /// Reason and way out on one line, without code and place.
    pub fn plain(&self) -> String {
        self.notes.iter().chain(&self.help).fold(self.message.clone(), |text, more| format!("{text}; {more}"))
    }

    /// The whole message, with the statement of the `.net` file `name` that it comes from.
    pub fn beside(&self, name: &str, net: &str) -> String {
        let Some(span) = self.net.filter(|span| span.end <= net.len()) else { return self.to_string() };
        let at = LineIndex::new(net).position(span.start);
        let line = net.lines().nth(at.line - 1).unwrap_or_default().trim();
        self.said(Some(&format!("{name}:{}:{}: {line}", at.line, at.col)))
    }

    fn said(&self, statement: Option<&str>) -> String {
        let mut text = format!("error[{}]: {}", self.code, self.message);
        let place = Some(self.place.to_string()).filter(|place| !place.is_empty());
        for place in [place.as_deref(), statement].into_iter().flatten() {
            text += &format!("\n --> {place}");
        }
        for note in &self.notes {
            text += &format!("\n  = {note}");
        }
        for help in &self.help {
            text += &format!("\nhelp: {help}");
        }
        text
    }
}

impl From<TooMuch> for DataError {
    fn from(error: TooMuch) -> Self {
        DataError::new("E0540", "there is not enough memory")
            .note(error.to_string())
            .help("use fewer rows or columns, or a machine with more memory")
    }
}

impl std::ops::Deref for DataError {
    type Target = Fault;

    fn deref(&self) -> &Fault {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (&self.file, self.line) {
            (Some(file), Some(line)) => parts.push(format!("{file}:{line}")),
            (Some(file), None) => parts.push(file.clone()),
            (None, Some(line)) => parts.push(format!("line {line}")),
            (None, None) => {}
        }
        if let Some(row) = self.row {
            parts.push(format!("row {row}"));
        }
        match (self.column, &self.column_name) {
            (Some(number), Some(name)) => parts.push(format!("column {number} `{name}`")),
            (Some(number), None) => parts.push(format!("column {number}")),
            (None, Some(name)) => parts.push(format!("column `{name}`")),
            (None, None) => {}
        }
        parts.extend(self.byte.map(|byte| format!("byte {byte}")));
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said(None))
    }
}

impl std::error::Error for DataError {}

/// Several names for a message: `a`, `b` and 7 more.
pub(super) fn listed<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let shown: Vec<String> = names.iter().take(most).map(|n| format!("`{}`", cut(n.as_ref()))).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `1 row`, `3 rows`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Of a cell so much is shown.
const LONGEST: usize = 40;

/// A cell for a message: its beginning, where it is long.
pub(crate) fn cut(cell: &str) -> String {
    match cell.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &cell[..end]),
        None => cell.to_owned(),
    }
}

/// Names longer than this are not compared letter by letter.
const COMPARED: usize = 64;

/// The name that was probably meant.
pub(super) fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a String> {
    let length = wanted.chars().count();
    if length > COMPARED {
        return None;
    }
    let lower = wanted.to_lowercase();
    let candidates = names.iter().filter(|name| name.chars().count().abs_diff(length) <= length / 3);
    let distance = |name: &&String| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let measured = candidates.map(|name| (distance(&name), name)).min_by_key(|(distance, _)| *distance);
    measured.filter(|(distance, _)| *distance <= length / 3).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_diagnostic() {
        let error = DataError::new("E0523", "`many` is not a number")
            .file("penguins.csv")
            .line(5)
            .column(3, "bill_length_mm")
            .note("the column holds numbers since line 2")
            .help("correct the cell");
        insta::assert_snapshot!(error, @r"
        error[E0523]: `many` is not a number
         --> penguins.csv:5, column 3 `bill_length_mm`
          = the column holds numbers since line 2
        help: correct the cell
        ");
    }

    #[test]
    fn the_net_is_named_beside_the_data() {
        let net = "data {\n  source csv, \"houses.csv\"\n  target prize\n}\n";
        let target = net.find("target").unwrap();
        let error = DataError::new("E0527", "no column is called `prize`")
            .file("houses.csv")
            .net(Span::new(target, target + 12))
            .net(Span::new(0, 4))
            .help("did you mean `price`?");
        insta::assert_snapshot!(error.beside("houses.net", net), @r"
        error[E0527]: no column is called `prize`
         --> houses.csv
         --> houses.net:3:3: target prize
        help: did you mean `price`?
        ");
        assert_eq!(error.plain(), "no column is called `prize`; did you mean `price`?");
    }

    #[test]
    fn lists_are_cut() {
        assert_eq!(listed(&["a", "b", "c"], 2), "`a`, `b` and 1 more");
        assert_eq!(counted(1, "row"), "1 row");
    }
}
