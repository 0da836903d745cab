//! What training tells whoever follows it: events while it runs, and how it ended.

use std::sync::{Arc, atomic::AtomicU64};

use crate::{
    data::Numbers,
    runtime::{figures::Figures, progress::Best},
};

/// What happens during training, for whoever shows it.
pub enum Event<'a> {
    /// The native code is ready.
    Compiled {
        seconds: f64,
    },
    /// What statements of `augment` need is being made, or was: in words.
    Prepared(&'a str),
    /// What depends on data alone was computed once, and takes so many bytes.
    Settled {
        bytes: u64,
        seconds: f64,
    },
    /// `done` counts the steps of this epoch while it runs.
    EpochBegan {
        epoch: u64,
        epochs: u64,
        steps: u64,
        done: Arc<AtomicU64>,
    },
    EpochDone(&'a EpochReport),
    /// What `by` watches has no value after this epoch; said once a run.
    Undefined {
        epoch: u64,
        by: &'static str,
        watch: &'a str,
        /// Of which rows or outputs the figure has none.
        why: &'static str,
    },
    /// `stop_early` ended the run.
    StoppedEarly {
        epoch: u64,
        best: Best,
        watch: &'a str,
    },
}

/// One finished epoch; `epoch` counts from 1, `seconds` are the training steps alone.
#[derive(Clone, Debug)]
pub struct EpochReport {
    pub epoch: u64,
    pub epochs: u64,
    pub seconds: f64,
    pub steps: u64,
    pub train: Figures,
    pub valid: Option<Figures>,
    /// Of the training rows as validation rows are judged, where the file asks for it after this epoch.
    pub judged: Option<Figures>,
    pub lr: f64,
    /// The watched figure is the best so far.
    pub best: bool,
}

pub trait Observer {
    fn event(&mut self, event: Event<'_>);

    /// Rows that were changed, as the net is fed with them in this epoch (from 1), before sums of pairs; the place in the shuffled order of each.
    fn fed(&mut self, _epoch: u64, _places: &mut dyn Iterator<Item = usize>, _rows: Numbers<'_>) {}

    /// Whether training ends here though epochs are left; asked after each.
    fn ends(&mut self) -> bool {
        false
    }

    /// Whether something that belongs to the epoch could not be written: then no checkpoint may say that the epoch is done.
    fn has_failed(&self) -> bool {
        false
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub epochs: u64,
    /// Beyond whole epochs.
    pub steps: u64,
    /// Figures of the test part, where there is one.
    pub test: Option<Figures>,
    /// `last` or, after early stopping, `best`: which parameters the test figures are of.
    pub tested: &'static str,
    pub best: Option<Best>,
    /// Inverse variance of an observation in the target's own units, where `bayes_decay` fitted it: after the last epoch.
    pub precision: Option<f64>,
    /// Training steps alone.
    pub seconds: f64,
    pub compile_seconds: f64,
    /// At work in the last steps, of those that were offered.
    pub threads: usize,
    /// Nothing was left to do.
    pub already_done: bool,
}
