//! Adam whose steps are as large as the parameter they move, tensor by tensor: for very large minibatches.
//!
//! # Formula
//! `m` and `v` as in `adam`; `r = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + weight_decay w`; `w = w - lr |w| / |r| r` with the norms of the whole tensor; the
//! factor `|w| / |r|` is 1 where either is 0.
//!
//! # Arguments
//! `lr` is the length of a step beside that of the parameter; `betas` are b1 and b2, [0.9, 0.999] unless given; `eps` keeps the divisor away from zero, 1e-6.
//! `weight_decay` is part of the step, 0 unless given; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient, `clip_value` each
//! element.
//!
//! # Example
//! ```net
//! optimizer lamb, lr=0.01, weight_decay=0.01
//! ```
//!
//! # Papers
//! You et al. 2020, Large batch optimization for deep learning: training BERT in 76 minutes.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{BETAS, EPS_BOUNDS, MOMENTS, betas, check_betas, inverse_root},
};
use crate::{
    graph::{Builder, ScalarDef, StepInfo, ValueId},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Lamb;
pub static WORD: Lamb = Lamb;

static SIG: Sig = Sig {
    name: "lamb",
    about: "adam with steps as large as the parameter they move",
    args: &[
        LR,
        BETAS,
        ArgSpec::named("eps", Kind::Number(EPS_BOUNDS), Default::Number(1e-6), "added to the divisor"),
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for Lamb {
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
        MOMENTS.to_vec()
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let (b1, b2) = betas(cx.args);
        let m = cx.blend(cx.slots[0], cx.grad, b1);
        let square = cx.b.square(cx.grad);
        let v = cx.blend(cx.slots[1], square, b2);
        let start = cx.of_step("lamb.start", ScalarDef::Of { f: corrected, a: b1, b: 0.0 });
        let root = cx.of_step("adam.root", ScalarDef::Of { f: inverse_root, a: b2, b: 0.0 });
        let mean = cx.b.mul(m, start);
        let size = cx.b.sqrt(v);
        let size = cx.b.mul(size, root);
        let divisor = cx.b.offset(size, cx.args.number("eps") as f32);
        let mut direction = cx.b.div(mean, divisor);
        if cx.decays && !cx.args.timed("weight_decay").is_zero() {
            let pull = cx.times(cx.param, "weight_decay");
            direction = cx.b.add(direction, pull);
        }
        let trust = trust(cx.b, cx.param, direction);
        let direction = cx.b.mul(direction, trust);
        Updated { param: cx.step_along(direction), slots: vec![m, v] }
    }
}

/// `|w| / |r|`, or 1 where either is 0.
fn trust(b: &mut Builder, param: ValueId, direction: ValueId) -> ValueId {
    let mut norm = |x: ValueId| {
        let square = b.square(x);
        let sum = b.sum_all(square);
        b.sqrt(sum)
    };
    let (of_param, of_step) = (norm(param), norm(direction));
    let product = b.mul(of_param, of_step);
    let (zero, one) = (b.constant(0.0), b.constant(1.0));
    let both = b.less(zero, product);
    let divisor = b.select(both, of_step, one);
    let share = b.div(of_param, divisor);
    b.select(both, share, one)
}

/// `1 / (1 - b1^t)`
fn corrected(step: &StepInfo, b1: f64, _: f64) -> f64 {
    1.0 / (1.0 - b1.powf(step.ordinal()))
}
