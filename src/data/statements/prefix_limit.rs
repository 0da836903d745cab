//! `prefix_limit 2GB`: how much memory may keep what depends on data alone.
//!
//! # What it does
//! What is made of a row of the data without chance, without other rows and without parameters that training changes is the same in every
//! epoch: a part of the net that `freeze` holds still, as far as no dropout, noise, mixup or batch statistics stand before it. It is computed
//! once over the training rows and once over the validation rows, before the first epoch, and every epoch reads what was kept. `dropnet summary`
//! says where the net is cut, and how much a row takes; data that are only scaled or normalised are kept so without it.
//!
//! # Arguments
//! A number with its unit: kB, MB, GB or TB, thousands of one another; `off` or 0 keeps nothing. What would take more is cut earlier in the
//! net, where it takes less, or not kept at all. That is decided by the rows and the net, never by what memory is free; where there is
//! less than is to be kept, training does not begin and says so.
//!
//! # Same results
//! Kept or not, every bit is the same: products that depend on data alone add in an order that depends on nothing but the row. It is in no
//! checkpoint: each fold and each `--resume` computes it anew. Jobs that run side by side keep their own.
//!
//! # Example
//! ```net
//! data {
//!   source idx, "mnist"
//!   prefix_limit 500MB
//! }
//! ```

use crate::data::config::{DEFAULT_PREFIX_LIMIT, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Unit, Value};

pub static SIG: Sig = Sig {
    name: "prefix_limit",
    about: "memory that may keep what depends on data alone",
    args: &[ArgSpec::optional(
        "size",
        Kind::OneOf(&[Kind::Quantity(Unit::SIZES), Kind::Word(&["off"]), Kind::Count { min: 0 }]),
        Default::Absent,
        "such as 500MB; left out, 2GB; `off` or 0 for none",
    )],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("prefix_limit.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let limit = match args.value("size") {
        Some(Value::Quantity(x, unit)) => (x * unit.bytes().unwrap_or(1.0)).round() as u64,
        Some(Value::Number(x)) if *x > 0.0 => {
            return Err(Box::new(
                Diagnostic::error("E0207", args.span_of("size"), "`prefix_limit` needs a unit")
                    .label("bytes, kilobytes or megabytes?")
                    .help("write `500MB` or `2GB`"),
            ));
        }
        Some(_) => 0,
        None => DEFAULT_PREFIX_LIMIT,
    };
    settings.prefix_limit = Some(limit);
    Ok(())
}
