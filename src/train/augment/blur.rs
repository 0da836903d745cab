//! Blurs pictures by a Gaussian.
//!
//! # What it does
//! The deviation is uniform in the range `sigma`, in places; the picture is mirrored at its border.
//!
//! # Arguments
//! `size` is over how many places in each direction, an odd number; without it as many as three deviations of the row's own on both sides need.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `GaussianBlur(5, sigma=(0.1, 2))` in torchvision (on every row), `RandomGaussianBlur` in Keras, `GaussianBlur` in albumentations.
//!
//! # Example
//! ```net
//! blur sigma=0.1..2, size=5, p=50%
//! ```

use super::{Augment, Plan, Wrong, colored, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Blur;
pub static WORD: Blur = Blur;

static SIG: Sig = Sig {
    name: "blur",
    about: "blur pictures by a Gaussian",
    args: &[
        ArgSpec::named(
            "sigma",
            Kind::Interval { unit: None, bounds: Bounds::POSITIVE, both_ways: false },
            Default::Range(0.1, 2.0),
            "deviations, in places",
        ),
        ArgSpec::named(
            "size",
            Kind::Count { min: 3 },
            Default::Absent,
            "places in each direction, an odd number",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Blur {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("gaussian_blur", "blur"), ("random_gaussian_blur", "blur")]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        if args.opt_count("size").is_some_and(|size| size % 2 == 0) {
            return Err(("size", "must be odd, so that it has a middle".into()));
        }
        match args.range("sigma").1 > 1000.0 {
            true => Err(("sigma", "must be at most 1000 places".into())),
            false => Ok(()),
        }
    }

    fn told(&self, args: &Args) -> String {
        let (low, high) = args.range("sigma");
        format!("blurred by a deviation of {low} to {high} places")
    }

    fn plan(&self, args: &Args) -> Plan {
        let (sigma, size) = (args.range("sigma"), args.opt_count("size"));
        colored(move |draw, colors| {
            let sigma = draw.between(sigma);
            colors.blur(sigma, size.unwrap_or(2 * (3.0 * sigma).ceil() as usize + 1));
        })
    }
}
