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

use super::{Augment, Draw, Paint, Picture, Plan, Rect, Size, VALUE, Value, Wrong, p};
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

    fn needs_range(&self, args: &Args) -> bool {
        value(args).is_of_the_range()
    }

    fn size(&self, args: &Args, size: Size) -> Result<Size, Wrong> {
        let [height, width] = size;
        match some_fits(args.range("area"), args.range("ratio"), size) {
            true => Ok(size),
            false => Err((
                "area",
                format!(
                    "leaves, with its `ratio`, no rectangle that is smaller than the pictures, which are {height}x{width}, and has a place: nothing would ever be painted"
                ),
            )),
        }
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

/// Whether an area and a ratio of these ranges come to a rectangle with a place that is smaller than the picture.
fn some_fits(area: (f64, f64), ratio: (f64, f64), [height, width]: Size) -> bool {
    let places = (height * width) as f64;
    // In logarithms all of it is linear: height and width, squared, are the area times the ratio and over it. Sides are rounded, halves up.
    let (area, ratio) =
        ((libm::log(area.0 * places), libm::log(area.1 * places)), (libm::log(ratio.0), libm::log(ratio.1)));
    let squared = |side: f64| 2.0 * libm::log(side);
    let (low, high, wide) = (squared(0.5), squared(height as f64 - 0.5), squared(width as f64 - 0.5));
    let from = [area.0 - wide, low - area.1, (low - wide) / 2.0].into_iter().fold(ratio.0, f64::max);
    let to = [high - area.0, area.1 - low, (high - low) / 2.0].into_iter().fold(ratio.1, f64::min);
    height > 1 && width > 1 && from <= to
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_rectangle_can_be_is_known() {
        let fits = |area, ratio, size| some_fits(area, ratio, size);
        let one = (1.0, 1.0);
        assert!(!fits((0.99, 0.99), one, [24, 24]) && !fits((1e-9, 1e-9), one, [24, 24]));
        // 12 of 24 places wide and twice as high as that: as high as the picture.
        assert!(!fits((0.25, 0.25), (4.0, 4.0), [24, 24]) && fits((0.25, 0.25), (3.6, 3.6), [24, 24]));
        assert!(!fits((0.02, 0.33), (0.3, 3.3), [1, 24]));
        assert!(fits((0.02, 0.33), (0.3, 3.3), [24, 24]) && fits((1e-9, 0.5), one, [24, 24]));
        assert!(fits((0.9, 0.9), one, [24, 24]) && fits((0.25, 0.25), (1.0, 4.0), [24, 24]));
        // The largest that is smaller: 23x23 of 24x24, up to half a place more.
        assert!(fits((0.958, 0.958), one, [24, 24]) && !fits((0.959, 0.959), one, [24, 24]));
    }
}
