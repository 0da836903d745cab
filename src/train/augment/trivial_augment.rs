//! Applies one operation of a list to each picture, at any strength.
//!
//! # What it does
//! The operation is any of 14, as of `rand_augment`; its strength any of 31 steps from nothing to the most: shear 0.99, translation by 32 places, 135 degrees, colour factors 1 +- 0.99, 6 bits, solarized from
//! black on. Signs are drawn. What moves is read between four places, and what it does not reach is black.
//!
//! # Notes
//! The numbers are torchvision's. It has nothing to tune. Needs red, green and blue, as bytes, or as numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `TrivialAugmentWide` in torchvision.
//!
//! # Example
//! ```net
//! trivial_augment
//! ```
//!
//! # Papers
//! Müller and Hutter 2021, TrivialAugment: tuning-free yet state-of-the-art data augmentation.

use super::{
    Augment, Draw, Paint, Picture, Plan, p,
    policy::{Most, Op, STEPS},
};
use crate::vocab::{Args, Block, Sig};

pub struct TrivialAugment;
pub static WORD: TrivialAugment = TrivialAugment;

static SIG: Sig = Sig {
    name: "trivial_augment",
    about: "apply one operation of a list at any strength",
    args: &[p(1.0)],
    block: Block::None,
};

const MOST: Most = Most { shear: 0.99, translate: |_| [32.0; 2], rotate: 135.0, colors: 0.99, bits: 6.0 };

impl Augment for TrivialAugment {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("trivial_augment_wide", "trivial_augment")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn needs_rgb(&self, _args: &Args) -> Option<&'static str> {
        Some("p")
    }

    fn told(&self, _args: &Args) -> String {
        "one operation of a list at any strength".into()
    }

    fn plan(&self, _args: &Args) -> Plan {
        Plan::Paint(Box::new(One))
    }
}

struct One;

impl Paint for One {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        let op = Op::ALL[draw.below(Op::ALL.len())];
        let step = draw.below(STEPS) as f64;
        MOST.apply(op, step, draw, picture);
    }
}
