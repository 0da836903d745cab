//! Adam whose first steps, of which the mean square knows too little, are those of plain momentum; then its steps are rectified by how much it knows.
//!
//! # Formula
//! `m` and `v` as in `adam`; `n = 2 / (1 - b2) - 1`, `n_t = n - 2 t b2^t / (1 - b2^t)`. Where `n_t > 5`: `w = w - lr r / (1 - b1^t) m sqrt(1 - b2^t) / (sqrt(v) + eps)`
//! with `r^2 = (n_t - 4) (n_t - 2) n / ((n - 4) (n - 2) n_t)`; before that `w = w - lr / (1 - b1^t) m`, t counting updates from 1.
//!
//! # Arguments
//! `lr` is the learning rate; `betas` are b1 and b2, [0.9, 0.999] unless given; `eps` keeps the divisor away from zero, 1e-8. `weight_decay` is added
//! to the gradient; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each element,
//! both before decay.
//!
//! # Example
//! ```net
//! optimizer radam, lr=1e-3
//! ```
//!
//! # Papers
//! Liu et al. 2020, On the variance of the adaptive learning rate and beyond.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{BETAS, EPS, MOMENTS, betas, check_betas, corrected_rate},
};
use crate::{
    graph::{ScalarDef, StepInfo},
    vocab::{Args, Block, Sig},
};

pub struct RAdam;
pub static WORD: RAdam = RAdam;

static SIG: Sig = Sig {
    name: "radam",
    about: "adam, rectified while its mean squares know little",
    args: &[LR, BETAS, EPS, WEIGHT_DECAY, ON, CLIP_NORM, CLIP_VALUE],
    block: Block::None,
};

impl Optimizer for RAdam {
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

    /// One of the two rates of a step is 0.
    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let (b1, b2) = betas(cx.args);
        let grad = cx.decayed_gradient();
        let m = cx.blend(cx.slots[0], grad, b1);
        let square = cx.b.square(grad);
        let v = cx.blend(cx.slots[1], square, b2);
        let adapted = cx.of_step("radam.adapted", ScalarDef::Of { f: adapted_rate, a: b1, b: b2 });
        let plain = cx.of_step("radam.plain", ScalarDef::Of { f: plain_rate, a: b1, b: b2 });
        let root = cx.b.sqrt(v);
        let divisor = cx.b.offset(root, cx.args.number("eps") as f32);
        let adapted = cx.b.spread(adapted, divisor);
        let adapted = cx.b.div(adapted, divisor);
        let rate = cx.b.add(adapted, plain);
        let step = cx.b.mul(m, rate);
        Updated { param: cx.b.sub(cx.param, step), slots: vec![m, v] }
    }
}

/// The square root of how far the mean squares can be trusted at update `t`, or nothing where they cannot.
fn rectified(t: f64, b2: f64) -> Option<f64> {
    let most = 2.0 / (1.0 - b2) - 1.0;
    let known = most - 2.0 * t * b2.powf(t) / (1.0 - b2.powf(t));
    let share = (known - 4.0) * (known - 2.0) * most / ((most - 4.0) * (most - 2.0) * known);
    (known > 5.0).then(|| share.sqrt())
}

fn adapted_rate(step: &StepInfo, b1: f64, b2: f64) -> f64 {
    let t = step.ordinal();
    let rectified = rectified(t, b2);
    rectified.map_or(0.0, |share| corrected_rate(step, b1, 0.0) * share * (1.0 - b2.powf(t)).sqrt())
}

fn plain_rate(step: &StepInfo, b1: f64, b2: f64) -> f64 {
    if rectified(step.ordinal(), b2).is_some() { 0.0 } else { corrected_rate(step, b1, 0.0) }
}
