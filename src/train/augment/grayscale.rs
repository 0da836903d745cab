//! Takes the colours out of a picture.
//!
//! # What it does
//! Red, green and blue become 0.2989 red + 0.587 green + 0.114 blue.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandomGrayscale(p=0.1)` in torchvision, `RandomGrayscale` in Keras, `ToGray` in albumentations.
//!
//! # Example
//! ```net
//! grayscale p=20%
//! ```

use super::{Augment, Plan, colored, p};
use crate::vocab::{Args, Block, Sig};

pub struct Grayscale;
pub static WORD: Grayscale = Grayscale;

static SIG: Sig = Sig {
    name: "grayscale",
    about: "take the colours out of some pictures",
    args: &[p(0.1)],
    block: Block::None,
};

impl Augment for Grayscale {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_grayscale", "grayscale"), ("greyscale", "grayscale"), ("to_gray", "grayscale")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn needs_rgb(&self, _args: &Args) -> Option<&'static str> {
        Some("p")
    }

    fn told(&self, _args: &Args) -> String {
        "colours taken out".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        colored(|_, colors| colors.grayscale())
    }
}
