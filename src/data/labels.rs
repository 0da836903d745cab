//! A table that names files, each of which is a row, and says what is in each.

use super::cleaning::Fill;
use super::config::{By, ColumnRef, Columns};
use super::digits::Digits;
use super::error::{DataError, cut};
use super::files;
use super::gaps::Gaps;
use super::raw::{Cells, Column, Delimiter, Pick, Table, Unknown};
use super::search::Search;
use super::table::{self, Missing, Reading};
use crate::diag::{Diagnostic, Span};
use crate::vocab::{ArgSpec, Args, Default, Kind, Value};

const COLUMN: Kind = Kind::OneOf(&[Kind::Count { min: 1 }, Kind::Name, Kind::Text]);

/// `file=`
pub(super) const FILE: ArgSpec =
    ArgSpec::named("file", COLUMN, Default::Absent, "its column of file names, or the column's number");

/// `label=`
pub(super) const LABEL: ArgSpec = ArgSpec::named(
    "label",
    Kind::Items,
    Default::Absent,
    "its column of classes or numbers, or a list of several",
);

/// The table, as the `.net` file names it and its columns.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Labels {
    pub table: String,
    pub file: ColumnRef,
    pub label: Vec<ColumnRef>,
}

/// The files in the order of the table, and the columns that say something of each.
pub struct Labelled<F> {
    pub files: Vec<F>,
    pub target: Vec<Column>,
    pub groups: Option<Column>,
}

impl Labels {
    /// The table and its columns, which stand together or not at all.
    ///
    /// # Errors
    /// E0201 for one without the others, E0206 and E0506 for what names no column.
    pub fn of(args: &Args) -> Result<Option<Self>, Box<Diagnostic>> {
        let words = ["labels", "file", "label"];
        let Some(written) = words.into_iter().find(|word| args.is_written(word)) else { return Ok(None) };
        if let Some(lacking) = words.into_iter().find(|word| !args.is_written(word)) {
            let message = format!("`{written}` without `{lacking}`");
            let error = Diagnostic::error("E0201", args.span_of(written), message);
            return Err(Box::new(
                error
                    .label("the three stand together")
                    .help("write `labels=\"labels.csv\", file=COLUMN, label=COLUMN`"),
            ));
        }
        let column = |name: &str, value: &Value| match value {
            Value::Number(n) if *n >= 1.0 && n.fract() == 0.0 => Ok(ColumnRef::Number(*n as usize)),
            Value::Number(n) => Err(Box::new(
                Diagnostic::error("E0506", args.span_of(name), format!("`{n}` does not number a column"))
                    .label("columns are counted 1, 2, 3, ..."),
            )),
            Value::Word(text) | Value::Text(text) => Ok(ColumnRef::Name(text.clone())),
            other => Ok(ColumnRef::Name(other.to_string())),
        };
        let file = args.value("file").map(|value| column("file", value));
        let file = file.unwrap_or(Ok(ColumnRef::Number(1)))?;
        let label =
            args.list("label").iter().map(|value| column("label", value)).collect::<Result<Vec<_>, _>>()?;
        if label.is_empty() {
            let error = Diagnostic::error("E0206", args.span_of("label"), "`label` names no column");
            return Err(Box::new(error.label("an empty list")));
        }
        Ok(Some(Self { table: args.text("labels").to_owned(), file, label }))
    }

    /// The columns `file` and `label` of a table that no source names.
    pub(super) fn usual(table: &str) -> Self {
        let column = |name: &str| ColumnRef::Name(name.to_owned());
        Self { table: table.to_owned(), file: column("file"), label: vec![column("label")] }
    }

    /// Reads the table, whose files `found` finds in the folder that messages call `name`; `what` is one of them: a picture, a sound.
    ///
    /// # Errors
    /// E0520 to E0528 of the table; E0520 for a file that is not there, E0527 for one that is named twice.
    pub fn read<F>(
        &self,
        (name, what): (&str, &str),
        found: impl Fn(&str) -> Option<F>,
        groups: Option<&By>,
        search: &Search,
    ) -> Result<Labelled<F>, DataError> {
        let text = files::text(&search.find(&self.table)?, &self.table)?;
        self.of_text(&text, &self.table, (name, what), found, groups)
    }

    /// The same of the text of a table that messages call `table`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of_text<F>(
        &self,
        text: &str,
        table: &str,
        (name, what): (&str, &str),
        found: impl Fn(&str) -> Option<F>,
        groups: Option<&By>,
    ) -> Result<Labelled<F>, DataError> {
        let columns = |list: &[ColumnRef]| Columns { list: list.to_vec(), span: Span::default() };
        let (inputs, target) = (columns(std::slice::from_ref(&self.file)), columns(&self.label));
        let pick = Pick { inputs: Some(&inputs), target: Some(&target), groups, ..Pick::default() };
        let reading = Reading {
            header: true,
            delimiter: Delimiter::Byte(b','),
            missing: Missing::Error,
            fill: Fill::Mean,
            unknown: Unknown::Error,
            gaps: Gaps::Usual,
            words: vec![self.file.clone()],
            digits: Digits::default(),
            skip: 0,
        };
        let Table { inputs, target, groups, .. } =
            table::read(text, table, &reading, &pick).map_err(|e| match e.code {
                "E0524" => {
                    e.helped_by(format!("leave the row out of the table, or write what is in the {what}"))
                }
                _ => e,
            })?;
        let [Column { cells: Cells::Words { codes, names }, number, name: column, .. }] = inputs.as_slice()
        else {
            return Err(DataError::new("E0527", "the table has no column of files").file(table));
        };
        let at = |e: DataError, row: usize| e.file(table).row(row).column(*number, column);
        let mut seen = vec![None; names.len()];
        let mut files = Vec::with_capacity(codes.len());
        for (row, code) in codes.iter().enumerate() {
            let file = &names[*code as usize];
            if let Some(first) = seen[*code as usize].replace(row) {
                let error = DataError::new("E0527", format!("the {what} `{}` stands twice", cut(file)));
                return Err(at(error.note(format!("first in row {}", first + 1)), row)
                    .help(format!("leave one of the rows out: parts of the data would share the {what}")));
            }
            let found = found(file).ok_or_else(|| {
                let error = DataError::new("E0520", format!("the {what} `{}` is not there", cut(file)));
                at(error, row).help(format!("it is looked for in {name}"))
            })?;
            files.push(found);
        }
        Ok(Labelled { files, target, groups })
    }
}
