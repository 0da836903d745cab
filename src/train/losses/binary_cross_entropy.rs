//! Negative log-likelihood of independent bits, from logits.
//!
//! # Formula
//! `-(1 / K) sum_k [t_k log p_k + (1 - t_k) log(1 - p_k)]` a row, `p = sigmoid(z)`; the loss is its mean over the rows. It is computed as
//! `t softplus(-z) + (1 - t) softplus(z)`, which neither overflows nor cancels. It reads `bits[K]`: leave `sigmoid` out before it.
//!
//! # Arguments
//! `label_smoothing=e` trains towards `(1 - e) t + e / 2`; evaluation uses the hard targets. `pos_weight` multiplies what the ones cost, `t log p`: a number for all
//! outputs, a list with one for each, or `balanced`, the training rows with 0 over those with 1. `weights=[...]` multiplies all that an output costs. Both act in
//! training only, and no divisor undoes them.
//!
//! # Example
//! ```net
//! loss binary_cross_entropy, label_smoothing=0.1
//! ```

use super::{
    Likelihood, Loss, LossCx, RowLoss,
    cross_entropy::{BALANCED, is_balanced, numbers, weight_row},
};
use crate::{
    graph::ValueId,
    model::OutputKind,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value},
};

pub struct BinaryCrossEntropy;
pub static WORD: BinaryCrossEntropy = BinaryCrossEntropy;

static SIG: Sig = Sig {
    name: "binary_cross_entropy",
    about: "negative log-likelihood of independent bits, from logits",
    args: &[
        ArgSpec::named(
            "label_smoothing",
            Kind::Number(Bounds::BELOW_ONE),
            Default::Number(0.0),
            "share of the target that is spread over both values",
        ),
        ArgSpec::named(
            "pos_weight",
            Kind::OneOf(&[Kind::Word(&[BALANCED]), Kind::Number(Bounds::POSITIVE), Kind::Numbers]),
            Default::Absent,
            "factor of what ones cost: of all outputs, of each, or `balanced`",
        ),
        ArgSpec::named("weights", Kind::Numbers, Default::Absent, "one weight an output"),
    ],
    block: Block::None,
};

impl Loss for BinaryCrossEntropy {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("bce", "binary_cross_entropy"),
            ("bce_loss", "binary_cross_entropy"),
            ("bce_with_logits", "binary_cross_entropy"),
            ("bce_with_logits_loss", "binary_cross_entropy"),
            ("binary_crossentropy", "binary_cross_entropy"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.classes().is_none() && kind.steps().is_none()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), (&'static str, String)> {
        for name in ["pos_weight", "weights"] {
            let own = numbers(args.value(name));
            let is_list = matches!(args.value(name), Some(Value::List(_)));
            if is_list && own.len() != kind.width() {
                let found = own.len();
                return Err((name, format!("needs {} weights, one an output, found {found}", kind.width())));
            }
            if own.iter().any(|w| *w < 0.0) || is_list && own.iter().all(|w| *w == 0.0) {
                return Err((name, "must not be negative, and one must be positive".into()));
            }
        }
        Ok(())
    }

    /// A bit that no row has, or all have, has nothing to balance.
    fn balance(&self, args: &mut Args, counts: &[f64], rows: f64) {
        if !is_balanced(args, "pos_weight") {
            return;
        }
        let weight = |ones: &f64| if *ones > 0.0 && *ones < rows { (rows - ones) / ones } else { 1.0 };
        let weights = counts.iter().map(|ones| Value::Number(weight(ones))).collect();
        args.resolve("pos_weight", Value::List(weights));
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::Own
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let mut target = cx.real_target();
        let smoothing = cx.args.number("label_smoothing");
        if cx.training && smoothing > 0.0 {
            let kept = cx.b.scale(target, (1.0 - smoothing) as f32);
            target = cx.b.offset(kept, (smoothing / 2.0) as f32);
        }
        let z = cx.output;
        let minus = cx.b.neg(z);
        let against = cx.b.softplus(z);
        let in_favour = cx.b.softplus(minus);
        let ones = cx.b.splat(1.0, target);
        let rest = cx.b.sub(ones, target);
        let set = cx.b.mul(target, in_favour);
        let set = weighted(cx, set, "pos_weight");
        let unset = cx.b.mul(rest, against);
        let terms = cx.b.add(set, unset);
        let terms = weighted(cx, terms, "weights");
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}

/// What outputs cost, times one number each, in training.
fn weighted(cx: &mut LossCx<'_>, terms: ValueId, name: &str) -> ValueId {
    let own = match cx.args.value(name) {
        Some(Value::Number(x)) => vec![*x; cx.kind.width()],
        value => numbers(value),
    };
    if !cx.training || own.is_empty() {
        return terms;
    }
    let row = weight_row(cx, &own, terms);
    cx.b.mul(terms, row)
}
