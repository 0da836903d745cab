//! Makes sounds louder or softer.
//!
//! # What it does
//! Decibels are uniform in the range: 6 dB double every sample, -6 dB halve it. `6dB` means `-6dB..6dB`. What goes beyond 1 is not cut off: the net reads numbers.
//!
//! # Notes
//! Stands in front of `noise`, whose ratio is to what stands before it.
//!
//! # Elsewhere
//! `Gain(min_gain_db=-12, max_gain_db=12)` in audiomentations, `Vol` in torchaudio.
//!
//! # Example
//! ```net
//! gain -6dB..6dB
//! ```

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip, ends, plain},
};
use crate::{
    sound::level,
    vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, Unit},
};

pub struct Gain;
pub static WORD: Gain = Gain;

const LOUD: Bounds = Bounds { low: -100.0, high: 100.0, open_low: false, open_high: false };

static SIG: Sig = Sig {
    name: "gain",
    about: "make sounds louder or softer",
    args: &[
        ArgSpec::required(
            "level",
            Kind::Interval { unit: Some(Unit::Decibels), bounds: LOUD, both_ways: true },
            "decibels, such as -6dB..6dB",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Gain {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("volume", "gain"),
            ("vol", "gain"),
            ("random_gain", "gain"),
            ("loudness", "gain"),
            ("amplitude", "gain"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Scaled)
    }

    fn told(&self, args: &Args) -> String {
        format!("made louder by {} dB", ends(args.range("level"), plain))
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.range("level") {
            (0.0, 0.0) => Plan::Nothing,
            level => Plan::Sound(Box::new(Louder(level))),
        }
    }
}

struct Louder((f64, f64));

impl Alter for Louder {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        level::scale(clip.samples, level::gain(draw.between(self.0)) as f32);
    }
}
