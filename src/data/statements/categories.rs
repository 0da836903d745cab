//! `categories Pclass, Deck`: columns whose cells are categories, numbers among them.
//!
//! # What it does
//! Each different cell of such a column becomes one input, 1 where the cell is it and 0 elsewhere. Words are categories anyway; the statement is for numbers
//! that name something: a class of tickets, a postal code, a grade. Of the target it says that different numbers are different classes.
//!
//! # Arguments
//! Columns are named as in `inputs`: numbers from 1, ranges `1..8` and `age..height`, names.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "passengers.csv"
//!   target Survived
//!   categories Pclass
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 2
//!   output fate: class[2]
//! }
//! ```

use super::columns;
use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Sig};

pub static SIG: Sig = Sig {
    name: "categories",
    about: "columns whose cells are categories even where they are numbers",
    args: &[ArgSpec::optional(
        "columns",
        columns::KIND,
        Default::Absent,
        "numbers from 1, ranges `1..8` or `age..height`, or names",
    )],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("categories.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.cleaning.categories = Some(columns::some(args)?);
    settings.of_tables.push(("categories", args.span));
    Ok(())
}
