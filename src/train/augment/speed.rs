//! Plays sounds faster or slower, as a tape is: pitch and length both change.
//!
//! # What it does
//! The factor is uniform in the range: 1.1 is a tenth faster and higher by 1.65 semitones, and the clip shorter. A clip of n samples then has `round(n / factor)`; what would be longer than the
//! input is cut at a drawn place. It is a resampling and no more, cheaper than `time_stretch` and `pitch_shift`.
//!
//! # Notes
//! Another speed is another speaker to a net that tells speakers apart.
//!
//! # Elsewhere
//! `Speed` and `SpeedPerturbation` in torchaudio (which draws among given factors), `speed_perturb` in ESPnet and Kaldi, `speed` in SoX.
//!
//! # Example
//! ```net
//! speed 0.9..1.1
//! ```
//!
//! # Papers
//! Ko et al. 2015, Audio augmentation for speech recognition.

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip, SPEED, ends, plain},
};
use crate::{
    sound::vocoder::stretched,
    vocab::{ArgSpec, Args, Block, Sig},
};

pub struct Speed;
pub static WORD: Speed = Speed;

static SIG: Sig = Sig {
    name: "speed",
    about: "play sounds faster or slower, pitch and length changed",
    args: &[ArgSpec::required("factor", SPEED, "how many times as fast, such as 0.9..1.1"), p(1.0)],
    block: Block::None,
};

impl Augment for Speed {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("speed_perturbation", "speed"), ("speed_perturb", "speed"), ("change_speed", "speed")]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Made)
    }

    fn told(&self, args: &Args) -> String {
        format!("played {} times as fast", ends(args.range("factor"), plain))
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.range("factor") {
            (1.0, 1.0) => Plan::Nothing,
            factor => Plan::Sound(Box::new(Played(factor))),
        }
    }
}

struct Played((f64, f64));

impl Alter for Played {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let factor = draw.between(self.0);
        clip.remake(|_, bench, samples, into| {
            let length = stretched(samples.len(), factor);
            bench.resampler.resample(samples, factor, length, into);
        });
        clip.fit(draw);
    }
}
