//! Each weight's steps shrink by the root of all its squared gradients so far: rarely moved weights keep large steps.
//!
//! # Formula
//! `g' = g + weight_decay w`; `s = s + g'^2`; `w = w - lr g' / (sqrt(s) + eps)`.
//!
//! # Arguments
//! `lr` is the learning rate; `eps` keeps the divisor away from zero, 1e-10. `weight_decay` is added to the gradient; `on=all` decays biases and norm
//! parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each element, both before decay.
//!
//! # Example
//! ```net
//! optimizer adagrad, lr=0.01
//! ```
//!
//! # Papers
//! Duchi et al. 2011, Adaptive subgradient methods for online learning and stochastic optimization.

use super::{CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, adam::EPS_BOUNDS};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub struct AdaGrad;
pub static WORD: AdaGrad = AdaGrad;

static SIG: Sig = Sig {
    name: "adagrad",
    about: "gradient over the root of all its squares so far",
    args: &[
        LR,
        ArgSpec::named("eps", Kind::Number(EPS_BOUNDS), Default::Number(1e-10), "added to the divisor"),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for AdaGrad {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        vec!["squares"]
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let grad = cx.decayed_gradient();
        let square = cx.b.square(grad);
        let squares = cx.b.add(cx.slots[0], square);
        let root = cx.b.sqrt(squares);
        let divisor = cx.b.offset(root, cx.args.number("eps") as f32);
        let direction = cx.b.div(grad, divisor);
        Updated { param: cx.step_along(direction), slots: vec![squares] }
    }
}
