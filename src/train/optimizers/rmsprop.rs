//! Divides the gradient by a running root mean square of itself.
//!
//! # Formula
//! `g' = g + weight_decay w`; `s = alpha s + (1 - alpha) g'^2`; `d = g' / (sqrt(s) + eps)`; without momentum `w = w - lr d`; with momentum m
//! `u = m u + d`, `w = w - lr u`. With `centered=true` `s - c^2` stands for s in the root, `c = alpha c + (1 - alpha) g'`.
//!
//! # Arguments
//! `lr` is the learning rate; `alpha` the share of the old mean square that is kept, 0.99; `eps` keeps the divisor away from zero, 1e-8; `momentum`
//! and `centered` as above. `weight_decay` is added to the gradient; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of
//! the whole gradient, `clip_value` each element, both before decay.
//!
//! # Example
//! ```net
//! optimizer rmsprop, lr=1e-3, momentum=0.9
//! ```
//!
//! # Papers
//! Tieleman and Hinton 2012, Lecture 6.5: rmsprop. Graves 2013, Generating sequences with recurrent neural networks (centred).

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, adam::EPS, sgd::MOMENTUM,
};
use crate::{
    graph::ValueId,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct RmsProp;
pub static WORD: RmsProp = RmsProp;

static SIG: Sig = Sig {
    name: "rmsprop",
    about: "gradient over its running root mean square",
    args: &[
        LR,
        ArgSpec::named(
            "alpha",
            Kind::Number(Bounds::BELOW_ONE),
            Default::Number(0.99),
            "share of the old mean square that is kept",
        ),
        EPS,
        MOMENTUM,
        ArgSpec::named("centered", Kind::Bool, Default::Bool(false), "divide by the deviation instead"),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for RmsProp {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn slots(&self, args: &Args) -> Vec<&'static str> {
        let mut slots = vec!["square"];
        if args.flag("centered") {
            slots.push("mean");
        }
        if !args.timed("momentum").is_zero() {
            slots.push("velocity");
        }
        slots
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let alpha = cx.args.number("alpha");
        let grad = cx.decayed_gradient();
        let squared = cx.b.square(grad);
        let square = cx.blend(cx.slots[0], squared, alpha);
        let mut slots = vec![square];
        let mut variance = square;
        if cx.args.flag("centered") {
            let mean = cx.blend(cx.slots[1], grad, alpha);
            variance = centred(cx, square, mean);
            slots.push(mean);
        }
        let root = cx.b.sqrt(variance);
        let divisor = cx.b.offset(root, cx.args.number("eps") as f32);
        let mut direction = cx.b.div(grad, divisor);
        if !cx.args.timed("momentum").is_zero() {
            let carried = cx.times(cx.slots[slots.len()], "momentum");
            direction = cx.b.add(carried, direction);
            slots.push(direction);
        }
        Updated { param: cx.step_along(direction), slots }
    }
}

/// `square - mean^2`, not negative: rounding may take it below zero.
fn centred(cx: &mut UpdateCx<'_>, square: ValueId, mean: ValueId) -> ValueId {
    let part = cx.b.square(mean);
    let variance = cx.b.sub(square, part);
    let zero = cx.b.splat(0.0, variance);
    cx.b.max(variance, zero)
}
