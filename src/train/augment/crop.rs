//! Cuts a window out of each picture, at a place of its own.
//!
//! # What it does
//! Puts `pad` places around the picture and takes a window of the given size, each place of it as likely. The size is that of
//! the net's input; the pictures of the data have that size too, or are larger: then evaluation and prediction see their middle.
//!
//! # Arguments
//! `size` is height and width; `pad` what is put around first; `fill` what stands there: `black` (the smallest value), `mean` (the channel's mean over the
//! training part, rounded to a byte where rows are bytes), `reflect` (the picture mirrored at its last places) or `edge`.
//!
//! # Elsewhere
//! `RandomCrop(32, padding=4)` in torchvision, `RandomCrop` in Keras and albumentations (without the padding).
//!
//! # Example
//! ```net
//! crop 32x32, pad=4, fill=reflect
//! ```
//!
//! # Papers
//! He et al. 2016, Deep residual learning for image recognition (windows of padded CIFAR pictures).

use super::{Augment, Draw, FILL, Fill, Map, Move, Plan, Size, Wrong, p, two_sides};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub struct Crop;
pub static WORD: Crop = Crop;

static SIG: Sig = Sig {
    name: "crop",
    about: "cut a window out of each picture at a random place",
    args: &[
        ArgSpec::required("size", Kind::Size, "height and width of the window, such as 32x32"),
        ArgSpec::named(
            "pad",
            Kind::Count { min: 0 },
            Default::Number(0.0),
            "places that are put around first",
        ),
        FILL,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Crop {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_crop", "crop"), ("pad_if_needed", "crop"), ("random_crop_and_pad", "crop")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        two_sides(args, "size")?;
        match args.is_written("fill") && args.count("pad") == 0 {
            true => Err(("fill", "needs a `pad`: nothing beyond the picture is seen without".into())),
            false => Ok(()),
        }
    }

    fn size(&self, args: &Args, size: Size) -> Result<Size, Wrong> {
        let (window, pad) = (args.sides("size"), args.count("pad"));
        let room = size.map(|side| side + 2 * pad);
        if window[0] > room[0] || window[1] > room[1] {
            let [height, width] = room;
            let padded = if pad > 0 { format!(" with {pad} places around them") } else { String::new() };
            return Err(("size", format!("must fit into the pictures, which are {height}x{width}{padded}")));
        }
        if window == room {
            return Err((
                "size",
                "must leave the window room to move: write `pad=4`, or a smaller size".into(),
            ));
        }
        Ok(window)
    }

    fn makes(&self, args: &Args) -> Option<Size> {
        Some(args.sides("size"))
    }

    fn cuts(&self) -> bool {
        true
    }

    fn needs_range(&self, args: &Args) -> bool {
        args.count("pad") > 0 && Fill::named(args.word("fill")) == Fill::Black
    }

    fn told(&self, args: &Args) -> String {
        let [height, width] = args.sides("size");
        let pad = match args.count("pad") {
            0 => String::new(),
            pad => format!(" of {pad} more on each side ({})", args.word("fill")),
        };
        format!("a window of {height}x{width} at a random place{pad}")
    }

    fn plan(&self, args: &Args) -> Plan {
        let pad = args.count("pad");
        let fill = (pad > 0).then(|| Fill::named(args.word("fill")));
        Plan::Move(Box::new(Windows { size: args.sides("size"), pad, fill }))
    }
}

struct Windows {
    size: Size,
    pad: usize,
    fill: Option<Fill>,
}

impl Move for Windows {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        let mut start = |axis: usize| {
            let places = size[axis] + 2 * self.pad + 1 - self.size[axis];
            draw.below(places) as f64 - self.pad as f64
        };
        let top = start(0);
        Map::window(self.size, top, start(1))
    }

    /// The one in the middle; of an odd rest the larger part is cut off below and on the right.
    fn idle(&self, size: Size) -> Map {
        let start = |axis: usize| (size[axis] as f64 - self.size[axis] as f64).div_euclid(2.0);
        Map::window(self.size, start(0), start(1))
    }

    fn fill(&self) -> Option<Fill> {
        self.fill
    }
}
