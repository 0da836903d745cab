//! Adds normal noise to every number of a row.
//!
//! # What it does
//! `sd` is in the units that the net sees: those of `normalize` and `scale`. Where rows are bytes, results are rounded to the nearest and lie within 0 and 255. It works on pictures.
//!
//! # Notes
//! The layer `noise` adds noise inside of a net, to unrounded numbers.
//!
//! # Elsewhere
//! `GaussianNoise(sigma=0.1)` in torchvision, the layer `GaussianNoise` in Keras, `GaussNoise` in albumentations.
//!
//! # Example
//! ```net
//! noise sd=0.1
//! ```

use super::{Augment, Draw, Paint, Picture, Plan, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed};

pub struct Noise;
pub static WORD: Noise = Noise;

static SIG: Sig = Sig {
    name: "noise",
    about: "add normal noise to every number",
    args: &[
        ArgSpec::named(
            "sd",
            Kind::Timed(Bounds::POSITIVE),
            Default::Required,
            "standard deviation, in the units that the net sees",
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
        &[("gaussian_noise", "noise"), ("gauss_noise", "noise"), ("random_noise", "noise")]
    }

    fn told(&self, args: &Args) -> String {
        format!("normal noise of deviation {}", args.timed("sd"))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Paint(Box::new(Deviates(args.timed("sd"))))
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
