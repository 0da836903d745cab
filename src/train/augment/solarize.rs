//! Inverts what is bright.
//!
//! # What it does
//! What is at least at `threshold` between black and white becomes as far from black as it was from white. Of bytes, 50% is 128.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomSolarize(128)` in torchvision, `RandomSolarization` in Keras, `Solarize` in albumentations.
//!
//! # Example
//! ```net
//! solarize 50%, p=20%
//! ```

use super::{Augment, Plan, colored, colors::WHITE, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Solarize;
pub static WORD: Solarize = Solarize;

static SIG: Sig = Sig {
    name: "solarize",
    about: "invert what is bright",
    args: &[
        ArgSpec::optional(
            "threshold",
            Kind::Timed(Bounds::UNIT),
            Default::Number(0.5),
            "from where on, as a share of the way from black to white",
        ),
        p(0.5),
    ],
    block: Block::None,
};

impl Augment for Solarize {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_solarize", "solarize"), ("random_solarization", "solarize")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        format!("inverted where brighter than {}", args.timed("threshold"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let threshold = args.timed("threshold");
        colored(move |draw, colors| colors.solarize(threshold.at(&draw.row.clock) as f32 * WHITE))
    }
}
