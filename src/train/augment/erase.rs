//! Random erasing: paints a rectangle of random size and proportions over a picture.
//!
//! # What it does
//! A share of the picture's area and a ratio of height to width are drawn, the ratio uniformly on a logarithmic scale, until the rectangle is smaller than the picture
//! (10 tries, else the row stays as it is); it lies inside, at any place. `form=paper` is the paper's way: a uniform ratio, 100 tries, `value=uniform`. (The authors' own code has `value=mean`.)
//!
//! # Arguments
//! `p` is how often a row is painted over. `area` is a share of the picture, `ratio` height over width. `value`: `mean` (the channel's mean over the training part),
//! `black`, `noise` (normal deviates with the channel's mean and deviation, a number a place) or `uniform` (any number of the range, a number a place).
//!
//! # Elsewhere
//! `RandomErasing` in torchvision (`value=0` there is `value=black`), in timm (`reprob`, `mode='pixel'` is `value=noise`) and in Keras; `Erasing` in albumentations.
//!
//! # Example
//! ```net
//! erase p=25%, area=2%..20%, value=noise
//! ```
//!
//! # Papers
//! Zhong et al. 2020, Random erasing data augmentation.

use super::{Augment, Draw, Paint, Picture, Plan, Rect, Size, VALUE, Value, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Erase;
pub static WORD: Erase = Erase;

static SIG: Sig = Sig {
    name: "erase",
    about: "paint a rectangle of random size over some pictures",
    args: &[
        p(0.5),
        ArgSpec::named(
            "area",
            Kind::Interval {
                unit: None,
                bounds: Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true },
                both_ways: false,
            },
            Default::Range(0.02, 0.33),
            "share of the picture",
        ),
        ArgSpec::named(
            "ratio",
            Kind::Interval { unit: None, bounds: Bounds::POSITIVE, both_ways: false },
            Default::Range(0.3, 3.3),
            "height over width",
        ),
        ArgSpec { default: Default::Absent, ..VALUE },
        ArgSpec::named(
            "form",
            Kind::Word(&["log", "paper"]),
            Default::Word("log"),
            "how a ratio is drawn: uniform in its logarithm, or as in the paper",
        ),
    ],
    block: Block::None,
};

impl Augment for Erase {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_erasing", "erase"), ("erasing", "erase"), ("random_erase", "erase")]
    }

    fn asks(&self, args: &Args) -> bool {
        value(args).is_of_the_rows()
    }

    fn told(&self, args: &Args) -> String {
        let (area, ratio) = (args.range("area"), args.range("ratio"));
        let share = |x: f64| (1e4 * x).round() / 1e2;
        format!(
            "a rectangle of {}% to {}% of the picture, {} to {} as high as wide, painted over ({})",
            share(area.0),
            share(area.1),
            ratio.0,
            ratio.1,
            value(args).name()
        )
    }

    fn plan(&self, args: &Args) -> Plan {
        let paper = args.word("form") == "paper";
        let (area, ratio) = (args.range("area"), args.range("ratio"));
        Plan::Paint(Box::new(Rectangles { area, ratio, paper, value: value(args) }))
    }
}

/// What is shown, by the form where nothing is said.
fn value(args: &Args) -> Value {
    match args.opt_word("value") {
        Some(word) => Value::named(word),
        None if args.word("form") == "paper" => Value::Uniform,
        None => Value::Mean,
    }
}

struct Rectangles {
    area: (f64, f64),
    ratio: (f64, f64),
    paper: bool,
    value: Value,
}

impl Rectangles {
    /// One that is smaller than the picture, if a try finds it.
    fn drawn(&self, draw: &mut Draw<'_>, [height, width]: Size) -> Option<Rect> {
        let logs = (libm::log(self.ratio.0), libm::log(self.ratio.1));
        for _ in 0..if self.paper { 100 } else { 10 } {
            let area = draw.between(self.area) * (height * width) as f64;
            let ratio = match self.paper {
                true => draw.between(self.ratio),
                false => libm::exp(draw.between(logs)),
            };
            let side = |x: f64| x.sqrt().round() as usize;
            let (h, w) = (side(area * ratio), side(area / ratio));
            if h < height && w < width {
                let top = draw.below(height - h + 1);
                return Some(Rect { top, left: draw.below(width - w + 1), height: h, width: w });
            }
        }
        None
    }
}

impl Paint for Rectangles {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        if let Some(rect) = self.drawn(draw, picture.size) {
            self.value.paint(rect, draw, picture);
        }
    }
}
