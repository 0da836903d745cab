//! Paints squares over each picture.
//!
//! # What it does
//! The middle of a hole is any place of the picture, each as likely; what of the hole lies outside is cut off. So holes of 16x16 in pictures of 32x32 cover 19.1 % of them on
//! average, not 25 %. It acts on every row unless `p` says otherwise.
//!
//! # Arguments
//! `size` is the hole's height and width, `holes` how many. `value` is what they show: `mean`, the channel's mean over the training part (rounded to a byte where rows are
//! bytes), `black`, `noise` (normal deviates with the channel's mean and deviation) or `uniform` (any number of the range).
//!
//! # Elsewhere
//! `Cutout` in the authors' code and `CoarseDropout` in albumentations, whose holes lie inside the picture; `erase` chooses the size of its hole anew.
//!
//! # Example
//! ```net
//! cutout 16x16
//! ```
//!
//! # Papers
//! DeVries and Taylor 2017, Improved regularization of convolutional neural networks with cutout.

use super::{Augment, Draw, Paint, Picture, Plan, Rect, Size, VALUE, Value, Wrong, p, two_sides};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub struct Cutout;
pub static WORD: Cutout = Cutout;

static SIG: Sig = Sig {
    name: "cutout",
    about: "paint squares over each picture",
    args: &[
        ArgSpec::required("size", Kind::Size, "height and width of a hole, such as 16x16"),
        ArgSpec::named("holes", Kind::Count { min: 1 }, Default::Number(1.0), "how many"),
        VALUE,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Cutout {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("coarse_dropout", "cutout"), ("random_cutout", "cutout"), ("cut_out", "cutout")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        two_sides(args, "size")
    }

    fn size(&self, args: &Args, size: Size) -> Result<Size, Wrong> {
        let hole = args.sides("size");
        // Of an odd hole as much lies on both sides of its middle; of an even one a place less behind it.
        match (0..2).all(|axis| hole[axis].div_ceil(2) >= size[axis]) {
            true => Err(("size", "covers every picture whole, wherever it lies".into())),
            false => Ok(size),
        }
    }

    fn told(&self, args: &Args) -> String {
        let [height, width] = args.sides("size");
        let holes = match args.count("holes") {
            1 => "a hole".to_string(),
            n => format!("{n} holes"),
        };
        format!("{holes} of {height}x{width} at random places ({})", args.word("value"))
    }

    fn plan(&self, args: &Args) -> Plan {
        let value = Value::named(args.word("value"));
        Plan::Paint(Box::new(Holes { size: args.sides("size"), holes: args.count("holes"), value }))
    }
}

struct Holes {
    size: Size,
    holes: usize,
    value: Value,
}

impl Paint for Holes {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        for _ in 0..self.holes {
            let mut start =
                |axis: usize| draw.below(picture.size[axis]) as isize - (self.size[axis] / 2) as isize;
            let (top, left) = (start(0), start(1));
            self.value.paint(Rect::clipped(top, left, self.size, picture.size), draw, picture);
        }
    }
}
