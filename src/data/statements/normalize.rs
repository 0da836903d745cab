//! `normalize inputs, target`: subtracts the mean and divides by the standard deviation.
//!
//! Both come from the training part only; the deviation is the population's. Numbers that are equal, but for rounding, have none, and
//! it counts as 1. Means are taken off in 64 bits, before numbers become the 32 bits that a net sees, and put on in 64 bits: predictions
//! are in the target's own units, whatever its level. Columns of categories (0 or 1) are left alone.

use crate::data::config::{Normalize, Per, Settings};
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
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("normalize.rs"), read };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let what = args.list("what");
    let names = |word: &str| what.iter().any(|v| matches!(v, Value::Word(w) if w == word));
    let per = match args.word("per") {
        "channel" => Per::Channel,
        "all" => Per::All,
        _ => Per::Column,
    };
    let normalize = Normalize {
        inputs: what.is_empty() || names("inputs"),
        target: names("target"),
        per,
        span: args.span,
    };
    if !normalize.inputs && args.is_written("per") {
        return Err(Box::new(
            Diagnostic::error("E0508", args.span_of("per"), "`per` is about inputs")
                .label("only the target is normalised, each output by itself"),
        ));
    }
    settings.normalize = Some(normalize);
    Ok(())
}
