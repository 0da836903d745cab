//! Negative log-likelihood of the classes, from logits; of tokens that are foretold, at each step.
//!
//! # Formula
//! `-sum_k q_k w_k log softmax(z)_k` a row, divided by the sum of the weights over the minibatch (by the rows where there are none).
//! `q` is the one-hot target, smoothed (`(1 - e) q + e / K`) and mixed (mixup) in training.
//!
//! Of `output next: token[T, vocab=V]` the same at each step of a row: the sum over all of the minibatch, divided by their number. What lies behind
//! the end of a row has no part in it.
//!
//! # Arguments
//! `label_smoothing` is e; `class_weights` is one weight a class, and `class_weights=balanced` makes each class count alike: `N / (K n_k)` for `n_k` of N training rows.
//! Both act in training only. `per=row` adds up the steps of a row, and the mean is over rows: rates of
//! papers that sum over a row's tokens (Zaremba et al. 2014: `sgd, lr=1, clip_norm=5`) belong to it. `per=token` is the mean over tokens.
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

/// One weight a class, or those that make all classes count alike.
pub(super) const CLASS_WEIGHTS: Kind = Kind::OneOf(&[Kind::Word(&[BALANCED]), Kind::Numbers]);
/// The weights that the training rows say.
pub(super) const BALANCED: &str = "balanced";

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
        ArgSpec::named("class_weights", CLASS_WEIGHTS, Default::Absent, "one weight a class, or `balanced`"),
        ArgSpec::named(
            "per",
            Kind::Word(&["token", "row"]),
            Default::Absent,
            "of tokens: what the mean is over, `token` unless given",
        ),
    ],
    block: Block::None,
};

impl Loss for CrossEntropy {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("categorical_crossentropy", "cross_entropy"),
            ("ce", "cross_entropy"),
            ("cross_entropy_loss", "cross_entropy"),
            ("log_loss", "cross_entropy"),
            ("nll_loss", "cross_entropy"),
            ("sparse_categorical_crossentropy", "cross_entropy"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.classes().is_some() || kind.steps().is_some()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), (&'static str, String)> {
        if kind.steps().is_none() && args.is_written("per") {
            return Err(("per", format!("has no effect: an output of type `{kind}` is one answer a row")));
        }
        if kind.steps().is_some() && args.is_written("class_weights") {
            return Err(("class_weights", format!("are of classes of rows, and `{kind}` has tokens")));
        }
        check_weights(args, kind)
    }

    fn balance(&self, args: &mut Args, counts: &[f64], rows: f64) {
        balance_classes(args, counts, rows);
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::Own
    }

    fn is_per_step(&self, args: &Args, kind: OutputKind) -> bool {
        kind.steps().is_some() && args.opt_word("per") != Some("row")
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        if cx.kind.steps().is_some() {
            return of_steps(cx);
        }
        let classes = cx.kind.width();
        let log_p = cx.b.log_softmax(cx.output);
        let q = smoothed_target(cx, classes);
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

/// Of tokens: sums over a row's own steps, whose number is their weight in a mean over tokens.
fn of_steps(cx: &mut LossCx<'_>) -> RowLoss {
    let vocab = cx.kind.outputs();
    let target = cx.b.dims(cx.target);
    let within = cx.within.unwrap_or_else(|| {
        let one = cx.b.constant(1.0);
        cx.b.broadcast(one, &target, &[])
    });
    let weights = (cx.args.opt_word("per") != Some("row")).then(|| cx.b.sum(within, &[1]));
    // How many there are is known before any logit, so that fusion can leave gradients where it reads logits.
    weights.into_iter().for_each(|weights| _ = cx.b.sum(weights, &[0]));
    let log_p = cx.b.log_softmax(cx.output);
    let q = smoothed_target(cx, vocab);
    let terms = cx.b.mul(q, log_p);
    let sum = cx.b.sum(terms, &[2]);
    let losses = cx.b.neg(sum);
    let own = cx.b.mul(losses, within);
    let losses = cx.b.sum(own, &[1]);
    RowLoss { losses, weights }
}

/// One weight a class, none below 0 and one above.
pub(super) fn check_weights(args: &Args, kind: OutputKind) -> Result<(), (&'static str, String)> {
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

pub(super) fn weights(args: &Args) -> Vec<f64> {
    numbers(args.value("class_weights"))
}

/// The numbers of a list; none of a word that is not resolved, which acts in training alone.
pub(super) fn numbers(value: Option<&Value>) -> Vec<f64> {
    let Some(Value::List(items)) = value else { return Vec::new() };
    items.iter().filter_map(|v| if let Value::Number(x) = v { Some(*x) } else { None }).collect()
}

/// Whether an argument asks for the weights that the training rows say.
pub(super) fn is_balanced(args: &Args, name: &str) -> bool {
    matches!(args.value(name), Some(Value::Word(word)) if word == BALANCED)
}

/// A class without a row weighs nothing: no row has it.
pub(super) fn balance_classes(args: &mut Args, counts: &[f64], rows: f64) {
    if !is_balanced(args, "class_weights") {
        return;
    }
    let classes = counts.len() as f64;
    let weight = |count: &f64| if *count > 0.0 { rows / (classes * count) } else { 0.0 };
    let weights = counts.iter().map(|count| Value::Number(weight(count))).collect();
    args.resolve("class_weights", Value::List(weights));
}

/// Class targets, mixed and, in training, smoothed.
pub(super) fn smoothed_target(cx: &mut LossCx<'_>, classes: usize) -> ValueId {
    let (q, smoothing) = (cx.soft_target(classes), cx.args.number("label_smoothing"));
    if !cx.training || smoothing == 0.0 {
        return q;
    }
    let scaled = cx.b.scale(q, (1.0 - smoothing) as f32);
    cx.b.offset(scaled, (smoothing / classes as f64) as f32)
}

/// The weights as `f32[Batch, classes]`.
pub(super) fn weight_row(cx: &mut LossCx<'_>, weights: &[f64], like: ValueId) -> ValueId {
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
