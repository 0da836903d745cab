//! Turns sounds upside down: every sample changes its sign.
//!
//! # What it does
//! No ear hears it, and spectra of energies are the same; a net that reads samples sees other numbers. A coin with the probability `p` is thrown for each row.
//!
//! # Elsewhere
//! `PolarityInversion(p=0.5)` in audiomentations.
//!
//! # Example
//! ```net
//! polarity p=50%
//! ```

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip},
};
use crate::{
    sound::level,
    vocab::{Args, Block, Sig},
};

pub struct Polarity;
pub static WORD: Polarity = Polarity;

static SIG: Sig =
    Sig { name: "polarity", about: "turn sounds upside down", args: &[p(0.5)], block: Block::None };

impl Augment for Polarity {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("polarity_inversion", "polarity"),
            ("invert_polarity", "polarity"),
            ("phase_inversion", "polarity"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Scaled)
    }

    fn told(&self, args: &Args) -> String {
        let _ = args;
        "turned upside down".into()
    }

    fn plan(&self, args: &Args) -> Plan {
        let _ = args;
        Plan::Sound(Box::new(Inverted))
    }
}

struct Inverted;

impl Alter for Inverted {
    fn alter(&self, _draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        level::scale(clip.samples, -1.0);
    }
}
