//! `source csv, "file.csv"`: a text table, one row a line. Also words between white space.
//!
//! Quotes follow RFC 4180. A column whose first value is a number holds numbers; any other column holds categories, which
//! become one input a category (0 or 1), or the class names if it is the target. Gzip is unpacked.

use std::sync::Arc;

use crate::data::config::Source;
use crate::data::error::DataError;
use crate::data::files;
use crate::data::raw::{Delimiter, Pick, Raw, Unknown};
use crate::data::search::Search;
use crate::data::table::{self, Missing, Reading};
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

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
            Kind::Word(&["error", "drop", "mean"]),
            Default::Word("error"),
            "what a missing value means: an error, leave the row out, or fill in the training part's mean (most frequent category)",
        ),
        ArgSpec::named(
            "unknown",
            Kind::Word(&["error", "zero"]),
            Default::Word("error"),
            "what a category that training never saw means at prediction: an error, or all zeros",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("csv.rs"), read };

#[derive(Clone, Debug)]
struct Csv {
    file: String,
    reading: Reading,
}

fn read(args: &Args) -> Read {
    let missing = match args.word("missing") {
        "drop" => Missing::Drop,
        "mean" => Missing::Mean,
        _ => Missing::Error,
    };
    let unknown = if args.word("unknown") == "zero" { Unknown::Zero } else { Unknown::Error };
    let reading = Reading { header: args.flag("header"), delimiter: delimiter(args)?, missing, unknown };
    Ok(Arc::new(Csv { file: args.text("file").to_owned(), reading }))
}

fn delimiter(args: &Args) -> Result<Delimiter, Box<Diagnostic>> {
    let written = match args.get("delimiter").map(|g| &g.value) {
        Some(Value::Word(text) | Value::Text(text)) => text.as_str(),
        _ => "comma",
    };
    Ok(match written {
        "comma" => Delimiter::Byte(b','),
        "semicolon" => Delimiter::Byte(b';'),
        "tab" | "\\t" => Delimiter::Byte(b'\t'),
        "whitespace" | " " => Delimiter::Whitespace,
        one if one.len() == 1 && !matches!(one, "\"" | "\n" | "\r") => Delimiter::Byte(one.as_bytes()[0]),
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

impl Source for Csv {
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let text = files::text(&search.find(&self.file)?, &self.file)?;
        table::read(&text, &self.file, self.reading, pick).map(Raw::Table)
    }

    fn has_units(&self) -> bool {
        true
    }

    fn file(&self) -> Option<&str> {
        Some(&self.file)
    }
}
