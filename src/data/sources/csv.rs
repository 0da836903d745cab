//! `source csv, "file.csv"`: a text table, one row a line. Also words between white space.
//!
//! Quotes follow RFC 4180. A column of numbers is one input. A column of words holds categories, which become one input a category
//! (0 or 1), or the class names if it is the target; `categories grade` beside the source, or `words=[grade]` of it, makes categories of numbers. A word among
//! numbers is an error. Numbers are written with a point; `decimal=comma, thousands=point` reads `1.234,5`. `skip=3` passes over the first three lines.
//! The text is UTF-8, or UTF-16 with its byte-order mark; gzip is unpacked.
//!
//! # Gaps
//! A value that is not known is an empty cell or one of `?`, `NA`, `N/A`, `NaN`, `nan`, `null` and `NULL`. In a column of words such a
//! mark in quotes is a word: `"NA"` can be Namibia. `na=` names other marks in their place: `na=["-", -999]` for a table that writes
//! a dash or -999, `na=[]` where all words are words. Marks that are named this way count with quotes too, and a number counts
//! however it is written; an empty cell is always a gap. `missing=` says what becomes of gaps, and
//! `fill` in `data` says it column by column. With `missing=mean` every column learns from the training part what would fill a gap (its mean, or its most
//! frequent category; `median` its median), so that rows with gaps can be predicted even where the training part has none.
//!
//! # Test rows in a file of their own
//! `test="FILE"` is the test part: a table with the same columns, the target among them, found by their names where there is a header. Nothing is fitted to it:
//! its rows are read as rows to predict are, with the categories that the training file has.
//!
//! # Texts
//! `text=COLUMN, label=COLUMN` makes a row of each text, which `tokenize` cuts into tokens; columns are named, or numbered from 1, and a table whose columns
//! are numbered has no header unless `header=true` is written. `test=FILE` is a test part of its own. In a `.tsv` file tabs stand between fields, and quotes
//! are characters like others.
//!
//! # Example
//! ```text
//! source csv, "houses.csv", na=["-", "none"], missing=mean, words=[zone]
//! ```

use std::sync::Arc;

use super::texts_of_table;
use crate::data::cleaning::Fill;
use crate::data::config::ColumnRef;
use crate::data::digits::Digits;
use crate::data::error::DataError;
use crate::data::files;
use crate::data::gaps::Gaps;
use crate::data::raw::{Delimiter, OwnTest, Pick, Raw, Table, Unknown};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::table::{self, Missing, Reading};
use crate::data::text;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

/// A name, or a number from 1.
const COLUMN: Kind = Kind::OneOf(&[Kind::Count { min: 1 }, Kind::Name, Kind::Text]);

