//! What is lost where the net's probabilities stand in for the target's (Kullback-Leibler divergence): cross-entropy less the entropy of the target, which no net gets below.
//!
//! # Formula
//! `sum_k q_k (log q_k - log softmax(z)_k)` a row; the loss is its mean over the rows. `q` is the one-hot target, smoothed (`(1 - e) q + e / K`) and mixed (mixup) in training. Its derivatives are
//! those of `cross_entropy`, and where targets are whole classes its value is too; where they are not it is 0 for a net that gives the target itself, so that losses under other smoothing or
//! mixing can be compared.
//!
//! # Arguments
//! `label_smoothing` is e, in training only.
//!
//! # Example
//! ```net
//! loss kl, label_smoothing=0.1
//! ```
//!
//! # Papers
//! Kullback and Leibler 1951, On information and sufficiency.

use super::{Likelihood, Loss, LossCx, RowLoss, cross_entropy::smoothed_target};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct Kl;
pub static WORD: Kl = Kl;

/// Below it a share of the target adds nothing: `q log q` is 0 at 0.
const LEAST: f32 = 1e-30;

static SIG: Sig = Sig {
    name: "kl",
    about: "cross-entropy less the entropy of smoothed or mixed targets",
    args: &[ArgSpec::named(
        "label_smoothing",
        Kind::Number(Bounds::BELOW_ONE),
        Default::Number(0.0),
        "share of the target that is spread over all classes",
    )],
    block: Block::None,
};

impl Loss for Kl {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("kl_div_loss", "kl"), ("kl_divergence", "kl"), ("kullback_leibler", "kl")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.classes().is_some()
    }

    /// Judged rows have whole classes.
    fn likelihood(&self) -> Likelihood {
        Likelihood::Own
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let classes = cx.kind.width();
        let log_p = cx.b.log_softmax(cx.output);
        let q = smoothed_target(cx, classes);
        let least = cx.b.splat(LEAST, q);
        let known = cx.b.max(q, least);
        let log_q = cx.b.log(known);
        let lost = cx.b.sub(log_q, log_p);
        let terms = cx.b.mul(q, lost);
        RowLoss { losses: cx.b.sum(terms, &[1]), weights: None }
    }
}
