//! The learning rate falls as one over the time, or a power of it: fast at first, never to nothing.
//!
//! # Formula
//! `factor = (1 + t / period)^-power`, t updates after the warm-up.
//!
//! # Arguments
//! `period` is the time after which the rate has come to `2^-power` of its start, a half unless `power` is given; `power=0.5` falls with the square
//! root. `warmup` grows the rate linearly first; `over` ends the fall (warm-up included): from there on the rate is held at what it is at that
//! moment. With warm-up and period alike, `power=0.5, warmup=4000steps, period=4000steps`, it is the transformer's: `sqrt(4000 / u)` at update u.
//!
//! # Example
//! ```net
//! schedule inverse, period=10epochs
//! ```
//!
//! # Papers
//! Robbins and Monro 1951, A stochastic approximation method; Vaswani et al. 2017, Attention is all you need (square root).

use super::{At, OVER, Schedule, WARMUP, Wrong, not_zero, updates};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit};

pub struct Inverse;
pub static WORD: Inverse = Inverse;

static SIG: Sig = Sig {
    name: "inverse",
    about: "the learning rate falls as one over the time",
    args: &[
        ArgSpec::named(
            "period",
            Kind::Quantity(&[Unit::Epochs, Unit::Steps]),
            Default::Required,
            "time after which the rate has halved",
        ),
        ArgSpec::named("power", Kind::Number(Bounds::POSITIVE), Default::Number(1.0), "power of the fall"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Inverse {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("inverse_time_decay", "inverse")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        not_zero(args, "period")
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let period = updates(args, "period", at.updates_per_epoch).unwrap_or(1).max(1);
        (1.0 + at.update as f64 / period as f64).powf(-args.number("power"))
    }
}
