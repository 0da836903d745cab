//! `ordered size, [small, medium, large]`: a column of words that have an order.
//!
//! # What it does
//! The column becomes one number: 0 for the first of the list, 1 for the second, and so on, so that a net sees that `large` is more than `medium`. `normalize`
//! treats it as any other column of numbers. Each cell has to be in the list; gaps are filled as those of numbers are. The statement may stand several times,
//! once for each column.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "shirts.csv"
//!   ordered size, [small, medium, large]
//!   ordered grade, ["C", "B", "A"]
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 1
//!   output price: real[1]
//! }
//! ```

use super::columns;
use crate::data::cleaning::Ordered;
use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "ordered",
    about: "a column of words that are numbers by their order",
    args: &[
        ArgSpec::required("column", Kind::Column, "the column"),
        ArgSpec::required("values", Kind::Items, "its words, from the least to the most"),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("ordered.rs"), read, repeats: true };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let span = args.span_of("values");
    let name = |value: &Value| match value {
        Value::Word(name) | Value::Text(name) => name.clone(),
        other => other.to_string(),
    };
    let names: Vec<String> = args.list("values").iter().map(name).collect();
    if names.len() < 2 {
        return Err(Box::new(
            Diagnostic::error("E0506", span, "an order has two values at least")
                .label("nothing comes before or behind it")
                .help("for example `ordered size, [small, medium, large]`"),
        ));
    }
    if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
        return Err(Box::new(
            Diagnostic::error("E0506", span, format!("`{}` stands twice in the order", names[twice]))
                .label("each value once"),
        ));
    }
    let Some(column) = args.value("column") else { return Ok(()) };
    let column = columns::without_minus(columns::one(column, args.span_of("column")), "ordered")?;
    settings.cleaning.ordered.push(Ordered { column, names });
    settings.of_tables.push(("ordered", args.span));
    Ok(())
}
