//! Makes sounds higher or lower; their length stays.
//!
//! # What it does
//! The distance is uniform in the range, in semitones (`st`): twelve are an octave, and 0.5 is a quarter tone. The clip is stretched by a phase vocoder, as `time_stretch` does, and read
//! at another pace, through a kernel that takes any ratio at the same cost. What would rise above half of the rate of samples is left out. `2st` means `-2st..2st`.
//!
//! # Notes
//! Small shifts help most where pitch does not tell classes apart: two semitones are usual for speech and noises of cities. Formants move with the pitch, so that larger shifts make other speakers.
//!
//! # Elsewhere
//! `librosa.effects.pitch_shift(n_steps=)`, `PitchShift(min_semitones=-4, max_semitones=4)` in audiomentations, `torchaudio.functional.pitch_shift` (whose cost depends on the ratio).
//!
//! # Example
//! ```net
//! pitch_shift -2st..2st
//! ```
//!
//! # Papers
//! Laroche and Dolson 1999, New phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects. Salamon and Bello 2017, Deep convolutional neural networks and data
//! augmentation for environmental sound classification.

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip, ends, plain},
};
use crate::{
    sound::pitch,
    vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, Unit},
};

pub struct PitchShift;
pub static WORD: PitchShift = PitchShift;

/// Two octaves.
const OCTAVES: Bounds = Bounds { low: -24.0, high: 24.0, open_low: false, open_high: false };

static SIG: Sig = Sig {
    name: "pitch_shift",
    about: "make sounds higher or lower, their length kept",
    args: &[
        ArgSpec::required(
            "distance",
            Kind::Interval { unit: Some(Unit::Semitones), bounds: OCTAVES, both_ways: true },
            "semitones upwards, such as -2st..2st",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for PitchShift {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("pitchshift", "pitch_shift"),
            ("random_pitch_shift", "pitch_shift"),
            ("pitch", "pitch_shift"),
            ("transpose", "pitch_shift"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Made)
    }

    fn told(&self, args: &Args) -> String {
        format!("pitch moved by {} semitones", ends(args.range("distance"), plain))
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.range("distance") {
            (0.0, 0.0) => Plan::Nothing,
            distance => Plan::Sound(Box::new(Higher(distance))),
        }
    }
}

struct Higher((f64, f64));

impl Alter for Higher {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let distance = draw.between(self.0);
        clip.remake(|vocoder, bench, samples, into| pitch::shift(vocoder, samples, distance, bench, into));
    }
}
