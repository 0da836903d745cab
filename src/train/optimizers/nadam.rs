//! Adam that looks ahead along its momentum, as Nesterov's descent does.
//!
//! # Formula
//! `g' = g + weight_decay w`; `m = b1 m + (1 - b1) g'`; `v = b2 v + (1 - b2) g'^2`; with `mu_t = b1 (1 - 0.96^(0.004 t) / 2)` and `M_t = mu_1 ... mu_t`,
//! `w = w - lr ((1 - mu_t) / (1 - M_t) g' + mu_(t+1) / (1 - M_(t+1)) m) / (sqrt(v) / sqrt(1 - b2^t) + eps)`, t counting updates from 1.
//!
//! # Arguments
//! `lr` is the learning rate; `betas` are b1 and b2, [0.9, 0.999] unless given; `eps` keeps the divisor away from zero, 1e-8. `weight_decay` is added
//! to the gradient; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each element,
//! both before decay.
//!
//! # Example
//! ```net
//! optimizer nadam, lr=2e-3
//! ```
//!
//! # Papers
//! Dozat 2016, Incorporating Nesterov momentum into Adam.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{BETAS, EPS, MOMENTS, betas, check_betas, inverse_root},
};
use crate::{
    graph::{ScalarDef, StepInfo},
    vocab::{Args, Block, Sig},
};

pub struct NAdam;
pub static WORD: NAdam = NAdam;

static SIG: Sig = Sig {
    name: "nadam",
    about: "adam that looks ahead along its momentum",
    args: &[LR, BETAS, EPS, WEIGHT_DECAY, ON, CLIP_NORM, CLIP_VALUE],
    block: Block::None,
};

impl Optimizer for NAdam {
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
        let (b1, b2) = betas(cx.args);
        let grad = cx.decayed_gradient();
        let m = cx.blend(cx.slots[0], grad, b1);
        let square = cx.b.square(grad);
        let v = cx.blend(cx.slots[1], square, b2);
        let now = cx.of_step("nadam.now", ScalarDef::Of { f: share_of_gradient, a: b1, b: 0.0 });
        let ahead = cx.of_step("nadam.ahead", ScalarDef::Of { f: share_of_mean, a: b1, b: 0.0 });
        let root = cx.of_step("adam.root", ScalarDef::Of { f: inverse_root, a: b2, b: 0.0 });
        let size = cx.b.sqrt(v);
        let size = cx.b.mul(size, root);
        let divisor = cx.b.offset(size, cx.args.number("eps") as f32);
        let now = cx.b.mul(grad, now);
        let ahead = cx.b.mul(m, ahead);
        let direction = cx.b.add(now, ahead);
        let step = cx.b.div(direction, divisor);
        Updated { param: cx.b.sub(cx.param, step), slots: vec![m, v] }
    }
}

/// The share of the old mean that update `t` looks ahead by.
fn momentum(b1: f64, t: f64) -> f64 {
    b1 * (1.0 - 0.5 * 0.96_f64.powf(0.004 * t))
}

/// `mu_1 ... mu_t`, each below `b1`: from a few hundred factors on nothing that `1 - M` could show.
fn product(b1: f64, t: f64) -> f64 {
    let mut product = 1.0;
    let mut i = 1.0;
    while i <= t && product > 1e-18 {
        product *= momentum(b1, i);
        i += 1.0;
    }
    product
}

/// `lr (1 - mu_t) / (1 - M_t)`
fn share_of_gradient(step: &StepInfo, b1: f64, _: f64) -> f64 {
    let t = step.ordinal();
    step.lr * (1.0 - momentum(b1, t)) / (1.0 - product(b1, t))
}

/// `lr mu_(t+1) / (1 - M_(t+1))`
fn share_of_mean(step: &StepInfo, b1: f64, _: f64) -> f64 {
    let next = step.ordinal() + 1.0;
    step.lr * momentum(b1, next) / (1.0 - product(b1, next))
}
