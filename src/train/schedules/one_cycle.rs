//! The learning rate rises to `lr` and falls far below where it began: one cycle a run.
//!
//! # Formula
//! Up to the peak, t of P updates: `factor = start + (1 - start) c(t / P)`; from there, t of the R that are left: `factor = floor + (1 - floor)
//! (1 - c(t / R))`. `c(s) = (1 - cos(pi s)) / 2`, or s with `shape=linear`.
//!
//! # Arguments
//! `lr` of the optimizer is the rate at the peak. `start` is the factor of the first update, 0.04 unless given (a 25th); `peak` the share of the time
//! at which the peak comes, 30%; `floor` the factor at the end, 4e-6 (the start by 10 000). `shape` is `cosine` or `linear`. `over` ends the cycle
//! before training does; then the factor is `floor`. There is no `warmup`: the rise is one. The momentum stays as it is, where the paper lets it
//! fall and rise against the rate: `momentum=ramp(...)` says so.
//!
//! # Example
//! ```net
//! schedule one_cycle, peak=40%, floor=0.001
//! ```
//!
//! # Papers
//! Smith and Topin 2019, Super-convergence: very fast training of neural networks using large learning rates.

use super::{At, OVER, Schedule};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct OneCycle;
pub static WORD: OneCycle = OneCycle;

/// `(0, 1)`: there is a rise and a fall.
const INSIDE: Bounds = Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true };

static SIG: Sig = Sig {
    name: "one_cycle",
    about: "the learning rate rises to a peak and falls far below its start",
    args: &[
        ArgSpec::named(
            "start",
            Kind::Number(Bounds::BELOW_ONE),
            Default::Number(0.04),
            "factor at the start",
        ),
        ArgSpec::named(
            "peak",
            Kind::Number(INSIDE),
            Default::Number(0.3),
            "share of the time before the peak",
        ),
        ArgSpec::named("floor", Kind::Number(Bounds::BELOW_ONE), Default::Number(4e-6), "factor at the end"),
        ArgSpec::named(
            "shape",
            Kind::Word(&["cosine", "linear"]),
            Default::Word("cosine"),
            "how it rises and falls",
        ),
        OVER,
    ],
    block: Block::None,
};

impl Schedule for OneCycle {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("one_cycle_lr", "one_cycle")]
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let share = at.update as f64 / at.horizon as f64;
        let peak = args.number("peak");
        let (end, along) = if share < peak {
            (args.number("start"), 1.0 - share / peak)
        } else {
            (args.number("floor"), (share - peak) / (1.0 - peak))
        };
        let left = match args.word("shape") {
            "linear" => 1.0 - along,
            _ => 0.5 * (1.0 + (std::f64::consts::PI * along).cos()),
        };
        end + (1.0 - end) * left
    }
}
