//! The learning rate falls as a power of the time that is left, update by update.
//!
//! # Formula
//! `factor = floor + (1 - floor) (1 - t / T)^power`, t updates after the warm-up, T from there to the end.
//!
//! # Arguments
//! `power` bends the fall: 1 is `linear`, above it the rate falls early, below it late. `floor` is the factor at the end, 0 unless given. `warmup` grows the rate
//! linearly first; `over` ends the fall before the last epoch (warm-up included); from there on the factor is `floor`.
//!
//! # Example
//! ```net
//! schedule polynomial, power=0.9
//! ```
//!
//! # Papers
//! Chen et al. 2018, DeepLab: semantic image segmentation with deep convolutional nets (the "poly" policy, power 0.9).

use super::{At, OVER, Schedule, WARMUP};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Polynomial;
pub static WORD: Polynomial = Polynomial;

static SIG: Sig = Sig {
    name: "polynomial",
    about: "the learning rate falls as a power of the time that is left",
    args: &[
        ArgSpec::named("power", Kind::Number(Bounds::POSITIVE), Default::Required, "how the fall is bent"),
        ArgSpec::named("floor", Kind::Number(Bounds::UNIT), Default::Number(0.0), "factor at the end"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Polynomial {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("poly", "polynomial"), ("polynomial_decay", "polynomial"), ("polynomial_lr", "polynomial")]
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let floor = args.number("floor");
        let left = 1.0 - at.update as f64 / at.horizon as f64;
        floor + (1.0 - floor) * left.powf(args.number("power"))
    }
}
