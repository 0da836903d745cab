//! Takes away what lies above a frequency that is drawn.
//!
//! # What it does
//! The frequency is drawn from the range evenly in octaves. There the sound is 3 dB softer, and an octave above it 12 dB: Butterworth's filter of the second order. Frequencies lie below half of the rate of samples.
//!
//! # Elsewhere
//! `LowPassFilter` in audiomentations, `lowpass_biquad` in torchaudio.
//!
//! # Example
//! ```net
//! lowpass 500Hz..3kHz
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

pub struct Lowpass;
pub static WORD: Lowpass = Lowpass;

static SIG: Sig = Sig {
    name: "lowpass",
    about: "take away what lies above a frequency",
    args: &[ArgSpec::required("cutoff", CUTOFF, "frequencies, such as 500Hz..3kHz"), p(1.0)],
    block: Block::None,
};

impl Augment for Lowpass {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("low_pass_filter", "lowpass"),
            ("low_pass", "lowpass"),
            ("lowpass_biquad", "lowpass"),
            ("random_low_pass", "lowpass"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn suits(&self, args: &Args, rate: u32) -> Result<(), Wrong> {
        below_half("cutoff", args, rate)
    }

    fn told(&self, args: &Args) -> String {
        format!("without what lies above {}", ends(args.range("cutoff"), hertz))
    }

    fn plan(&self, args: &Args) -> Plan {
        filtered(args.range("cutoff"), Biquad::lowpass)
    }
}
