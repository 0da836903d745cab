//! Margins instead of probabilities: a row costs nothing once its answer is ahead by the margin.
//!
//! # Formula
//! Of `class[K]`, y the target: `(1 / K) sum_(k != y) max(0, margin - z_y + z_k)^power` a row. Of `bits[D]`, with `t = 2 y - 1`: the mean over the outputs of
//! `max(0, margin - t z)^power`. The loss is the mean over the rows; of mixed rows it is the mean of both targets' losses, by their shares.
//!
//! # Arguments
//! `margin` is how far ahead an answer must be, 1 unless given; `power` is 1, or 2 for the squared hinge. The outputs are no logits of probabilities: `nll`, `brier` and
//! `ece` of a net trained so say little before `dropnet calibrate`.
//!
//! # Example
//! ```net
//! loss hinge, power=2
//! ```
//!
//! # Papers
//! Crammer and Singer 2001, On the algorithmic implementation of multiclass kernel-based vector machines. Tang 2013, Deep learning using linear support vector machines.

use super::{Loss, LossCx, RowLoss};
use crate::{
    graph::ValueId,
    model::OutputKind,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Hinge;
pub static WORD: Hinge = Hinge;

static SIG: Sig = Sig {
    name: "hinge",
    about: "margins instead of probabilities",
    args: &[
        ArgSpec::named(
            "margin",
            Kind::Number(Bounds::POSITIVE),
            Default::Number(1.0),
            "how far ahead an answer must be",
        ),
        ArgSpec::named("power", Kind::Count { min: 1 }, Default::Number(1.0), "1, or 2 for squares"),
    ],
    block: Block::None,
};

impl Loss for Hinge {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("categorical_hinge", "hinge"),
            ("hinge_loss", "hinge"),
            ("multi_margin_loss", "hinge"),
            ("squared_hinge", "hinge, power=2"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn check(&self, args: &Args, _kind: OutputKind) -> Result<(), (&'static str, String)> {
        if args.count("power") > 2 {
            return Err(("power", "must be 1 or 2".into()));
        }
        Ok(())
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let of = if cx.kind.classes().is_some() { of_class } else { of_bits };
        let own = of(cx, cx.target);
        let losses = match cx.mixed {
            None => own,
            Some(mixed) => {
                let other = of(cx, mixed.partner);
                let own = cx.b.mul(own, mixed.lambda);
                let other = cx.b.mul(other, mixed.rest);
                cx.b.add(own, other)
            }
        };
        RowLoss { losses, weights: None }
    }
}

fn of_class(cx: &mut LossCx<'_>, target: ValueId) -> ValueId {
    let own = cx.b.one_hot(target, cx.kind.width());
    let score = cx.b.mul(own, cx.output);
    let score = cx.b.sum(score, &[1]);
    let score = cx.b.broadcast_like(score, own, &[0]);
    let lead = cx.b.sub(score, cx.output);
    let missing = missing(cx, lead);
    let one = cx.b.splat(1.0, own);
    let others = cx.b.sub(one, own);
    let terms = cx.b.mul(missing, others);
    cx.b.mean(terms, &[1])
}

fn of_bits(cx: &mut LossCx<'_>, target: ValueId) -> ValueId {
    let twice = cx.b.scale(target, 2.0);
    let sign = cx.b.offset(twice, -1.0);
    let lead = cx.b.mul(sign, cx.output);
    let terms = missing(cx, lead);
    cx.b.mean(terms, &[1])
}

/// `max(0, margin - lead)^power`
fn missing(cx: &mut LossCx<'_>, lead: ValueId) -> ValueId {
    let behind = cx.b.neg(lead);
    let short = cx.b.offset(behind, cx.args.number("margin") as f32);
    let short = cx.b.relu(short);
    if cx.args.count("power") == 2 { cx.b.square(short) } else { short }
}
