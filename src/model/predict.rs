//! How a net predicts: what stands for the mean of its sub-networks, and what is said of its uncertainty.

/// The `predict` section.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Predict {
    pub mode: PredictMode,
    pub interval: Option<Interval>,
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
    /// Inverse variance of an observation around the mean function, in the target's own units; a `normal` output says its own.
    pub precision: Option<f64>,
}

impl super::Model {
    /// Whether Monte-Carlo samples of the net differ.
    #[must_use]
    pub fn is_live_in_mc(&self) -> bool {
        self.nodes.iter().any(|node| {
            let weights = node.weight_drop.is_some_and(|drop| drop.p > 0.0) && !node.params.is_empty();
            let site = match &node.kind {
                super::NodeKind::Layer(used) => used.word.drop_site(&used.args),
                super::NodeKind::Input { .. } => None,
            };
            weights || site.is_some_and(|site| site.live_in_mc)
        })
    }
}
