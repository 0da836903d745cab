//! `resample 16kHz`: brings all sounds to one rate.
//!
//! # What it does
//! Each sound is computed anew at so many samples a second, by a windowed sinc that leaves out what the lower of both rates has no room for (85 dB below): its pitch and its
//! length in time stay. Sounds that have the rate already stay as they are. It is done as the sounds are read, before `trim` and `level`, and to
//! sounds that are predicted likewise, whatever rate they have. Rates go from 100 Hz to 768 kHz, and change by a factor of 256 at most. Known elsewhere as `librosa.resample`, `torchaudio.transforms.Resample`.
//!
//! # Example
//! ```net
//! data {
//!   source audio, "recordings", pattern="{label}_{speaker}_{index}"
//!   resample 8kHz
//! }
//! ```

use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig, Unit, Value, exactly};

pub static SIG: Sig = Sig {
    name: "resample",
    about: "brings all sounds to one rate",
    args: &[ArgSpec::required(
        "rate",
        Kind::Quantity(&[Unit::Hertz, Unit::Kilohertz]),
        "samples a second, such as 16kHz or 22_050Hz",
    )],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("resample.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.sounds.rate = Some(rate(args, "rate")?);
    settings.of_sounds.push(("resample", args.span));
    Ok(())
}

/// Fewer samples a second carry nothing that is heard.
const LOWEST: f64 = 100.0;

/// No sound has more samples a second; studios use 192 kHz.
const HIGHEST: f64 = 768_000.0;

/// Whole samples a second.
fn rate(args: &Args, name: &str) -> Result<u32, Box<Diagnostic>> {
    let rate = match args.value(name) {
        Some(Value::Quantity(x, Unit::Kilohertz)) => (x * 1e3 * 1e6).round() / 1e6,
        Some(Value::Quantity(x, _)) => *x,
        _ => 0.0,
    };
    match rate.fract() == 0.0 && (LOWEST..=HIGHEST).contains(&rate) {
        true => Ok(rate as u32),
        false => Err(Box::new(
            Diagnostic::error(
                "E0508",
                args.span_of(name),
                format!(
                    "`resample` brings sounds to a whole number of samples a second, {LOWEST} to {HIGHEST} Hz"
                ),
            )
            .label(format!("is {} Hz", exactly(rate)))
            .help("write, for example, `resample 16kHz`"),
        )),
    }
}
