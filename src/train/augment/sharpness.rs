//! Makes pictures sharper or softer.
//!
//! # What it does
//! Distances from a picture that is smoothed over three places in each direction are multiplied by `factor`: 0 is the smoothed picture, 1 leaves it as it is, 2 is sharper. The border stays.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomAdjustSharpness(2)` in torchvision, `RandomSharpness` in Keras, `Sharpen` in albumentations.
//!
//! # Example
//! ```net
//! sharpness 2, p=30%
//! ```

use super::{Augment, Plan, Wrong, colored, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, Timed};

pub struct Sharpness;
pub static WORD: Sharpness = Sharpness;

static SIG: Sig = Sig {
    name: "sharpness",
    about: "make pictures sharper or softer",
    args: &[
        ArgSpec::required(
            "factor",
            Kind::Timed(Bounds::NON_NEGATIVE),
            "of distances from the smoothed picture: above 1 sharper",
        ),
        p(0.5),
    ],
    block: Block::None,
};

impl Augment for Sharpness {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("random_adjust_sharpness", "sharpness"),
            ("random_sharpness", "sharpness"),
            ("sharpen", "sharpness"),
        ]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match args.timed("factor") {
            Timed::Constant(1.0) => Err(("factor", "changes nothing at 1".into())),
            _ => Ok(()),
        }
    }

    fn told(&self, args: &Args) -> String {
        format!("sharpened by {}", args.timed("factor"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let factor = args.timed("factor");
        colored(move |draw, colors| colors.sharpness(factor.at(&draw.row.clock) as f32))
    }
}
