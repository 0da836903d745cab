//! `level rms=-20dB`: gives all clips one loudness.
//!
//! # What it does
//! Each clip is multiplied by the number that makes the root mean square of its samples this one: 0 dB is 1, -20 dB is 0.1. Peaks may go beyond 1, and nothing
//! is cut off there. A silent clip stays silent. It is done as the sounds are read, behind `trim`, and to sounds that are predicted likewise.
//!
//! # Example
//! ```net
//! data {
//!   source audio, "recordings", pattern="{label}_{speaker}_{index}"
//!   level rms=-20dB
//! }
//! ```

use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Unit, Value};

pub static SIG: Sig = Sig {
    name: "level",
    about: "gives all clips one loudness",
    args: &[ArgSpec::named(
        "rms",
        Kind::Quantity(&[Unit::Decibels]),
        Default::Required,
        "the root mean square of each clip, such as -20dB",
    )],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("level.rs"), read, repeats: false };

/// Quieter than 32 bits tell from silence.
const QUIETEST: f64 = -200.0;

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.sounds.level = Some(decibels(args, "rms")?);
    settings.of_sounds.push(("level", args.span));
    Ok(())
}

/// A level below the loudest.
pub(super) fn decibels(args: &Args, name: &str) -> Result<f64, Box<Diagnostic>> {
    match args.value(name) {
        Some(Value::Quantity(x, _)) if (QUIETEST..0.0).contains(x) => Ok(*x),
        _ => Err(Box::new(
            Diagnostic::error(
                "E0508",
                args.span_of(name),
                format!("`{name}` is a level below 0 dB, down to -200 dB"),
            )
            .label("0 dB is as loud as can be")
            .help(format!("write `{name}=-{}dB`", if name == "rms" { 20 } else { 40 })),
        )),
    }
}
