//! `batch 128`: rows of a minibatch. The short last one is used unless `drop_last=true`.

use crate::data::config::{Batch, DEFAULT_BATCH, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "batch",
    about: "rows of a minibatch",
    args: &[
        ArgSpec::optional(
            "rows",
            Kind::Count { min: 1 },
            Default::Number(DEFAULT_BATCH as f64),
            "rows of a minibatch",
        ),
        ArgSpec::named("drop_last", Kind::Bool, Default::Bool(false), "skip a last minibatch that is short"),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("batch.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.batch =
        Some(Batch { rows: args.count("rows"), drop_last: args.flag("drop_last"), span: args.span });
    Ok(())
}
