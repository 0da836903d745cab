//! The learning rate is multiplied by the same number after every epoch.
//!
//! # Formula
//! `factor = rate^e`, e whole epochs after the warm-up.
//!
//! # Arguments
//! `rate` is the factor of an epoch. `warmup` grows the rate linearly first; `over` ends the fall (warm-up included): from
//! there on the rate is held at what it is at that moment.
//!
//! # Example
//! ```net
//! schedule exponential, rate=0.998
//! ```

use super::{At, OVER, Schedule, WARMUP};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Exponential;
pub static WORD: Exponential = Exponential;

static SIG: Sig = Sig {
    name: "exponential",
    about: "the learning rate is multiplied by the same number after every epoch",
    args: &[
        ArgSpec::named("rate", Kind::Number(Bounds::POSITIVE), Default::Required, "factor of an epoch"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Exponential {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("exponential_decay", "exponential"), ("exponential_lr", "exponential")]
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let epochs = at.update / at.updates_per_epoch.max(1);
        args.number("rate").powf(epochs as f64)
    }
}
