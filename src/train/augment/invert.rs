//! Exchanges black and white.
//!
//! # What it does
//! `x` becomes `white - x`, of bytes `255 - x`.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomInvert` in torchvision, `RandomInvert` in Keras, `InvertImg` in albumentations.
//!
//! # Example
//! ```net
//! invert p=20%
//! ```

use super::{Augment, Plan, colored, p};
use crate::vocab::{Args, Block, Sig};

pub struct Invert;
pub static WORD: Invert = Invert;

static SIG: Sig =
    Sig { name: "invert", about: "exchange black and white", args: &[p(0.5)], block: Block::None };

impl Augment for Invert {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_invert", "invert"), ("invert_img", "invert")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn told(&self, _args: &Args) -> String {
        "black and white exchanged".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        colored(|_, colors| colors.invert())
    }
}
