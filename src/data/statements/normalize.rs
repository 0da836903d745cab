//! `normalize inputs, target`: subtracts the mean and divides by the standard deviation.
//!
//! Both come from the training part only; the deviation is the population's. Numbers that are equal, but for rounding, have none, and
//! it counts as 1. Means are taken off in 64 bits, before numbers become the 32 bits that a net sees, and put on in 64 bits: predictions
//! are in the target's own units, whatever its level. Columns of categories (0 or 1) are left alone.
//!
//! # Other scales
//! `kind=minmax` goes from 0 for the least to 1 for the most, `kind=robust` takes the median off and divides by the distance between the quartiles, so that a few
//! far numbers change little. `kind=log` takes logarithms, and `kind=log1p` those of 1 + x, before the mean is taken off: for amounts that span orders of
//! magnitude. Logarithms and quartiles of inputs are of columns of a table. All of it is fitted to the training part, and a number beyond it
//! goes beyond 1.
//!
//! Of a target all of it is undone: predictions, intervals, means over samples and figures such as `rmse` are of the numbers themselves, the loss of what training sees.
//! Where that is logarithms, one pass says the number whose logarithm the net expects, nearer to the median of skewed amounts than to their mean. Noise that `precision=`
//! or `dropnet calibrate` adds stays that of the numbers: intervals around all rows are equally wide, and those of small amounts may reach below 0. A `normal` output has no logarithms, and there is no exact mean of numbers over all sub-networks.
//!
//! The statement may stand twice, once for `inputs` and once for `target`, and further for single columns: `columns=[Fare]` says how they are scaled, whatever
//! becomes of the others.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "houses.csv"
//!   normalize inputs
//!   normalize columns=[area, income], kind=log1p
//!   normalize target, kind=log
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 1
//!   output price: real[1]
//! }
//! ```

use super::columns::column;
use crate::data::config::{ColumnRef, Columns, Normalize, Per, Settings};
use crate::data::scaler::Scaler;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "normalize",
    about: "mean 0 and deviation 1, fitted on the training part",
    args: &[
        ArgSpec::optional(
            "what",
            Kind::Rest(&Kind::Word(&["inputs", "target"])),
            Default::Absent,
            "`inputs`, `target` or both; left out, the inputs",
        ),
        ArgSpec::named(
            "per",
            Kind::Word(&["column", "channel", "all"]),
            Default::Word("column"),
            "one mean and deviation for each number of a row, for each channel of a picture, or for all inputs together",
        ),
        ArgSpec::named(
            "kind",
            Kind::Word(Scaler::WORDS),
            Default::Word("standard"),
            "what numbers are measured from, and by what",
        ),
        ArgSpec::named(
            "columns",
            Kind::Items,
            Default::Absent,
            "columns (names, or numbers from 1) of a table that this is about, in place of all inputs",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("normalize.rs"), read, repeats: true };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let what = args.list("what");
    let names = |word: &str| what.iter().any(|v| matches!(v, Value::Word(w) if w == word));
    let by = Scaler::of(args.word("kind"));
    if args.is_written("columns") {
        return of_columns(args, by, settings);
    }
    let per = match args.word("per") {
        "channel" => Per::Channel,
        "all" => Per::All,
        _ => Per::Column,
    };
    let (inputs, target) = (what.is_empty() || names("inputs"), names("target"));
    if !inputs && args.is_written("per") {
        return Err(Box::new(
            Diagnostic::error("E0508", args.span_of("per"), "`per` is about inputs")
                .label("only the target is normalised, each output by itself"),
        ));
    }
    let new = Normalize { inputs, target, per, by, target_by: by, span: args.span };
    settings.normalize = Some(match settings.normalize {
        None => new,
        Some(first) if first.inputs && inputs || first.target && target => {
            return Err(Box::new(
                Diagnostic::error("E0502", args.span, "a second `normalize` of the same numbers")
                    .label("the section already has one")
                    .also(first.span, "the first one")
                    .help("for single columns write `columns=[...]`"),
            ));
        }
        Some(first) if first.inputs => Normalize { target: true, target_by: by, ..first },
        Some(first) => Normalize { target: true, target_by: first.target_by, ..new },
    });
    Ok(())
}

/// A scale for single columns.
fn of_columns(args: &Args, by: Scaler, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    for word in ["what", "per"] {
        if args.is_written(word) {
            return Err(Box::new(
                Diagnostic::error("E0508", args.span_of(word), "`columns` names what is normalised")
                    .label("is about others")
                    .help("write a statement of its own for each"),
            ));
        }
    }
    let span = args.span_of("columns");
    let list: Vec<ColumnRef> = args.list("columns").iter().map(column).collect();
    if list.is_empty() {
        return Err(Box::new(
            Diagnostic::error("E0506", span, "`columns` names none").label("an empty list"),
        ));
    }
    settings.cleaning.scaled.push((Columns { list, span }, by));
    settings.of_tables.push(("normalize columns=", args.span));
    Ok(())
}
