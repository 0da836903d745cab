//! Stochastic gradient descent, with momentum and Nesterov's variant.
//!
//! # Formula
//! `g' = g + decay * w`; without momentum `w = w - lr * g'`; with momentum m: `v = m v + g'`, `w = w - lr * v`; with
//! `nesterov=true` `w = w - lr * (g' + m v)`.
//!
//! # Arguments
//! `lr` is the learning rate; `momentum` the share of the last step that is kept; `nesterov` looks ahead along it. `weight_decay` is added to the
//! gradient (so it is `penalize l2` with half the amount); `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the
//! whole gradient, `clip_value` each element, both before decay.
//!
//! # Example
//! ```net
//! optimizer sgd, lr=0.1, momentum=0.9, nesterov=true
//! ```
//!
//! # Papers
//! Polyak 1964; Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.

use super::{CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Sgd;
pub static WORD: Sgd = Sgd;

pub(super) const MOMENTUM: ArgSpec = ArgSpec::named(
    "momentum",
    Kind::Timed(Bounds::BELOW_ONE),
    Default::Number(0.0),
    "share of the last step that is kept",
);

static SIG: Sig = Sig {
    name: "sgd",
    about: "stochastic gradient descent, with momentum",
    args: &[
        LR,
        MOMENTUM,
        ArgSpec::named("nesterov", Kind::Bool, Default::Bool(false), "look ahead along the momentum"),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for Sgd {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("gradient_descent", "sgd"),
            ("momentum", "sgd, momentum=0.9"),
            ("nesterov", "sgd, momentum=0.9, nesterov=true"),
        ]
    }

    fn adapts(&self) -> bool {
        false
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        if args.flag("nesterov") && args.timed("momentum").is_zero() {
            return Err(("nesterov", "needs a `momentum` to look ahead along".into()));
        }
        Ok(())
    }

    fn slots(&self, args: &Args) -> Vec<&'static str> {
        if args.timed("momentum").is_zero() { Vec::new() } else { vec!["velocity"] }
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let grad = cx.decayed_gradient();
        if cx.args.timed("momentum").is_zero() {
            return Updated { param: cx.step_along(grad), slots: Vec::new() };
        }
        let carried = cx.times(cx.slots[0], "momentum");
        let velocity = cx.b.add(carried, grad);
        let direction = if cx.args.flag("nesterov") {
            let ahead = cx.times(velocity, "momentum");
            cx.b.add(grad, ahead)
        } else {
            velocity
        };
        Updated { param: cx.step_along(direction), slots: vec![velocity] }
    }
}
