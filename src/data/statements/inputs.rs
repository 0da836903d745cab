//! `inputs 1..8`, `inputs age..height, "bill length"` or `inputs -Id, -Date`: the columns that the net sees.
//!
//! They stand in the order of the statement. A range has both of its ends, in the order of the table. With `-` in front a column, or a range, is left out: of
//! those that are named beside it, or of all columns but the target. Left out, all columns but the target are inputs. Several inputs of a net take consecutive numbers of a row, in their order.

use super::columns;
use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Sig};

pub static SIG: Sig = Sig {
    name: "inputs",
    about: "the columns that the net sees",
    args: &[ArgSpec::optional(
        "columns",
        columns::KIND,
        Default::Absent,
        "numbers from 1, ranges `1..8` or `age..height`, or names; `-Id` leaves one out",
    )],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("inputs.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.inputs = Some(columns::read(args)?);
    Ok(())
}
