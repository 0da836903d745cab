//! Spreads the shades of each channel as evenly as their counts allow.
//!
//! # What it does
//! A shade goes to where the share of darker places puts it, over 256 levels, as Pillow computes it.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomEqualize` in torchvision, `Equalization` in Keras, `Equalize` in albumentations.
//!
//! # Example
//! ```net
//! equalize p=20%
//! ```

use super::{Augment, Plan, colored, p};
use crate::vocab::{Args, Block, Sig};

pub struct Equalize;
pub static WORD: Equalize = Equalize;

static SIG: Sig = Sig {
    name: "equalize",
    about: "spread the shades of each channel evenly",
    args: &[p(0.5)],
    block: Block::None,
};

impl Augment for Equalize {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_equalize", "equalize"), ("equalization", "equalize")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn told(&self, _args: &Args) -> String {
        "shades of each channel evenly spread".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        colored(|_, colors| colors.equalize())
    }
}
