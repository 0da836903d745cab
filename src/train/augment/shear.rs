//! Leans pictures over: each line is moved along itself, by its distance from the middle.
//!
//! # What it does
//! The angle is uniform in the range; positive ones lean counter-clockwise, so that the top goes to the left. The line in the middle stays. Places are read between two of the picture.
//!
//! # Arguments
//! `angle` is a range, or one angle for both directions: `shear 10deg` is `shear -10deg..10deg`. `fill`: `black`, `mean`, `reflect` or `edge`.
//!
//! # Elsewhere
//! `RandomAffine(0, shear=10)` in torchvision (positive leans to the right), `RandomShear` in Keras, `Affine(shear=)` in albumentations.
//!
//! # Example
//! ```net
//! shear 10deg
//! ```

use super::{Augment, Draw, FILL, Fill, Map, Move, Plan, Size, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, Unit};

pub struct Shear;
pub static WORD: Shear = Shear;

const LEANING: Bounds = Bounds { low: -89.0, high: 89.0, open_low: false, open_high: false };

static SIG: Sig = Sig {
    name: "shear",
    about: "lean pictures over",
    args: &[
        ArgSpec::required(
            "angle",
            Kind::Interval { unit: Some(Unit::Degrees), bounds: LEANING, both_ways: true },
            "angles, counter-clockwise, such as -10deg..10deg",
        ),
        FILL,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Shear {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_shear", "shear"), ("shear_range", "shear")]
    }

    fn told(&self, args: &Args) -> String {
        let (low, high) = args.range("angle");
        format!("leant over by {low} to {high} degrees ({} beyond)", args.word("fill"))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Move(Box::new(Lean { angle: args.range("angle"), fill: Fill::named(args.word("fill")) }))
    }
}

struct Lean {
    angle: (f64, f64),
    fill: Fill,
}

/// The map that leans a picture over, its top to the left.
pub fn leant(size: Size, degrees: f64) -> Map {
    let slope = libm::tan(degrees.to_radians());
    Map::centred(size, [1.0, 0.0, -slope, 1.0])
}

impl Move for Lean {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        leant(size, draw.between(self.angle))
    }

    fn fill(&self) -> Option<Fill> {
        Some(self.fill)
    }
}
