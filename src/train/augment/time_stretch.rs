//! Makes sounds faster or slower; their pitch stays.
//!
//! # What it does
//! The factor is uniform in the range: 1.25 is a quarter faster, and the clip shorter by a fifth. A clip of n samples then has `round(n / factor)` and the net knows its new length; what
//! would be longer than the input is cut at a drawn place. A phase vocoder with frames of about 48 ms does it, all that lies around a peak of the spectrum turned together, so that
//! voices stay whole and consonants sharp; the clip stays as loud as it was. Training rows alone are changed, each anew in every epoch.
//!
//! # Notes
//! Stands in front of statements that add noise: noise that is stretched is heard as something else. What stands behind a clip's end reaches no result of the net, so that a clip that
//! became shorter has no mark but its length.
//!
//! # Elsewhere
//! `librosa.effects.time_stretch(rate=)`, `TimeStretch(min_rate=0.8, max_rate=1.25)` in audiomentations (which keeps the length: it cuts or pads at the end), `tempo` in SoX.
//!
//! # Example
//! ```net
//! time_stretch 0.8..1.25, p=50%
//! ```
//!
//! # Papers
//! Laroche and Dolson 1999, New phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects. Salamon and Bello 2017, Deep convolutional neural networks and data
//! augmentation for environmental sound classification.

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip, SPEED, ends, plain},
};
use crate::vocab::{ArgSpec, Args, Block, Sig};

pub struct TimeStretch;
pub static WORD: TimeStretch = TimeStretch;

static SIG: Sig = Sig {
    name: "time_stretch",
    about: "make sounds faster or slower, their pitch kept",
    args: &[ArgSpec::required("factor", SPEED, "how many times as fast, such as 0.8..1.25"), p(1.0)],
    block: Block::None,
};

impl Augment for TimeStretch {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("timestretch", "time_stretch"),
            ("random_time_stretch", "time_stretch"),
            ("stretch", "time_stretch"),
            ("tempo", "time_stretch"),
            ("change_tempo", "time_stretch"),
            ("phase_vocoder", "time_stretch"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Made)
    }

    fn told(&self, args: &Args) -> String {
        format!("made {} times as fast, pitch kept", ends(args.range("factor"), plain))
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.range("factor") {
            (1.0, 1.0) => Plan::Nothing,
            factor => Plan::Sound(Box::new(Faster(factor))),
        }
    }
}

struct Faster((f64, f64));

impl Alter for Faster {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let factor = draw.between(self.0);
        clip.remake(|vocoder, bench, samples, into| vocoder.stretch(samples, factor, &mut bench.desk, into));
        clip.fit(draw);
    }
}
