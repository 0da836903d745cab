//! Cross-entropy that looks at what the net does not yet know: rows that it is sure of, and right, weigh little.
//!
//! # Formula
//! Of `class[K]`: `-sum_k q_k w_k (1 - p_k)^gamma log p_k` a row, `p = softmax(z)`, q the target (mixed where rows are). Of `bits[D]`: the mean over the outputs of
//! `-y (1 - p)^gamma log p - (1 - y) p^gamma log(1 - p)`, `p = 1 / (1 + exp(-z))`. The loss is the mean over the rows; `gamma=0` is cross-entropy.
//!
//! # Arguments
//! `gamma` is how fast the weight falls, 2 unless given. `class_weights` is one weight a class of `class[K]` (the paper's alpha), or `balanced`, in training only; no divisor undoes
//! them. Probabilities of a net trained so are less sure than they should be: `dropnet calibrate` mends them.
//!
//! # Example
//! ```net
//! loss focal, gamma=2
//! ```
//!
//! # Papers
//! Lin et al. 2017, Focal loss for dense object detection.

use super::{
    Loss, LossCx, RowLoss,
    cross_entropy::{CLASS_WEIGHTS, balance_classes, check_weights, weight_row, weights},
};
use crate::{
    graph::ValueId,
    model::OutputKind,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Focal;
pub static WORD: Focal = Focal;

/// Below it `1 - p` is no more known in 32 bits.
const LEAST: f32 = 1e-7;

static SIG: Sig = Sig {
    name: "focal",
    about: "cross-entropy of what is not yet known",
    args: &[
        ArgSpec::named(
            "gamma",
            Kind::Number(Bounds::NON_NEGATIVE),
            Default::Number(2.0),
            "how fast the weight of what is known falls",
        ),
        ArgSpec::named("class_weights", CLASS_WEIGHTS, Default::Absent, "one weight a class, or `balanced`"),
    ],
    block: Block::None,
};

impl Loss for Focal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("binary_focal_crossentropy", "focal"),
            ("categorical_focal_crossentropy", "focal"),
            ("focal_loss", "focal"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), (&'static str, String)> {
        if kind.classes().is_none() && args.is_written("class_weights") {
            return Err(("class_weights", format!("are of classes, and `{kind}` has bits")));
        }
        check_weights(args, kind)
    }

    fn balance(&self, args: &mut Args, counts: &[f64], rows: f64) {
        balance_classes(args, counts, rows);
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let terms = if cx.kind.classes().is_some() { of_classes(cx) } else { of_bits(cx) };
        RowLoss { losses: terms, weights: None }
    }
}

fn of_classes(cx: &mut LossCx<'_>) -> ValueId {
    let classes = cx.kind.width();
    let log_p = cx.b.log_softmax(cx.output);
    let p = cx.b.exp(log_p);
    let (one, least) = (cx.b.splat(1.0, p), cx.b.splat(LEAST, p));
    let rest = cx.b.sub(one, p);
    let rest = cx.b.max(rest, least);
    let rest = cx.b.log(rest);
    let power = cx.b.scale(rest, cx.args.number("gamma") as f32);
    let unknown = cx.b.exp(power);
    let mut q = cx.soft_target(classes);
    let weights = weights(cx.args);
    if cx.training && !weights.is_empty() {
        let weight = weight_row(cx, &weights, q);
        q = cx.b.mul(q, weight);
    }
    let share = cx.b.mul(q, unknown);
    let terms = cx.b.mul(share, log_p);
    let sum = cx.b.sum(terms, &[1]);
    cx.b.neg(sum)
}

/// `-log p` and `-log(1 - p)` are softplus of the logit's negative and of itself, so powers of p overflow nowhere.
fn of_bits(cx: &mut LossCx<'_>) -> ValueId {
    let gamma = cx.args.number("gamma") as f32;
    let target = cx.real_target();
    let minus = cx.b.neg(cx.output);
    let (against, in_favour) = (cx.b.softplus(cx.output), cx.b.softplus(minus));
    let mut weighed = |cost: ValueId, other: ValueId| {
        let power = cx.b.scale(other, -gamma);
        let unknown = cx.b.exp(power);
        cx.b.mul(cost, unknown)
    };
    let (set, unset) = (weighed(in_favour, against), weighed(against, in_favour));
    let one = cx.b.splat(1.0, target);
    let rest = cx.b.sub(one, target);
    let set = cx.b.mul(target, set);
    let unset = cx.b.mul(rest, unset);
    let terms = cx.b.add(set, unset);
    cx.b.mean(terms, &[1])
}
