//! Moves pictures along both axes.
//!
//! # What it does
//! Both distances are drawn by themselves, each as likely in either direction, and are whole places: nothing is read between places. A share is one of the picture's height and width
//! (rounded), a whole number is places.
//!
//! In `predict { augment { ... } }` it has five views: the picture, and the picture moved by the distance down, up, to the right and to the left.
//!
//! # Arguments
//! `by` is the largest distance: `10%` or `2`. `fill`: `black`, `mean`, `reflect` or `edge`.
//!
//! # Elsewhere
//! `RandomAffine(0, translate=(0.1, 0.1))` in torchvision, `RandomTranslation` in Keras, `ShiftScaleRotate` in albumentations.
//!
//! # Example
//! ```net
//! translate 10%, fill=edge
//! ```

use super::{Augment, Draw, FILL, Fill, Map, Move, Plan, Size, Wrong, p};
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig, Unit, Value};

pub struct Translate;
pub static WORD: Translate = Translate;

static SIG: Sig = Sig {
    name: "translate",
    about: "move pictures along both axes",
    args: &[
        ArgSpec::required(
            "by",
            Kind::OneOf(&[Kind::Quantity(&[Unit::Percent]), Kind::Count { min: 1 }]),
            "largest distance: a share of the sides, or places",
        ),
        FILL,
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Translate {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_translation", "translate"), ("random_shift", "translate")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match args.value("by") {
            Some(Value::Quantity(share, _)) if *share > 100.0 => {
                Err(("by", "must be at most 100%: beyond nothing of the picture is left".into()))
            }
            _ => Ok(()),
        }
    }

    fn size(&self, args: &Args, size: Size) -> Result<Size, Wrong> {
        match By::of(args).places(size) {
            [0, 0] => Err(("by", "is less than half a place of such pictures".into())),
            _ => Ok(size),
        }
    }

    fn told(&self, args: &Args) -> String {
        let by = match By::of(args) {
            By::Share(share) => format!("{}% of its sides", 100.0 * share),
            By::Places(1) => "1 place".into(),
            By::Places(n) => format!("{n} places"),
        };
        format!("moved by up to {by} ({} beyond)", args.word("fill"))
    }

    fn viewed(&self) -> Option<&'static [&'static str]> {
        Some(&["p"])
    }

    fn views(&self, args: &Args, size: Size) -> Vec<Map> {
        let [down, right] = By::of(args).places(size).map(|places| places as f64);
        let starts = [[0.0, 0.0], [-down, 0.0], [down, 0.0], [0.0, -right], [0.0, right]];
        starts.map(|[top, left]| Map::window(size, top, left)).to_vec()
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Move(Box::new(Shift { by: By::of(args), fill: Fill::named(args.word("fill")) }))
    }
}

#[derive(Clone, Copy)]
enum By {
    Share(f64),
    Places(usize),
}

impl By {
    fn of(args: &Args) -> Self {
        match args.value("by") {
            Some(Value::Quantity(percent, _)) => Self::Share(percent / 100.0),
            _ => Self::Places(args.count("by")),
        }
    }

    /// The largest distances.
    fn places(self, size: Size) -> [usize; 2] {
        match self {
            Self::Share(share) => size.map(|side| (share * side as f64).round() as usize),
            Self::Places(n) => [n; 2],
        }
    }
}

struct Shift {
    by: By,
    fill: Fill,
}

impl Move for Shift {
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map {
        let most = self.by.places(size);
        let mut distance = |axis: usize| draw.below(2 * most[axis] + 1) as f64 - most[axis] as f64;
        let down = distance(0);
        Map::window(size, -down, -distance(1))
    }

    fn fill(&self) -> Option<Fill> {
        Some(self.fill)
    }
}
