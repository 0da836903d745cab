//! The sign of a mean gradient: every weight moves by the same amount, up or down.
//!
//! # Formula
//! `w = w - lr weight_decay w`; `w = w - lr sign(b1 m + (1 - b1) g)`; then `m = b2 m + (1 - b2) g`. lr is the one after the schedule; the sign of 0 is 0.
//!
//! # Arguments
//! `lr` is the size of every step: 3 to 10 times smaller than that of `adamw` does as much. `betas` are b1 and b2, [0.9, 0.99] unless given. `weight_decay` is decoupled,
//! 0 unless given, and 3 to 10 times larger than that of `adamw`; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient,
//! `clip_value` each element: signs see neither, the mean does.
//!
//! # Example
//! ```net
//! optimizer lion, lr=1e-4, weight_decay=0.1
//! ```
//!
//! # Papers
//! Chen et al. 2023, Symbolic discovery of optimization algorithms.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{check_betas, pair},
    adamw::shrunk,
};
use crate::{
    graph::ScalarDef,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Lion;
pub static WORD: Lion = Lion;

static SIG: Sig = Sig {
    name: "lion",
    about: "the sign of a mean gradient",
    args: &[
        LR,
        ArgSpec::named(
            "betas",
            Kind::Numbers,
            Default::Absent,
            "shares of the old mean in the sign and in the new mean, [0.9, 0.99]",
        ),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for Lion {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn decouples(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        check_betas(args)
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        vec!["m"]
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let (b1, b2) = pair(cx.args, (0.9, 0.99));
        let param = shrunk(cx);
        let mixed = cx.blend(cx.slots[0], cx.grad, b1);
        let zero = cx.b.splat(0.0, mixed);
        let above = cx.b.less(zero, mixed);
        let below = cx.b.less(mixed, zero);
        let lr = cx.of_step("lr", ScalarDef::LearningRate);
        let up = cx.b.spread(lr, mixed);
        let down = cx.b.neg(up);
        let down = cx.b.select(below, down, zero);
        let step = cx.b.select(above, up, down);
        let m = cx.blend(cx.slots[0], cx.grad, b2);
        Updated { param: cx.b.sub(param, step), slots: vec![m] }
    }
}
