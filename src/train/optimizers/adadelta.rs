//! Steps as large as the last ones were, by the root mean square of both: a rate of its own for every weight.
//!
//! # Formula
//! `g' = g + weight_decay w`; `s = rho s + (1 - rho) g'^2`; `d = sqrt(u + eps) / sqrt(s + eps) g'`; `u = rho u + (1 - rho) d^2`; `w = w - lr d`.
//!
//! # Arguments
//! `lr` is a factor of the steps, 1 unless given, as the paper has it; `rho` the share of the old mean squares that is kept, 0.9; `eps` is what
//! both roots begin with, 1e-6: the first steps are of its size, so a larger one starts faster. `weight_decay` is added to the gradient; `on=all`
//! decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each element, both before decay.
//!
//! # Example
//! ```net
//! optimizer adadelta, rho=0.95
//! ```
//!
//! # Papers
//! Zeiler 2012, ADADELTA: an adaptive learning rate method.

use super::{CLIP_NORM, CLIP_VALUE, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY};
use crate::{
    graph::ValueId,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct AdaDelta;
pub static WORD: AdaDelta = AdaDelta;

/// Beyond 1 the roots are those of `eps` alone, and the steps those of `sgd`.
const EPS: Bounds = Bounds { high: 1.0, ..Bounds::POSITIVE };

static SIG: Sig = Sig {
    name: "adadelta",
    about: "gradient over its running root mean square, times that of the steps",
    args: &[
        ArgSpec::named("lr", Kind::Timed(Bounds::POSITIVE), Default::Number(1.0), "factor of the steps"),
        ArgSpec::named(
            "rho",
            Kind::Number(Bounds::BELOW_ONE),
            Default::Number(0.9),
            "share of the old mean squares that is kept",
        ),
        ArgSpec::named("eps", Kind::Number(EPS), Default::Number(1e-6), "added to both mean squares"),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for AdaDelta {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        vec!["square", "step"]
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let rho = cx.args.number("rho");
        let grad = cx.decayed_gradient();
        let squared = cx.b.square(grad);
        let square = cx.blend(cx.slots[0], squared, rho);
        let size = root(cx, cx.slots[1]);
        let divisor = root(cx, square);
        let ratio = cx.b.div(size, divisor);
        let direction = cx.b.mul(ratio, grad);
        let stepped = cx.b.square(direction);
        let step = cx.blend(cx.slots[1], stepped, rho);
        Updated { param: cx.step_along(direction), slots: vec![square, step] }
    }
}

/// `sqrt(mean square + eps)`
fn root(cx: &mut UpdateCx<'_>, square: ValueId) -> ValueId {
    let lifted = cx.b.offset(square, cx.args.number("eps") as f32);
    cx.b.sqrt(lifted)
}