pub static SIG: Sig = Sig {
    name: "csv",
    about: "a text table, one row a line",
    args: &[
        ArgSpec::required("file", Kind::Text, "the file, plain or gzip"),
        ArgSpec::named("header", Kind::Bool, Default::Bool(true), "whether the first line names the columns"),
        ArgSpec::named(
            "delimiter",
            Kind::OneOf(&[Kind::Word(&["comma", "semicolon", "tab", "whitespace"]), Kind::Text]),
            Default::Word("comma"),
            "what stands between two fields: one character, or white space of any length",
        ),
        ArgSpec::named(
            "missing",
            Kind::Word(&["error", "drop", "mean", "median"]),
            Default::Word("error"),
            "what a missing value means where no `fill` says it: an error, leave the row out, or fill in the training part's mean or median (most frequent category)",
        ),
        ArgSpec::named(
            "na",
            Kind::Items,
            Default::Absent,
            "what marks a missing value, in place of the usual marks",
        ),
        ArgSpec::named(
            "decimal",
            Kind::Word(&["point", "comma"]),
            Default::Word("point"),
            "what stands before the fraction of a number",
        ),
        ArgSpec::named(
            "thousands",
            Kind::Word(&["none", "comma", "point", "space", "apostrophe"]),
            Default::Word("none"),
            "what may stand between groups of three digits",
        ),
        ArgSpec::named(
            "skip",
            Kind::Count { min: 0 },
            Default::Number(0.0),
            "lines to pass over before the header, or before the first row",
        ),
        ArgSpec::named(
            "words",
            Kind::Items,
            Default::Absent,
            "columns (names, or numbers from 1) whose cells are categories even where they are numbers",
        ),
        ArgSpec::named(
            "unknown",
            Kind::Word(&["error", "zero"]),
            Default::Word("error"),
            "what a category that training never saw means at prediction: an error, or all zeros",
        ),
        ArgSpec::named("text", COLUMN, Default::Absent, "the column of texts: a row is its text"),
        ArgSpec::named("label", COLUMN, Default::Absent, "beside `text`: the column of classes or numbers"),
        ArgSpec::named(
            "test",
            Kind::Text,
            Default::Absent,
            "a file of the same columns that is the test part",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("csv.rs"), read };

#[derive(Clone, Debug)]
struct Csv {
    file: String,
    reading: Reading,
    test: Option<String>,
}

fn read(args: &Args) -> Read {
    if ["text", "label"].iter().any(|name| args.is_written(name)) {
        return texts_of_table::read(args);
    }
    let missing = match args.word("missing") {
        "drop" => Missing::Drop,
        "mean" | "median" => Missing::Fill,
        _ => Missing::Error,
    };
    let unknown = if args.word("unknown") == "zero" { Unknown::Zero } else { Unknown::Error };
    let reading = Reading {
        header: args.flag("header"),
        delimiter: delimiter(args)?,
        missing,
        fill: if args.word("missing") == "median" { Fill::Median } else { Fill::Mean },
        unknown,
        gaps: gaps(args),
        words: words(args)?,
        digits: digits(args)?,
        skip: args.count("skip"),
    };
    let test = args.value("test").filter(|_| args.is_written("test")).map(text_of);
    Ok(Arc::new(Csv { file: args.text("file").to_owned(), reading, test }))
}

/// How numbers are written.
fn digits(args: &Args) -> Result<Digits, Box<Diagnostic>> {
    let comma = args.word("decimal") == "comma";
    let thousands = match args.word("thousands") {
        "comma" => Some(','),
        "point" => Some('.'),
        "space" => Some(' '),
        "apostrophe" => Some('\''),
        _ => None,
    };
    if thousands == Some(if comma { ',' } else { '.' }) {
        return Err(Box::new(
            Diagnostic::error(
                "E0507",
                args.span_of("thousands"),
                "one mark before fractions and between groups",
            )
            .label(if comma {
                "`decimal=comma` takes the comma"
            } else {
                "the point stands before fractions"
            })
            .help("write `decimal=comma, thousands=point` for `1.234,5`"),
        ));
    }
    Ok(Digits { comma, thousands })
}

fn gaps(args: &Args) -> Gaps {
    match args.is_written("na") {
        true => Gaps::named(args.list("na").iter().map(text_of).collect()),
        false => Gaps::Usual,
    }
}

fn words(args: &Args) -> Result<Vec<ColumnRef>, Box<Diagnostic>> {
    let column = |value: &Value| match value {
        Value::Number(n) if *n >= 1.0 && n.fract() == 0.0 => Ok(ColumnRef::Number(*n as usize)),
        Value::Number(n) => Err(Box::new(
            Diagnostic::error("E0506", args.span_of("words"), format!("`{n}` does not number a column"))
                .label("columns are counted 1, 2, 3, ..."),
        )),
        name => Ok(ColumnRef::Name(text_of(name))),
    };
    args.list("words").iter().map(column).collect()
}

pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Word(text) | Value::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn delimiter(args: &Args) -> Result<Delimiter, Box<Diagnostic>> {
    let written = match args.get("delimiter").map(|g| &g.value) {
        Some(Value::Word(text) | Value::Text(text)) => text.as_str(),
        _ => "comma",
    };
    Ok(match written {
        "comma" => Delimiter::Byte(b','),
        "semicolon" => Delimiter::Byte(b';'),
        "tab" | "\\t" => Delimiter::Byte(b'\t'),
        "whitespace" | " " => Delimiter::Whitespace,
        one if one.len() == 1 && !matches!(one, "\"" | "\n" | "\r" | "\0") => {
            Delimiter::Byte(one.as_bytes()[0])
        }
        other => {
            return Err(Box::new(
                Diagnostic::error(
                    "E0507",
                    args.span_of("delimiter"),
                    format!("{other:?} cannot be a delimiter"),
                )
                .label("one character, or comma, semicolon, tab, whitespace"),
            ));
        }
    })
}

/// The file of test rows, which are read once something is fitted.
fn own_test(file: &str, reading: &Reading, search: &Search) -> Result<OwnTest, DataError> {
    let path = search.find(file)?;
    let text = files::text(&path, file)?;
    let rows = text::records_behind(&text, reading.skip, reading.delimiter)
        .map_err(|e| DataError::from(e).file(file))?
        .count()
        .saturating_sub(usize::from(reading.header));
    match rows {
        0 => Err(DataError::new("E0528", "the table has no rows").file(file)),
        rows => Ok(OwnTest { path, file: file.to_owned(), rows }),
    }
}

impl Source for Csv {
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let text = files::text(&search.find(&self.file)?, &self.file)?;
        let table = table::read(&text, &self.file, &self.reading, pick)?;
        let test = self.test.as_ref().map(|file| own_test(file, &self.reading, search)).transpose()?;
        Ok(Raw::Table(Table { test, ..table }))
    }

    fn text_table(&self) -> Option<(&str, &Reading)> {
        Some((&self.file, &self.reading))
    }

    fn has_test_table(&self) -> bool {
        self.test.is_some()
    }

    fn has_units(&self) -> bool {
        true
    }

    fn file(&self) -> Option<&str> {
        Some(&self.file)
    }
}
