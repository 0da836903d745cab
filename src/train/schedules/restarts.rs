//! Half cosines, one behind another: the learning rate falls, starts anew at the top, and falls again.
//!
//! # Formula
//! In cycle c, t of its `T_c` updates done: `factor = floor + (peak^c - floor) (1 + cos(pi t / T_c)) / 2`, `T_c = first times^c`, the first cycle being number 0. A peak below the
//! floor is the floor.
//!
//! # Arguments
//! `first` is the length of the first cycle; `times` what each is longer than the one before, 1 unless given. `peak` is what the top is multiplied by at each
//! restart, 1 unless given; `floor` the factor at the end of each cycle, 0. `warmup` grows the rate linearly before the first cycle; `over` ends the schedule
//! (warm-up included), whose factor is then held.
//!
//! A run is best ended with a cycle: `first=10epochs, times=2` ends cycles after 10, 30, 70 and 150 epochs.
//!
//! # Example
//! ```net
//! schedule restarts, first=2epochs, times=2
//! ```
//!
//! # Papers
//! Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.

use super::{At, OVER, Schedule, WARMUP, Wrong, not_zero, updates};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit};

pub struct Restarts;
pub static WORD: Restarts = Restarts;

/// Cycles that shrink would become shorter than an update.
const AT_LEAST_ONE: Bounds = Bounds { low: 1.0, ..Bounds::ANY };

static SIG: Sig = Sig {
    name: "restarts",
    about: "the learning rate falls along half a cosine, again and again",
    args: &[
        ArgSpec::named(
            "first",
            Kind::Quantity(&[Unit::Epochs, Unit::Steps]),
            Default::Required,
            "length of the first cycle",
        ),
        ArgSpec::named(
            "times",
            Kind::Number(AT_LEAST_ONE),
            Default::Number(1.0),
            "what a cycle is longer than the one before",
        ),
        ArgSpec::named(
            "peak",
            Kind::Number(Bounds::UNIT),
            Default::Number(1.0),
            "factor of the top at each restart",
        ),
        ArgSpec::named(
            "floor",
            Kind::Number(Bounds::UNIT),
            Default::Number(0.0),
            "factor at the end of a cycle",
        ),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Restarts {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("cosine_annealing_warm_restarts", "restarts"),
            ("cosine_decay_restarts", "restarts"),
            ("sgdr", "restarts"),
        ]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        not_zero(args, "first")
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let first = updates(args, "first", at.updates_per_epoch).unwrap_or(1).max(1) as f64;
        let (cycle, share) = place(at.update as f64, first, args.number("times"));
        let floor = args.number("floor");
        let top = args.number("peak").powf(cycle).max(floor);
        floor + (top - floor) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }
}

/// The number of the cycle that `update` lies in, and the share of it that is done.
fn place(update: f64, first: f64, times: f64) -> (f64, f64) {
    if times == 1.0 {
        return ((update / first).floor(), (update % first) / first);
    }
    let (mut cycle, mut length, mut since) = (0.0, first, update);
    while since >= length {
        since -= length;
        length *= times;
        cycle += 1.0;
    }
    (cycle, since / length)
}
