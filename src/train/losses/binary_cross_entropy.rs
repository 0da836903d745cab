//! Negative log-likelihood of independent bits, from logits.
//!
//! # Formula
//! `-(1 / K) sum_k [t_k log p_k + (1 - t_k) log(1 - p_k)]` a row, `p = sigmoid(z)`; the loss is its mean over the rows. It is computed as
//! `t softplus(-z) + (1 - t) softplus(z)`, which neither overflows nor cancels. It reads `bits[K]`: leave `sigmoid` out before it.
//!
//! # Arguments
//! `label_smoothing=e` trains towards `(1 - e) t + e / 2`; evaluation uses the hard targets.
//!
//! # Example
//! ```net
//! loss binary_cross_entropy, label_smoothing=0.1
//! ```

use super::{Likelihood, Loss, LossCx, RowLoss};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct BinaryCrossEntropy;
pub static WORD: BinaryCrossEntropy = BinaryCrossEntropy;

static SIG: Sig = Sig {
    name: "binary_cross_entropy",
    about: "negative log-likelihood of independent bits, from logits",
    args: &[ArgSpec::named(
        "label_smoothing",
        Kind::Number(Bounds::BELOW_ONE),
        Default::Number(0.0),
        "share of the target that is spread over both values",
    )],
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
        let unset = cx.b.mul(rest, against);
        let terms = cx.b.add(set, unset);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
