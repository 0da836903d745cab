//! Stretches each channel from black to white.
//!
//! # What it does
//! The darkest place of a channel becomes black, its brightest white, and what lies between follows; a channel of one shade stays.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomAutocontrast` in torchvision, `AutoContrast` in Keras and albumentations.
//!
//! # Example
//! ```net
//! autocontrast p=20%
//! ```

use super::{Augment, Plan, colored, p};
use crate::vocab::{Args, Block, Sig};

pub struct Autocontrast;
pub static WORD: Autocontrast = Autocontrast;

static SIG: Sig = Sig {
    name: "autocontrast",
    about: "stretch each channel from black to white",
    args: &[p(0.5)],
    block: Block::None,
};

impl Augment for Autocontrast {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_autocontrast", "autocontrast"), ("random_auto_contrast", "autocontrast")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn told(&self, _args: &Args) -> String {
        "each channel stretched from black to white".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        colored(|_, colors| colors.autocontrast())
    }
}
