//! Makes pictures larger or smaller about their middle; their size stays.
//!
//! # What it does
//! The factor is uniform in the range: above 1 the middle fills the picture, below 1 what the picture does not reach is filled. Places are read between four of the picture.
//!
//! # Elsewhere
//! `RandomAffine(0, scale=(0.9, 1.1))` in torchvision, `RandomZoom(0.1)` in Keras (whose positive factors make pictures smaller), `RandomScale` in albumentations (which changes the size).
//!
//! # Example
//! ```net
//! zoom 0.9..1.1, fill=mean
//! ```

use super::{Augment, Draw, FILL, Fill, Map, Move, Plan, Size, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig};

pub struct Zoom;
pub static WORD: Zoom = Zoom;

static SIG: Sig = Sig {
    name: "zoom",
    about: "make pictures larger or smaller about their middle",
    args: &[
        ArgSpec::required(
            "factor",
            Kind::Interval { unit: None, bounds: Bounds::POSITIVE, both_ways: false },
            "factors, such as 0.9..1.1",
        ),
        FILL,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Zoom {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_zoom", "zoom"), ("random_scale", "zoom"), ("zoom_range", "zoom")]
    }

    fn told(&self, args: &Args) -> String {
        let (low, high) = args.range("factor");
        format!("enlarged by {low} to {high} ({} beyond)", args.word("fill"))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Move(Box::new(Scale { factor: args.range("factor"), fill: Fill::named(args.word("fill")) }))
    }
}

struct Scale {
    factor: (f64, f64),
    fill: Fill,
}

/// The map that makes a picture so many times larger.
pub fn scaled(size: Size, factor: f64) -> Map {
    Map::centred(size, [1.0 / factor, 0.0, 0.0, 1.0 / factor])
}

impl Move for Scale {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        scaled(size, draw.between(self.factor))
    }

    fn fill(&self) -> Option<Fill> {
        Some(self.fill)
    }
}
