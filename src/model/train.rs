//! A checked `train` section with `augment` beside it, and what loaded data say of it.

use super::{Freeze, NodeId, OwnRate, Use};
use crate::{
    diag::Span,
    train::{
        Activity, Average, BayesDecay, Loss, Metric, Optimizer, Penalty, Schedule,
        augment::Augmentation,
        steps::{judge::Judge, load::Load},
    },
    vocab::Time,
};

/// A penalty of what a node computes.
#[derive(Clone)]
pub struct Held {
    pub used: Use<dyn Activity>,
    pub value: NodeId,
}

/// A checked `train` section, with `augment` beside it.
#[derive(Clone)]
pub struct Train {
    pub loss: Use<dyn Loss>,
    pub optimizer: Use<dyn Optimizer>,
    /// Constant where the file has none.
    pub schedule: Use<dyn Schedule>,
    pub penalties: Vec<Use<dyn Penalty>>,
    /// Penalties of what layers compute.
    pub held: Vec<Held>,
    /// `epochs 20` or `steps 5000`.
    pub length: Time,
    /// Files that parameters begin with.
    pub loads: Vec<Load>,
    /// Parts that are held still, and parts whose learning rate is another one.
    pub freezes: Vec<Freeze>,
    pub rates: Vec<OwnRate>,
    pub stop_early: Option<StopEarly>,
    /// What predicts in place of the last parameters.
    pub average: Option<Use<dyn Average>>,
    /// Minibatches of an update; 1 unless the file says more.
    pub accumulate: usize,
    /// How far away the gradient is taken, of sharpness-aware steps.
    pub sam: Option<f64>,
    /// Whether an epoch visits every class equally often.
    pub balanced: bool,
    /// Beside the loss, in the order of the file.
    pub report: Vec<Use<dyn Metric>>,
    /// Whether training rows are judged after epochs as validation rows are.
    pub judge: Option<Judge>,
    pub augmentation: Augmentation,
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

    /// Whether something looks at figures of validation rows.
    pub fn watches_valid(&self) -> bool {
        self.watches().iter().any(|(_, watch)| watch.starts_with("valid."))
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

/// What the loaded data say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Rows of the training part.
    pub rows: f64,
    /// Terms of the mean that the loss is: rows, or the tokens that are foretold.
    pub terms: f64,
    /// Variance by which the target is standardised; 1 where it is not.
    pub variance: f64,
}

impl Fitted {
    /// One row, targets as they are: what is found with it is to be divided by the rows, and by the variance.
    pub const ONE: Self = Self { rows: 1.0, terms: 1.0, variance: 1.0 };
}
