//! The learning rate falls along a straight line, update by update.
//!
//! # Formula
//! `factor = 1 - (1 - floor) t / T`, t updates after the warm-up, T from there to the end.
//!
//! # Arguments
//! `floor` is the factor at the end, 0 unless given. `warmup` grows the rate linearly first; `over` ends the fall before training does (warm-up
//! included); from there on the factor is `floor`, as it is in epochs that `--epochs` adds to those of the file.
//!
//! # Example
//! ```net
//! schedule linear, warmup=500steps
//! ```
//!
//! # Papers
//! Devlin et al. 2019, BERT: pre-training of deep bidirectional transformers (with a warm-up).

use super::{At, OVER, Schedule, WARMUP};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Linear;
pub static WORD: Linear = Linear;

static SIG: Sig = Sig {
    name: "linear",
    about: "the learning rate falls along a straight line",
    args: &[
        // Falling to 1 would be no fall.
        ArgSpec::named("floor", Kind::Number(Bounds::BELOW_ONE), Default::Number(0.0), "factor at the end"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Linear {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("linear_lr", "linear")]
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let floor = args.number("floor");
        let share = at.update as f64 / at.horizon as f64;
        // So written, the end is `floor` to the bit.
        floor + (1.0 - floor) * (1.0 - share)
    }
}
