//! `batch 128`: rows of a minibatch. The short last one is used unless `drop_last=true`.
//!
//! # What it does
//! A step of training takes so many rows, and its gradient is that of their mean loss.
//!
//! Rows come in another order in every epoch. Where a net has recurrent layers, texts of different lengths (a text a row, not windows of one) come in minibatches of about equal length, so
//! that little is computed behind their ends: the shuffled order is cut into windows of 16 minibatches, the rows of a window are sorted by their lengths, and its minibatches come
//! anywhere in the epoch. Each text is still seen once an epoch, and what masks and `augment` do to it goes by its place in the order before it was sorted, so it is the same for any `batch`.
//! A short last minibatch is not sorted, as its rows count more. Evaluation and prediction take rows as they come. Nets without recurrent layers leave out what lies behind the
//! ends of texts in any order.
//!
//! # Arguments
//! `blocks=4` cuts the rows of each minibatch into four blocks of as many rows each; where that does not come out even, the last ones have fewer. Whatever is summed over rows (gradients, losses,
//! means and variances of `batch_norm`, counts of tokens) is summed in each block by itself, and blocks are then added in pairs: first and second, third and fourth, and these again. What a
//! block gives depends on its rows alone, so it does not matter who computes which: the numbers are those of one process whoever takes part. They are not those of `blocks=1`, from which they
//! differ in the last bits, as the order of a sum does. Batch, rates and losses mean what they mean without it.
//!
//! It costs time: matrices are read, and their gradients written, once for each block. Of 128 rows four blocks take 1.03 times as long in a net of
//! 64 units, 1.3 times with 256 and 1.9 times with 1024; blocks of eight rows cost more than they bring. In evaluation
//! and prediction rows are cut into as many blocks, so that figures are those that training saw.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "iris.csv"
//!   batch 128, blocks=4
//! }
//! ```

use crate::data::config::{Batch, DEFAULT_BATCH, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::graph::Blocks;
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
        ArgSpec::named(
            "blocks",
            Kind::Count { min: 1 },
            Default::Number(1.0),
            "blocks of rows whose sums are made by themselves",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("batch.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let (rows, blocks) = (args.count("rows"), Blocks::new(args.count("blocks")));
    let some = blocks.each(rows).count();
    if some < blocks.count() {
        let of_each = blocks.rows(rows);
        let span = args.span_of("blocks");
        let error = Diagnostic::error(
            "E0206",
            span,
            format!("{rows} rows are not enough for {} blocks", blocks.count()),
        );
        return Err(Box::new(error.label(format!("{some} of them would have rows, {of_each} each")).fix(
            format!("as many as have rows: `blocks={some}`"),
            span,
            some.to_string(),
        )));
    }
    settings.batch = Some(Batch { rows, drop_last: args.flag("drop_last"), blocks, span: args.span });
    Ok(())
}
