//! Turns pictures about their middle.
//!
//! # What it does
//! The angle is uniform in the range; positive ones turn counter-clockwise. Places are read between four of the picture. What the picture does not reach is filled. With other
//! statements that move pictures beside it, all are one map and one reading.
//!
//! # Arguments
//! `angle` is a range, or one angle for both directions: `rotate 15deg` is `rotate -15deg..15deg`. `fill`: `black`, `mean`, `reflect` or `edge`.
//!
//! # Elsewhere
//! `RandomRotation(15)` in torchvision (nearest place unless said), `RandomRotation(15/360)` in Keras (as a share of a turn, `reflect`), `Rotate` in albumentations.
//!
//! # Example
//! ```net
//! rotate -15deg..15deg, fill=reflect
//! ```

use super::{Augment, Draw, FILL, Fill, Map, Move, Plan, Size, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, Unit};

pub struct Rotate;
pub static WORD: Rotate = Rotate;

const TURN: Bounds = Bounds { low: -360.0, high: 360.0, open_low: false, open_high: false };

static SIG: Sig = Sig {
    name: "rotate",
    about: "turn pictures about their middle",
    args: &[
        ArgSpec::required(
            "angle",
            Kind::Interval { unit: Some(Unit::Degrees), bounds: TURN, both_ways: true },
            "angles, counter-clockwise, such as -15deg..15deg",
        ),
        FILL,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Rotate {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("random_rotation", "rotate"),
            ("random_rotate", "rotate"),
            ("safe_rotate", "rotate"),
            ("rotation", "rotate"),
        ]
    }

    fn told(&self, args: &Args) -> String {
        let (low, high) = args.range("angle");
        format!("turned by {low} to {high} degrees ({} beyond)", args.word("fill"))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Move(Box::new(Turn { angle: args.range("angle"), fill: Fill::named(args.word("fill")) }))
    }
}

struct Turn {
    angle: (f64, f64),
    fill: Fill,
}

/// The map that turns a picture counter-clockwise.
pub fn turned(size: Size, degrees: f64) -> Map {
    let (sin, cos) = libm::sincos(degrees.to_radians());
    Map::centred(size, [cos, sin, -sin, cos])
}

impl Move for Turn {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        turned(size, draw.between(self.angle))
    }

    fn fill(&self) -> Option<Fill> {
        Some(self.fill)
    }
}
