//! The learning rate is cut when the watched figure no longer improves.
//!
//! # Formula
//! After each epoch: if the figure has not improved for more than `patience` epochs, `rate = max(rate * factor, min)` and the count starts anew.
//! Epochs after which the figure has no value (AUC where all rows are of one class) do not count.
//!
//! # Arguments
//! `factor` is the factor of a cut, 0.1 unless given; `patience` the epochs without improvement that are put up with, 10; `watch` the figure,
//! `valid.loss`; `min_delta` the smallest improvement that counts, 0; `min` the smallest factor of the optimizer's `lr`, 0. `warmup` grows the rate linearly first.
//!
//! # Example
//! ```net
//! schedule plateau, factor=0.5, patience=5
//! ```

use serde::{Deserialize, Serialize};

use super::{At, Schedule, WARMUP};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct PlateauWord;
pub static WORD: PlateauWord = PlateauWord;

static SIG: Sig = Sig {
    name: "plateau",
    about: "the learning rate is cut when the watched figure no longer improves",
    args: &[
        ArgSpec::named(
            "factor",
            Kind::Number(Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true }),
            Default::Number(0.1),
            "factor of a cut",
        ),
        ArgSpec::named(
            "patience",
            Kind::Count { min: 0 },
            Default::Number(10.0),
            "epochs without improvement",
        ),
        ArgSpec::named(
            "watch",
            Kind::Name,
            Default::Word("valid.loss"),
            "the figure: `valid.loss`, `valid.accuracy`",
        ),
        ArgSpec::named(
            "min_delta",
            Kind::Number(Bounds::NON_NEGATIVE),
            Default::Number(0.0),
            "smallest improvement that counts",
        ),
        ArgSpec::named("min", Kind::Number(Bounds::UNIT), Default::Number(0.0), "smallest factor of `lr`"),
        WARMUP,
    ],
    block: Block::None,
};

impl Schedule for PlateauWord {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("reduce_lr_on_plateau", "plateau")]
    }

    fn factor(&self, _args: &Args, at: &At) -> f64 {
        at.plateau
    }

    fn plateau(&self, args: &Args) -> Option<Plateau> {
        Some(Plateau {
            factor: args.number("factor"),
            patience: args.count("patience"),
            watch: args.word("watch").into(),
            min_delta: args.number("min_delta"),
            min: args.number("min"),
        })
    }
}

/// The rule that the driver follows after each epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Plateau {
    pub factor: f64,
    pub patience: usize,
    /// `valid.loss`, `valid.accuracy`, `train.loss`.
    pub watch: String,
    /// What counts as an improvement.
    pub min_delta: f64,
    pub min: f64,
}

/// The state of a plateau schedule, kept by the driver and in checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    /// What the rate has been multiplied by so far: [`At::plateau`].
    pub factor: f64,
    /// The best figure so far; `None` before the first.
    pub best: Option<f64>,
    /// Epochs since then or since the last cut.
    pub bad_epochs: u64,
}

impl std::default::Default for PlateauState {
    fn default() -> Self {
        Self { factor: 1.0, best: None, bad_epochs: 0 }
    }
}

impl Plateau {
    /// The state after an epoch that ended with `figure`. An epoch whose figure is no number says nothing and does not count.
    pub fn after_epoch(&self, before: PlateauState, figure: f64, higher_is_better: bool) -> PlateauState {
        if figure.is_nan() {
            return before;
        }
        let sign = if higher_is_better { -1.0 } else { 1.0 };
        let better = |best: f64| sign * figure < sign * best - self.min_delta;
        if before.best.is_none_or(better) {
            return PlateauState { best: Some(figure), bad_epochs: 0, ..before };
        }
        let bad_epochs = before.bad_epochs + 1;
        if bad_epochs <= self.patience as u64 {
            return PlateauState { bad_epochs, ..before };
        }
        // Never upwards: a file may set `min` above what the rate starts with.
        let factor = (before.factor * self.factor).max(self.min).min(before.factor);
        PlateauState { bad_epochs: 0, factor, ..before }
    }
}
