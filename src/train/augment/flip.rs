//! Mirrors pictures.
//!
//! # What it does
//! `flip horizontal` exchanges left and right, `flip vertical` top and bottom, each with the probability `p`. With `kind=alternate` a coin that belongs to the row
//! of the source says whether it is mirrored in the first epoch, and from then on it is mirrored in every other one: two epochs show each picture both ways.
//!
//! In `predict { augment { ... } }` it has two views: the picture, and its mirror image.
//!
//! # Elsewhere
//! `RandomHorizontalFlip` and `RandomVerticalFlip` in torchvision, `RandomFlip` in Keras, `HorizontalFlip` and `VerticalFlip` in albumentations.
//!
//! # Example
//! ```net
//! flip horizontal, kind=alternate
//! ```
//!
//! # Papers
//! Jordan 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU (`kind=alternate`).

use super::{Augment, Draw, Map, Move, Plan, Size, Wrong, p};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Timed};

pub struct Flip;
pub static WORD: Flip = Flip;

static SIG: Sig = Sig {
    name: "flip",
    about: "mirror pictures at random",
    args: &[
        ArgSpec::required(
            "axis",
            Kind::Word(&["horizontal", "vertical"]),
            "left and right, or top and bottom",
        ),
        p(0.5),
        ArgSpec::named(
            "kind",
            Kind::Word(&["random", "alternate"]),
            Default::Word("random"),
            "by a coin of each epoch, or every other epoch from a coin of the row on",
        ),
    ],
    block: Block::None,
};

impl Augment for Flip {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("random_horizontal_flip", "flip horizontal"),
            ("horizontal_flip", "flip horizontal"),
            ("hflip", "flip horizontal"),
            ("fliplr", "flip horizontal"),
            ("mirror", "flip horizontal"),
            ("random_flip", "flip horizontal"),
            ("random_vertical_flip", "flip vertical"),
            ("vertical_flip", "flip vertical"),
            ("vflip", "flip vertical"),
            ("flipud", "flip vertical"),
        ]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match args.word("kind") == "alternate" && args.is_written("p") {
            true => Err(("p", "has no effect with `kind=alternate`, which mirrors every other epoch".into())),
            false => Ok(()),
        }
    }

    fn p(&self, args: &Args) -> Timed {
        if args.word("kind") == "alternate" { Timed::Constant(1.0) } else { args.timed("p") }
    }

    fn told(&self, args: &Args) -> String {
        let sides = if args.word("axis") == "vertical" { "top and bottom" } else { "left and right" };
        let when = if args.word("kind") == "alternate" { ", every other epoch" } else { "" };
        format!("{sides} exchanged{when}")
    }

    fn viewed(&self) -> Option<&'static [&'static str]> {
        Some(&["p", "kind"])
    }

    fn views(&self, args: &Args, size: Size) -> Vec<Map> {
        vec![Map::same(size), mirrored(args.word("axis") == "vertical", size)]
    }

    fn plan(&self, args: &Args) -> Plan {
        let alternates = args.word("kind") == "alternate";
        Plan::Move(Box::new(Mirror { vertical: args.word("axis") == "vertical", alternates }))
    }
}

struct Mirror {
    vertical: bool,
    alternates: bool,
}

impl Move for Mirror {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        if self.alternates && draw.coin_of_the_row() == (draw.row.epoch % 2 == 1) {
            return Map::same(size);
        }
        mirrored(self.vertical, size)
    }
}

fn mirrored(vertical: bool, size: Size) -> Map {
    let same = Map::same(size);
    match vertical {
        true => Map { y: [-1.0, 0.0, size[0] as f64 - 1.0], ..same },
        false => Map { x: [0.0, -1.0, size[1] as f64 - 1.0], ..same },
    }
}
