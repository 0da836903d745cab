//! Adam by the largest gradient: each weight moves by its mean gradient over the largest that it lately had.
//!
//! # Formula
//! `g' = g + weight_decay w`; `m = b1 m + (1 - b1) g'`; `u = max(b2 u, |g'| + eps)`; `w = w - lr / (1 - b1^t) m / u`, t counting updates from 1.
//!
//! # Arguments
//! `lr` is the learning rate; `betas` are b1 and b2, [0.9, 0.999] unless given; `eps` keeps the divisor away from zero, 1e-8. `weight_decay` is added
//! to the gradient; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each element,
//! both before decay.
//!
//! # Example
//! ```net
//! optimizer adamax, lr=2e-3
//! ```
//!
//! # Papers
//! Kingma and Ba 2015, Adam: a method for stochastic optimization (section 7.1).

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{BETAS, EPS, betas, check_betas, corrected_rate},
};
use crate::{
    graph::ScalarDef,
    vocab::{Args, Block, Sig},
};

pub struct AdaMax;
pub static WORD: AdaMax = AdaMax;

static SIG: Sig = Sig {
    name: "adamax",
    about: "mean gradient over the largest of late",
    args: &[LR, BETAS, EPS, WEIGHT_DECAY, ON, CLIP_NORM, CLIP_VALUE],
    block: Block::None,
};

impl Optimizer for AdaMax {
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
        vec!["m", "largest"]
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let (b1, b2) = betas(cx.args);
        let grad = cx.decayed_gradient();
        let m = cx.blend(cx.slots[0], grad, b1);
        let size = cx.b.abs(grad);
        let size = cx.b.offset(size, cx.args.number("eps") as f32);
        let faded = cx.b.scale(cx.slots[1], b2 as f32);
        let largest = cx.b.max(faded, size);
        let rate = cx.of_step("adam.rate", ScalarDef::Of { f: corrected_rate, a: b1, b: 0.0 });
        let direction = cx.b.div(m, largest);
        let step = cx.b.mul(direction, rate);
        Updated { param: cx.b.sub(cx.param, step), slots: vec![m, largest] }
    }
}
