//! Adds noise: to every number of a picture, or to sounds at a ratio to how loud they are.
//!
//! # What it does
//! On pictures, `sd` is in the units that the net sees: those of `normalize` and `scale`. Where rows are bytes, results are rounded to the nearest and lie within 0 and 255.
//!
//! On sounds, `snr` says how much louder the clip is than the noise, in decibels, drawn from the range for each row: the root of the mean square of the clip as it is there, after the
//! statements before, beside that of the noise that is drawn, so the ratio is exact. Silence gets none. `color=white` is as loud at every frequency, `color=pink` in every octave.
//!
//! # Notes
//! The layer `noise` adds noise inside of a net, to unrounded numbers. Of sounds it stands behind what changes their pitch, speed and level.
//!
//! # Elsewhere
//! `GaussianNoise(sigma=0.1)` in torchvision, the layer `GaussianNoise` in Keras, `GaussNoise` in albumentations. Of sounds `AddGaussianSNR(min_snr_db=10, max_snr_db=40)` and `AddColorNoise` in audiomentations,
//! `AddNoise` in torchaudio.
//!
//! # Example
//! ```net
//! noise sd=0.1
//! ```
//! ```net
//! noise snr=10dB..40dB, color=pink, p=30%
//! ```

use super::{
    Augment, Draw, Paint, Picture, Place, Plan, Wrong, p,
    wave::{Alter, Clip, RATIO, ends, plain},
};
use crate::{
    sound::Color,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed},
};

pub struct Noise;
pub static WORD: Noise = Noise;

static SIG: Sig = Sig {
    name: "noise",
    about: "add noise to pictures or sounds",
    args: &[
        ArgSpec::named(
            "sd",
            Kind::Timed(Bounds::POSITIVE),
            Default::Absent,
            "of pictures: standard deviation, in the units that the net sees",
        ),
        ArgSpec::named(
            "snr",
            RATIO,
            Default::Absent,
            "of sounds: how much louder they are than the noise, such as 10dB..40dB",
        ),
        ArgSpec::named(
            "color",
            Kind::Word(&["white", "pink"]),
            Default::Word("white"),
            "of sounds: as loud at every frequency, or in every octave",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Noise {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("gaussian_noise", "noise"),
            ("gauss_noise", "noise"),
            ("random_noise", "noise"),
            ("add_noise", "noise"),
            ("add_gaussian_noise", "noise"),
            ("add_gaussian_snr", "noise"),
            ("add_color_noise", "noise"),
            ("white_noise", "noise"),
            ("pink_noise", "noise"),
        ]
    }

    fn is_of_sound(&self, args: &Args) -> bool {
        args.is_written("snr")
    }

    fn place(&self, args: &Args) -> Option<Place> {
        self.is_of_sound(args).then_some(Place::Noised)
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match (args.is_written("sd"), args.is_written("snr")) {
            (false, false) => {
                Err(("sd", "or `snr` must be given: `sd=0.1` on pictures, `snr=10dB..40dB` on sounds".into()))
            }
            (true, true) => Err(("snr", "is of sounds and `sd` of pictures: one of them is given".into())),
            (true, false) if args.is_written("color") => Err(("color", "is of sounds, with `snr`".into())),
            _ => Ok(()),
        }
    }

    fn told(&self, args: &Args) -> String {
        match args.opt_timed("sd") {
            Some(sd) => format!("normal noise of deviation {sd}"),
            None => format!("{} noise {} dB below them", args.word("color"), ends(args.range("snr"), plain)),
        }
    }

    fn plan(&self, args: &Args) -> Plan {
        if let Some(sd) = args.opt_timed("sd") {
            return Plan::Paint(Box::new(Deviates(sd)));
        }
        let color = if args.word("color") == "pink" { Color::Pink } else { Color::White };
        Plan::Sound(Box::new(Below { ratio: args.range("snr"), color }))
    }
}

struct Deviates(Timed);

impl Paint for Deviates {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        let sd = self.0.at(&draw.row.clock) as f32;
        let facts = picture.facts;
        picture.change(|channel, x| x + sd * facts.unit[channel] * draw.normal());
    }
}

/// Noise that is so many decibels softer than the clip.
struct Below {
    ratio: (f64, f64),
    color: Color,
}

impl Alter for Below {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let ratio = draw.between(self.ratio);
        let (samples, noise) = clip.beside();
        self.color.fill(samples.len(), || draw.normal(), noise);
        clip.add(ratio);
    }
}
