//! What the `train` and `augment` sections say. One folder a family, one file a word, the same pattern as layers.

pub mod losses;
pub mod metrics;
pub mod optimizers;
pub mod penalties;
pub mod schedules;

pub use losses::Loss;
pub use metrics::Metric;
pub use optimizers::Optimizer;
pub use penalties::{BayesDecay, Penalty};
pub use schedules::Schedule;

use crate::{diag::Span, model::Use};

/// An argument that does not fit, and why: "`betas` must be two numbers in [0, 1)".
pub type Wrong = (&'static str, String);

/// A checked `train` section, with `augment` beside it.
#[derive(Clone)]
pub struct Train {
    pub loss: Use<dyn Loss>,
    pub optimizer: Use<dyn Optimizer>,
    /// Constant where the file has none.
    pub schedule: Use<dyn Schedule>,
    pub penalties: Vec<Use<dyn Penalty>>,
    pub epochs: usize,
    pub stop_early: Option<StopEarly>,
    /// Beside the loss, in the order of the file.
    pub report: Vec<Use<dyn Metric>>,
    /// `mixup alpha=`: the parameter of the Beta distribution.
    pub mixup: Option<f64>,
    /// Seed of the file; `--seed` wins.
    pub seed: Option<u64>,
}

impl Train {
    /// The checked uses of `bayes_decay`.
    pub fn bayes_decays(&self) -> impl Iterator<Item = BayesDecay> {
        self.penalties.iter().filter_map(|penalty| BayesDecay::of(penalty.args.value("amount")?))
    }

    /// Of the loss; 0 of one that has none.
    pub fn label_smoothing(&self) -> f64 {
        let args = &self.loss.args;
        let given = args.sig.arg("label_smoothing").and_then(|_| args.opt_number("label_smoothing"));
        given.unwrap_or(0.0)
    }

    /// Statements that look at a figure after every epoch, and the figures: `valid.loss`.
    pub fn watches(&self) -> Vec<(&'static str, String)> {
        let plateau = self.schedule.word.plateau(&self.schedule.args);
        let plateau = plateau.map(|rule| ("schedule plateau", rule.watch));
        let stop = self.stop_early.as_ref().map(|stop| ("stop_early", stop.watch.clone()));
        stop.into_iter().chain(plateau).collect()
    }

    /// Whether the precision of an observation is fitted after every epoch.
    pub fn fits_precision(&self) -> bool {
        self.bayes_decays().any(|decay| decay.is_fitted())
    }
}

/// Stop when the watched figure has not improved for `patience` epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct StopEarly {
    pub patience: usize,
    /// `valid.loss`, `valid.accuracy`, `train.loss`.
    pub watch: String,
    /// What counts as an improvement.
    pub min_delta: f64,
    pub span: Span,
}

/// Declares the words of a family: one module a word, each with a `pub static WORD`.
macro_rules! family {
    ($trait:ident: $($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// All words of the family and their source files, whose leading `//!` lines are the manual.
        pub static WORDS: &[(&dyn $trait, &str)] = &[$((&$name::WORD, include_str!(concat!(stringify!($name), ".rs")))),*];

        pub fn find(name: &str) -> Option<&'static dyn $trait> {
            WORDS.iter().map(|(word, _)| *word).find(|word| word.sig().name == name)
        }
    };
}
pub(crate) use family;

#[cfg(test)]
pub(crate) mod tests;
