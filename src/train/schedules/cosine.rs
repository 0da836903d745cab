//! The learning rate falls along half a cosine, update by update.
//!
//! # Formula
//! `factor = floor + (1 - floor) (1 + cos(pi t / T)) / 2`, t updates after the warm-up, T from there to the end.
//!
//! # Arguments
//! `floor` is the factor at the end, 0 unless given. `warmup` grows the rate linearly first; `over` ends the fall before the last epoch (warm-up
//! included); from there on the factor is `floor`, as it is in epochs that `--epochs` adds to those of the file.
//!
//! # Example
//! ```net
//! schedule cosine, warmup=5epochs, floor=0.01
//! ```
//!
//! # Papers
//! Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts.

use super::{At, OVER, Schedule, WARMUP};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Cosine;
pub static WORD: Cosine = Cosine;

static SIG: Sig = Sig {
    name: "cosine",
    about: "the learning rate falls along half a cosine",
    args: &[
        ArgSpec::named("floor", Kind::Number(Bounds::UNIT), Default::Number(0.0), "factor at the end"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Cosine {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("cosine_annealing", "cosine"), ("cosine_annealing_lr", "cosine"), ("cosine_decay", "cosine")]
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let floor = args.number("floor");
        let share = at.update as f64 / at.horizon as f64;
        floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }
}
