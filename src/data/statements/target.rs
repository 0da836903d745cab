//! `target 9` or `target species`: the column that the net predicts; several for `real[2]` or `bits[2]`.
//!
//! Left out, it is the last column. Whether it holds classes, numbers or bits is said by the net's `output`.

use super::columns;
use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Sig};

pub static SIG: Sig = Sig {
    name: "target",
    about: "the column that the net predicts",
    args: &[ArgSpec::optional(
        "columns",
        columns::KIND,
        Default::Absent,
        "a number from 1 or a name; several for several outputs",
    )],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("target.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.target = Some(columns::some(args)?);
    Ok(())
}
