//! Adaptive moments: each weight moves by its mean gradient over the root of its mean squared gradient.
//!
//! # Formula
//! `g' = g + weight_decay w`; `m = b1 m + (1 - b1) g'`; `v = b2 v + (1 - b2) g'^2`;
//! `w = w - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)`, t counting updates from 1.
//!
//! # Arguments
//! `lr` is the learning rate; `betas` are b1 and b2, [0.9, 0.999] unless given; `eps` keeps the divisor away from zero, 1e-8. `weight_decay` is added
//! to the gradient (so it is `penalize l2` with half the amount); `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of
//! the whole gradient, `clip_value` each element, both before decay.
//!
//! # Example
//! ```net
//! optimizer adam, lr=1e-3, betas=[0.9, 0.98]
//! ```
//!
//! # Papers
//! Kingma and Ba 2015, Adam: a method for stochastic optimization.

use super::{CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong};
use crate::{
    graph::{ScalarDef, StepInfo, ValueId},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value},
};

pub struct Adam;
pub static WORD: Adam = Adam;

pub(super) const BETAS: ArgSpec = ArgSpec::named(
    "betas",
    Kind::Numbers,
    Default::Absent,
    "shares of the old moments that are kept, [0.9, 0.999]",
);
pub(super) const EPS: ArgSpec =
    ArgSpec::named("eps", Kind::Number(EPS_BOUNDS), Default::Number(1e-8), "added to the divisor");

/// Beyond 1 it is no safeguard of the divisor but the whole of it: the steps are then those of `sgd`, divided by it.
pub(super) const EPS_BOUNDS: Bounds = Bounds { high: 1.0, ..Bounds::POSITIVE };

static SIG: Sig = Sig {
    name: "adam",
    about: "adaptive moments",
    args: &[LR, BETAS, EPS, WEIGHT_DECAY, ON, CLIP_NORM, CLIP_VALUE],
    block: Block::None,
};

impl Optimizer for Adam {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        check_betas(args)
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        MOMENTS.to_vec()
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let grad = cx.decayed_gradient();
        let (step, slots) = moments(cx, grad);
        Updated { param: cx.b.sub(cx.param, step), slots }
    }
}

/// Slots of the mean gradient and of the mean squared one.
pub(super) const MOMENTS: [&str; 2] = ["m", "v"];

pub(super) fn check_betas(args: &Args) -> Result<(), Wrong> {
    let given = args.list("betas");
    if given.is_empty() && !args.is_written("betas") {
        return Ok(());
    }
    let bounds = Bounds::BELOW_ONE;
    let sound = |value: &Value| matches!(value, Value::Number(x) if bounds.holds(*x));
    if given.len() != 2 || !given.iter().all(sound) {
        return Err(("betas", "must be two numbers in [0, 1)".into()));
    }
    let lost = given
        .iter()
        .filter_map(|v| if let Value::Number(x) = v { Some((*x, bounds.in_32_bits(*x)?)) } else { None });
    if let Some((x, seen)) = lost.into_iter().next() {
        return Err(("betas", format!("must be two numbers in [0, 1): {x} is {seen} in 32 bits")));
    }
    Ok(())
}

pub(super) fn betas(args: &Args) -> (f64, f64) {
    pair(args, (0.9, 0.999))
}

/// `betas`, or what they are unless given.
pub(super) fn pair(args: &Args, usual: (f64, f64)) -> (f64, f64) {
    match args.list("betas") {
        [Value::Number(first), Value::Number(second)] => (*first, *second),
        _ => usual,
    }
}

/// The step to subtract, learning rate included, and the new moments.
pub(super) fn moments(cx: &mut UpdateCx<'_>, grad: ValueId) -> (ValueId, Vec<ValueId>) {
    let (b1, b2) = betas(cx.args);
    let m = cx.blend(cx.slots[0], grad, b1);
    let square = cx.b.square(grad);
    let v = cx.blend(cx.slots[1], square, b2);
    let rate = ScalarDef::Of { f: corrected_rate, a: b1, b: 0.0 };
    let rate = cx.of_step("adam.rate", rate);
    let root = ScalarDef::Of { f: inverse_root, a: b2, b: 0.0 };
    let root = cx.of_step("adam.root", root);
    let size = cx.b.sqrt(v);
    let size = cx.b.mul(size, root);
    let divisor = cx.b.offset(size, cx.args.number("eps") as f32);
    let direction = cx.b.div(m, divisor);
    (cx.b.mul(direction, rate), vec![m, v])
}

/// `lr / (1 - b1^t)`
pub(super) fn corrected_rate(step: &StepInfo, b1: f64, _: f64) -> f64 {
    step.lr / (1.0 - b1.powf(step.ordinal()))
}

/// `1 / sqrt(1 - b2^t)`
pub(super) fn inverse_root(step: &StepInfo, b2: f64, _: f64) -> f64 {
    1.0 / (1.0 - b2.powf(step.ordinal())).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Clock;

    #[test]
    fn corrections_undo_the_start_from_zero() {
        let step = |ordinal: u64| {
            let clock = Clock { update: ordinal - 1, updates_per_epoch: 1, horizon: 1 };
            StepInfo { clock, lr: 0.1, ..StepInfo::of_prediction(1) }
        };
        assert!((corrected_rate(&step(1), 0.9, 0.0) - 1.0).abs() < 1e-12);
        assert!((inverse_root(&step(1), 0.99, 0.0) - 10.0).abs() < 1e-12);
        assert!((corrected_rate(&step(100_000), 0.9, 0.0) - 0.1).abs() < 1e-12);
    }
}
