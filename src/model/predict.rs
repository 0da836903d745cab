//! How a net predicts: what stands for the mean of its sub-networks, and what is said of its uncertainty.

use super::{OutputKind, Use};
use crate::train::{
    Metric,
    augment::{Augment, Map, Size},
    metrics,
};

/// The `predict` section.
#[derive(Clone, Default)]
pub struct Predict {
    pub mode: PredictMode,
    pub interval: Option<Interval>,
    /// The figures of predictions that are wanted, in order; all that there are without any.
    pub report: Vec<Reported>,
    /// Statements whose views of a picture are averaged over, each with fixed variants; none where pictures are seen as they are.
    pub views: Vec<Use<dyn Augment>>,
    /// Whether the standard deviation of each class's probability over samples is told.
    pub class_sd: bool,
}

/// A figure of what is predicted.
#[derive(Clone)]
pub enum Reported {
    /// Of the predicted mean.
    Metric(Use<dyn Metric>),
    /// Of the predictive distribution.
    Score(Score),
}

impl Reported {
    #[must_use]
    pub fn metric(&self) -> Option<&Use<dyn Metric>> {
        if let Self::Metric(used) = self { Some(used) } else { None }
    }

    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Metric(used) => metrics::label(used),
            Self::Score(score) => score.name().into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// Mean log-probability of the observations, in nats; of numbers by this precision, or the interval's.
    LogLikelihood(Option<Precision>),
    /// Share of the observations that lie in their intervals.
    Coverage,
    EpistemicSd,
    AleatoricSd,
    MutualInformation,
}

impl Score {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LogLikelihood(_) => "log_likelihood",
            Self::Coverage => "coverage",
            Self::EpistemicSd => "epistemic_sd",
            Self::AleatoricSd => "aleatoric_sd",
            Self::MutualInformation => "mutual_information",
        }
    }

    /// Whether it says something about an output of this kind.
    #[must_use]
    pub fn fits(self, kind: OutputKind) -> bool {
        match self {
            Self::LogLikelihood(_) => true,
            Self::Coverage | Self::EpistemicSd | Self::AleatoricSd => !kind.has_probabilities(),
            Self::MutualInformation => kind.classes().is_some() || kind.steps().is_some(),
        }
    }
}

/// Inverse variance of an observation around the mean function, in the target's own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    Known(f64),
    /// The one under which the validation rows are likeliest (`dropnet calibrate`).
    Fit,
}

impl Precision {
    #[must_use]
    pub fn known(self) -> Option<f64> {
        if let Self::Known(x) = self { Some(x) } else { None }
    }
}

impl Predict {
    /// How pictures of this size are looked at: every combination of the statements' variants, the picture as it is first.
    #[must_use]
    pub fn views(&self, size: Size) -> Vec<Map> {
        self.views.iter().fold(vec![Map::same(size)], |views, used| {
            let own = used.word.views(&used.args, size);
            views.iter().flat_map(|before| own.iter().map(|map| map.after(before))).collect()
        })
    }

    /// In how many views each picture is seen.
    #[must_use]
    pub fn view_count(&self) -> usize {
        self.views([1, 1]).len()
    }

    /// The statements of the views with all that they go by, alike for what is alike: what was fitted to views is found again by it.
    #[must_use]
    pub fn views_told(&self) -> String {
        let told = |used: &Use<dyn Augment>| {
            let idle = used.word.viewed().unwrap_or_default();
            let acts = used.args.sig.args.iter().filter(|arg| !idle.contains(&arg.name));
            let said = acts.filter_map(|arg| Some(format!("{}={}", arg.name, used.args.value(arg.name)?)));
            format!("{} {}", used.args.sig.name, said.collect::<Vec<_>>().join(", "))
        };
        match &self.views[..] {
            [] => "none".into(),
            views => views.iter().map(told).collect::<Vec<_>>().join("; "),
        }
    }

    /// By which the log-likelihood of numbers is measured: what `report` says, or the interval's.
    #[must_use]
    pub fn precision(&self) -> Option<Precision> {
        let said = self.report.iter().find_map(|reported| match reported {
            Reported::Score(Score::LogLikelihood(precision)) => *precision,
            _ => None,
        });
        said.or(self.interval.and_then(|interval| interval.precision))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum PredictMode {
    /// One pass with dropout off.
    #[default]
    WeightScaling,
    /// The mean over samples with dropout on (Gal and Ghahramani 2016).
    McDropout(McDropout),
    /// A mean of sampled sub-networks, as one net's prediction.
    Ensemble(Mean, McDropout),
    /// The mean of all sub-networks, each by its probability.
    Exact(Mean),
}

impl PredictMode {
    /// The seed of the masks that the file gives.
    #[must_use]
    pub fn seed(self) -> Option<u64> {
        match self {
            Self::McDropout(mc) | Self::Ensemble(_, mc) => mc.seed,
            Self::WeightScaling | Self::Exact(_) => None,
        }
    }
}

/// How sub-networks are averaged. Both means are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// Of probabilities, or of numbers.
    Arithmetic,
    /// Of probabilities: the softmax of mean logits (Warde-Farley et al. 2013). Of normal densities: precisions are averaged, and means by
    /// precision.
    Geometric,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McDropout {
    /// Of each row; the most where `until` says when they are enough.
    pub samples: u32,
    /// Of the masks; without one the seed of the run.
    pub seed: Option<u64>,
    pub until: Option<Until>,
}

/// When samples are enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Until {
    /// The largest standard error of a row's mean that is left, in probability or in the target's own units.
    pub standard_error: f64,
    /// Samples between two looks, and the fewest that are drawn.
    pub min: u32,
}

impl Until {
    /// Samples between two looks where nobody says.
    pub const USUAL_MIN: u32 = 20;
}

/// Predictive intervals of real outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Of the probability, in the middle.
    pub share: f64,
    /// A `normal` output says its own.
    pub precision: Option<Precision>,
}

impl super::Model {
    /// Whether Monte-Carlo samples of the net differ.
    #[must_use]
    pub fn is_live_in_mc(&self) -> bool {
        self.nodes.iter().any(|node| {
            let live = node.weight_drop.filter(|drop| drop.p.acts(false));
            let weights =
                live.is_some_and(|drop| node.params.iter().any(|id| drop.masks(&self.params[id.0])));
            let inner = node.inner_drops(self).iter().any(|drop| drop.rate.last() > 0.0);
            weights || inner || node.drop_site().is_some_and(|site| site.is_live_in_mc())
        })
    }
}
