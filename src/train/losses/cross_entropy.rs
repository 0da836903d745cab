//! Negative log-likelihood of the classes, from logits.
//!
//! # Formula
//! `-sum_k q_k w_k log softmax(z)_k` a row, divided by the sum of the weights over the minibatch (by the rows where there are none).
//! `q` is the one-hot target, smoothed (`(1 - e) q + e / K`) and mixed (mixup) in training.
//!
//! # Arguments
//! `label_smoothing` is e; `class_weights` is one weight a class. Both act in training only.
//!
//! # Example
//! ```net
//! loss cross_entropy, label_smoothing=0.1, class_weights=[1, 1, 2, 4]
//! ```
//!
//! # Papers
//! Szegedy et al. 2016, Rethinking the Inception architecture (label smoothing).

use super::{Likelihood, Loss, LossCx, RowLoss};
use crate::{
    graph::ValueId,
    model::OutputKind,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value},
};

pub struct CrossEntropy;
pub static WORD: CrossEntropy = CrossEntropy;

static SIG: Sig = Sig {
    name: "cross_entropy",
    about: "negative log-likelihood of classes, from logits",
    args: &[
        ArgSpec::named(
            "label_smoothing",
            Kind::Number(Bounds::BELOW_ONE),
            Default::Number(0.0),
            "share of the target that is spread over all classes",
        ),
        ArgSpec::named("class_weights", Kind::Numbers, Default::Absent, "one weight a class"),
    ],
    block: Block::None,
};

impl Loss for CrossEntropy {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.classes().is_some()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), (&'static str, String)> {
        let weights = weights(args);
        if !weights.is_empty() && weights.len() != kind.width() {
            return Err((
                "class_weights",
                format!("needs {} weights, one a class, found {}", kind.width(), weights.len()),
            ));
        }
        if weights.iter().any(|w| *w < 0.0) || (!weights.is_empty() && weights.iter().all(|w| *w == 0.0)) {
            return Err(("class_weights", "must not be negative, and one must be positive".into()));
        }
        Ok(())
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::Own
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let classes = cx.kind.width();
        let log_p = cx.b.log_softmax(cx.output);
        let mut q = cx.soft_target(classes);
        let smoothing = cx.args.number("label_smoothing");
        if cx.training && smoothing > 0.0 {
            q = smooth(cx, q, smoothing, classes);
        }
        let weights = weights(cx.args);
        if !cx.training || weights.is_empty() {
            let terms = cx.b.mul(q, log_p);
            let sum = cx.b.sum(terms, &[1]);
            return RowLoss { losses: cx.b.neg(sum), weights: None };
        }
        // The divisor counts the target's own weight, before smoothing (as PyTorch does).
        let hard = cx.soft_target(classes);
        let weight = weight_row(cx, &weights, hard);
        let own = cx.b.mul(hard, weight);
        let divisor = cx.b.sum(own, &[1]);
        let weighted = cx.b.mul(q, weight);
        let terms = cx.b.mul(weighted, log_p);
        let sum = cx.b.sum(terms, &[1]);
        RowLoss { losses: cx.b.neg(sum), weights: Some(divisor) }
    }
}

fn weights(args: &Args) -> Vec<f64> {
    args.list("class_weights")
        .iter()
        .filter_map(|v| if let Value::Number(x) = v { Some(*x) } else { None })
        .collect()
}

fn smooth(cx: &mut LossCx<'_>, q: ValueId, smoothing: f64, classes: usize) -> ValueId {
    let scaled = cx.b.scale(q, (1.0 - smoothing) as f32);
    cx.b.offset(scaled, (smoothing / classes as f64) as f32)
}

/// The weights as `f32[Batch, classes]`.
fn weight_row(cx: &mut LossCx<'_>, weights: &[f64], like: ValueId) -> ValueId {
    let parts: Vec<ValueId> = weights
        .iter()
        .map(|w| {
            let one = cx.b.constant(*w as f32);
            cx.b.reshape(one, &[crate::graph::Dim::Const(1)])
        })
        .collect();
    let row = cx.b.concat(&parts, 0);
    cx.b.along_last(row, like)
}
