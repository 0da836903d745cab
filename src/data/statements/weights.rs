//! `weights COLUMN`: how much each row counts while training.
//!
//! The column holds numbers from 0 on: how many rows a row stands for, how sure its answer is, how rare its kind. They are divided by their mean over the training part,
//! and the loss of a row is multiplied by what comes out, so that weights change neither the size of the loss nor the learning rate, and all equal ones change nothing.
//! A row of weight 0 is not learnt from. Of a row that is mixed with another one both weights are mixed too.
//!
//! Weights act in training alone: figures of the validation and test parts, and those that choose an epoch, are of the rows as they are. The column is no input unless
//! `inputs` names it, and rows to predict need none. Classes are weighed by `class_weights` of the loss.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "survey.csv"
//!   weights people
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 1
//!   output income: real[1]
//! }
//! ```

use super::columns;
use crate::data::config::{By, ColumnRef, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "weights",
    about: "the column that says how much each row counts while training",
    args: &[ArgSpec::required("column", Kind::Column, "the column")],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("weights.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let span = args.span_of("column");
    let column = args.value("column").map(columns::column).filter(ColumnRef::is_one);
    let Some(column) = column else {
        return Err(Box::new(
            Diagnostic::error("E0506", span, "`weights` names several columns")
                .label("a row has one weight")
                .help("name one column, for example `weights people`"),
        ));
    };
    settings.weights = Some(By { column, span });
    settings.of_tables.push(("weights", args.span));
    Ok(())
}
