//! `trim below=-40dB`: leaves silence at the beginning and at the end of each clip out.
//!
//! # What it does
//! The loudness of a clip is measured over moments of 20 ms, one every 10 ms, as the mean of the squared samples. What stands before the first moment that is at
//! most so many decibels quieter than the loudest, and behind the last one, is left out; what is between them stays, however quiet. A clip that is silent
//! altogether stays as it is. It is done as the sounds are read, before `level`, and to sounds that are predicted likewise.
//!
//! # Example
//! ```net
//! data {
//!   source audio, "recordings", pattern="{label}_{speaker}_{index}"
//!   trim below=-40dB
//! }
//! ```

use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Unit};

use super::level::decibels;

pub static SIG: Sig = Sig {
    name: "trim",
    about: "leaves silence at both ends of each clip out",
    args: &[ArgSpec::named(
        "below",
        Kind::Quantity(&[Unit::Decibels]),
        Default::Required,
        "quieter than the clip's loudest moment by so much is silence, such as -40dB",
    )],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("trim.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.sounds.trim = Some(decibels(args, "below")?);
    settings.of_sounds.push(("trim", args.span));
    Ok(())
}
