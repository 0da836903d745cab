//! Leaves only the highest bits of each byte: fewer shades.
//!
//! # What it does
//! `x` becomes the largest multiple of `2^(8 - bits)` that is not above it.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says; there 256 levels are those of bytes.
//!
//! # Elsewhere
//! `RandomPosterize` in torchvision, `Posterize` in albumentations.
//!
//! # Example
//! ```net
//! posterize 4, p=30%
//! ```

use super::{Augment, Plan, Wrong, colored, p};
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub struct Posterize;
pub static WORD: Posterize = Posterize;

static SIG: Sig = Sig {
    name: "posterize",
    about: "leave only the highest bits of each byte",
    args: &[ArgSpec::required("bits", Kind::Count { min: 1 }, "how many, 1 to 7"), p(0.5)],
    block: Block::None,
};

impl Augment for Posterize {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_posterize", "posterize"), ("random_posterization", "posterize")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match args.count("bits") {
            1..8 => Ok(()),
            _ => Err(("bits", "must be at most 7: eight leave bytes as they are".into())),
        }
    }

    fn told(&self, args: &Args) -> String {
        format!("shades of {} bits", args.count("bits"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let bits = args.count("bits") as u32;
        colored(move |_, colors| colors.posterize(bits))
    }
}
