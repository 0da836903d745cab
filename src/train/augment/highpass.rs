//! Takes away what lies below a frequency that is drawn.
//!
//! # What it does
//! The frequency is drawn from the range evenly in octaves. There the sound is 3 dB softer, and an octave below it 12 dB: Butterworth's filter of the second order. Frequencies lie below half of the rate of samples.
//!
//! # Elsewhere
//! `HighPassFilter` in audiomentations, `highpass_biquad` in torchaudio.
//!
//! # Example
//! ```net
//! highpass 50Hz..500Hz
//! ```

use super::{
    Augment, Plan, Wrong,
    filter::{below_half, filtered},
    p,
    wave::{CUTOFF, ends, hertz},
};
use crate::{
    sound::Biquad,
    vocab::{ArgSpec, Args, Block, Sig},
};

pub struct Highpass;
pub static WORD: Highpass = Highpass;

static SIG: Sig = Sig {
    name: "highpass",
    about: "take away what lies below a frequency",
    args: &[ArgSpec::required("cutoff", CUTOFF, "frequencies, such as 50Hz..500Hz"), p(1.0)],
    block: Block::None,
};

impl Augment for Highpass {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("high_pass_filter", "highpass"),
            ("high_pass", "highpass"),
            ("highpass_biquad", "highpass"),
            ("random_high_pass", "highpass"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn suits(&self, args: &Args, rate: u32) -> Result<(), Wrong> {
        below_half("cutoff", args, rate)
    }

    fn told(&self, args: &Args) -> String {
        format!("without what lies below {}", ends(args.range("cutoff"), hertz))
    }

    fn plan(&self, args: &Args) -> Plan {
        filtered(args.range("cutoff"), Biquad::highpass)
    }
}
