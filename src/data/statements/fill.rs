//! `fill median, Age, Fare`: what stands in for values that are not known, column by column.
//!
//! # What it does
//! - `fill mean` takes the mean of the training part, `fill median` its median, and both take the most frequent word of a column of words;
//! - `fill mode` takes the most frequent value of the training part, of numbers too (the least of equally frequent ones);
//! - `fill category` makes a category of its own for what is not known, beside the words that the column has;
//! - `fill 0` takes this number, and `fill "none"` this word, which becomes a category if the column does not have it.
//!
//! Columns are named behind it as in `inputs`. Without any it is about all columns of its kind that no other `fill` names: a number fills columns of numbers,
//! `category` and a word fill columns of words, and what is left of either is filled by `mean`, `median` or `mode`. `missing=` of the source says what becomes
//! of gaps in columns that no `fill` is about. What is fitted is fitted on the training part and kept with the net, in columns too that have no gap there: rows with gaps can be predicted. A target is never
//! filled in. The statement may stand several times.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "passengers.csv"
//!   target Survived
//!   fill median
//!   fill category
//!   fill "S", Embarked
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 2
//!   output fate: class[2]
//! }
//! ```

use super::columns;
use crate::data::cleaning::{Fill, Filling};
use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "fill",
    about: "what stands in for values that are not known",
    args: &[
        ArgSpec::required(
            "by",
            Kind::OneOf(&[
                Kind::Word(&["mean", "median", "mode", "category"]),
                Kind::Number(Bounds::ANY),
                Kind::Text,
            ]),
            "`mean`, `median`, `mode`, `category`, a number, or a word in quotes",
        ),
        ArgSpec::optional(
            "columns",
            columns::KIND,
            Default::Absent,
            "numbers from 1, ranges, or names; without any, all columns that no other `fill` names",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("fill.rs"), read, repeats: true };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let by = match args.value("by") {
        Some(Value::Number(x)) => Fill::Number(*x),
        Some(Value::Text(word)) => Fill::Word(word.clone()),
        Some(Value::Word(word)) if word == "median" => Fill::Median,
        Some(Value::Word(word)) if word == "mode" => Fill::Mode,
        Some(Value::Word(word)) if word == "category" => Fill::Own,
        _ => Fill::Mean,
    };
    let columns = match args.list("columns").is_empty() {
        true => None,
        false => Some(columns::some(args)?),
    };
    let fills = &mut settings.cleaning.fills;
    let is_general = |first: &&Filling| first.columns.is_none() && first.by.kind() == by.kind();
    if let Some(first) = fills.iter().find(is_general).filter(|_| columns.is_none()) {
        return Err(Box::new(
            Diagnostic::error("E0502", args.span, "a second `fill` of the same columns")
                .label("names no column")
                .also(first.span, "the first one"),
        ));
    }
    fills.push(Filling { by, columns, span: args.span });
    settings.of_tables.push(("fill", args.span));
    Ok(())
}
