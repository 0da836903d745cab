//! Cuts a window of random size and proportions out of each picture and resizes it.
//!
//! # What it does
//! A share of the picture's area and a ratio of width to height are drawn, the ratio uniformly on a logarithmic scale, until the window fits (10 tries, else the largest one in the middle whose ratio
//! is in the range). The window lies at any place, and is resized bilinearly over as wide a neighbourhood as it becomes smaller (antialiased). Rows on which it does not act (`p`) are resized whole.
//!
//! # Arguments
//! `size` is the height and width of the result, which the net's input takes; `area` a share of the picture, `ratio` width over height. The pictures of the data may have any size, all the same one. Evaluation
//! and prediction see the largest window in the middle that has the proportions of the result, resized to it: pictures that `resize` in `data` brings to the size of the input are seen whole.
//!
//! # Elsewhere
//! `RandomResizedCrop(224, scale=(0.08, 1))` in torchvision, `RandomResizedCrop` in albumentations, `scale=` and `ratio=` in timm.
//!
//! # Example
//! ```net
//! resized_crop 32x32, area=50%..100%
//! ```
//!
//! # Papers
//! Szegedy et al. 2015, Going deeper with convolutions.

use super::{Augment, Draw, Plan, Resample, Size, Window, Wrong, p, two_sides};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct ResizedCrop;
pub static WORD: ResizedCrop = ResizedCrop;

static SIG: Sig = Sig {
    name: "resized_crop",
    about: "cut a window of random size out of each picture and resize it",
    args: &[
        ArgSpec::required("size", Kind::Size, "height and width of the result, such as 224x224"),
        ArgSpec::named(
            "area",
            Kind::Interval {
                unit: None,
                bounds: Bounds { low: 0.0, high: 1.0, open_low: true, open_high: false },
                both_ways: false,
            },
            Default::Range(0.08, 1.0),
            "share of the picture",
        ),
        ArgSpec::named(
            "ratio",
            Kind::Interval { unit: None, bounds: Bounds::POSITIVE, both_ways: false },
            Default::Range(0.75, 1.333),
            "width over height",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for ResizedCrop {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_resized_crop", "resized_crop"), ("random_sized_crop", "resized_crop")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        two_sides(args, "size")
    }

    fn size(&self, args: &Args, _size: Size) -> Result<Size, Wrong> {
        Ok(args.sides("size"))
    }

    fn makes(&self, args: &Args) -> Option<Size> {
        Some(args.sides("size"))
    }

    fn fits(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        let ([height, width], area, ratio) = (args.sides("size"), args.range("area"), args.range("ratio"));
        let share = |x: f64| (1e4 * x).round() / 1e2;
        format!(
            "a window of {}% to {}% of the picture, {} to {} as wide as high, resized to {height}x{width}",
            share(area.0),
            share(area.1),
            ratio.0,
            ratio.1
        )
    }

    fn plan(&self, args: &Args) -> Plan {
        let (area, ratio) = (args.range("area"), args.range("ratio"));
        Plan::Resample(Box::new(Windows { size: args.sides("size"), area, ratio }))
    }
}

struct Windows {
    size: Size,
    area: (f64, f64),
    ratio: (f64, f64),
}

impl Resample for Windows {
    fn size(&self) -> Size {
        self.size
    }

    fn window(&self, draw: &mut Draw<'_>, [height, width]: Size) -> Window {
        let logs = (libm::log(self.ratio.0), libm::log(self.ratio.1));
        for _ in 0..10 {
            let area = draw.between(self.area) * (height * width) as f64;
            let ratio = libm::exp(draw.between(logs));
            let side = |x: f64| x.sqrt().round() as usize;
            let (w, h) = (side(area * ratio), side(area / ratio));
            if (1..=height).contains(&h) && (1..=width).contains(&w) {
                let top = draw.below(height - h + 1);
                return Window { top, left: draw.below(width - w + 1), height: h, width: w };
            }
        }
        self.middle([height, width])
    }
}

impl Windows {
    /// The largest window in the middle whose ratio is in the range.
    fn middle(&self, [height, width]: Size) -> Window {
        let own = width as f64 / height as f64;
        let (h, w) = match () {
            () if own < self.ratio.0 => ((width as f64 / self.ratio.0).round() as usize, width),
            () if own > self.ratio.1 => (height, (height as f64 * self.ratio.1).round() as usize),
            () => (height, width),
        };
        let (h, w) = (h.clamp(1, height), w.clamp(1, width));
        Window { top: (height - h) / 2, left: (width - w) / 2, height: h, width: w }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_pictures_fall_back_to_the_middle() {
        let windows = Windows { size: [8, 8], area: (0.9, 1.0), ratio: (0.75, 1.333) };
        assert_eq!(windows.middle([10, 100]), Window { top: 0, left: 43, height: 10, width: 13 });
        assert_eq!(windows.middle([100, 12]), Window { top: 42, left: 0, height: 16, width: 12 });
        assert_eq!(windows.middle([10, 10]), Window { top: 0, left: 0, height: 10, width: 10 });
    }
}
