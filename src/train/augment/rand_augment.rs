//! Applies a few operations of a list to each picture, all at one strength.
//!
//! # What it does
//! Each of `ops` operations is any of 14: none, shear and translation along either axis, rotation, brightness, colour (saturation), contrast, sharpness, posterize, solarize, autocontrast and equalize. They
//! are always applied, one after another; signs are drawn. At `magnitude` 30: shear 0.3, translation 150/331 of the width and height, 30 degrees, colour factors 1 +- 0.9, 4 bits, solarized from black on; smaller
//! ones are proportional. What moves is read between four places, and what it does not reach is black.
//!
//! # Notes
//! The numbers are torchvision's, where 9 of 31 steps turns by 9 degrees. timm's `rand-m9` turns by 27 and is three times as strong for rotation: there the largest magnitude is 10. timm applies each
//! operation with probability 0.5. Needs red, green and blue, as bytes, or as numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `RandAugment(2, 9)` in torchvision, `rand-m9-mstd0.5` in timm, `RandAugment` in Keras.
//!
//! # Example
//! ```net
//! rand_augment ops=2, magnitude=9
//! ```
//!
//! # Papers
//! Cubuk et al. 2020, RandAugment: practical automated data augmentation with a reduced search space.

use super::{
    Augment, Draw, Paint, Picture, Plan, p,
    policy::{Most, Op},
};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed};

pub struct RandAugment;
pub static WORD: RandAugment = RandAugment;

static SIG: Sig = Sig {
    name: "rand_augment",
    about: "apply a few operations of a list at one strength",
    args: &[
        ArgSpec::named("ops", Kind::Count { min: 1 }, Default::Number(2.0), "operations, one after another"),
        ArgSpec::named(
            "magnitude",
            Kind::Timed(Bounds { low: 0.0, high: 30.0, open_low: false, open_high: false }),
            Default::Number(9.0),
            "strength, up to 30",
        ),
        p(1.0),
    ],
    block: Block::None,
};

const MOST: Most = Most {
    shear: 0.3,
    translate: |size| size.map(|side| 150.0 / 331.0 * side as f64),
    rotate: 30.0,
    colors: 0.9,
    bits: 4.0,
};

impl Augment for RandAugment {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("auto_augment", "rand_augment"), ("random_augment", "rand_augment")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn needs_rgb(&self, _args: &Args) -> Option<&'static str> {
        Some("ops")
    }

    fn told(&self, args: &Args) -> String {
        format!("{} operations of a list at magnitude {}", args.count("ops"), args.timed("magnitude"))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Paint(Box::new(Several { ops: args.count("ops"), magnitude: args.timed("magnitude") }))
    }
}

struct Several {
    ops: usize,
    magnitude: Timed,
}

impl Paint for Several {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        let magnitude = self.magnitude.at(&draw.row.clock);
        for _ in 0..self.ops {
            let op = Op::ALL[draw.below(Op::ALL.len())];
            MOST.apply(op, magnitude, draw, picture);
        }
    }
}
