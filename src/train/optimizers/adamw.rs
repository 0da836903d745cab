//! Adam with decoupled weight decay: weights shrink by a share of themselves, whatever the gradient's history.
//!
//! # Formula
//! `w = w - lr weight_decay w`, then the step of `adam` with the bare gradient. lr is the one after the schedule.
//!
//! # Arguments
//! Those of `adam`: `lr`, `betas`, `eps`, `on`, `clip_norm`, `clip_value`; `weight_decay` is decoupled here and 0.01 unless given.
//!
//! # Example
//! ```net
//! optimizer adamw, lr=2e-3, weight_decay=0.05
//! ```
//!
//! # Papers
//! Loshchilov and Hutter 2019, Decoupled weight decay regularization.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, Wrong,
    adam::{BETAS, EPS, MOMENTS, check_betas, moments},
};
use crate::{
    graph::{ScalarDef, ValueId},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct AdamW;
pub static WORD: AdamW = AdamW;

static SIG: Sig = Sig {
    name: "adamw",
    about: "adam with decoupled weight decay",
    args: &[
        LR,
        BETAS,
        EPS,
        ArgSpec::named(
            "weight_decay",
            Kind::Timed(Bounds::NON_NEGATIVE),
            Default::Number(0.01),
            "decay of weights, times lr",
        ),
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

impl Optimizer for AdamW {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        check_betas(args)
    }

    fn decouples(&self) -> bool {
        true
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        MOMENTS.to_vec()
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let param = shrunk(cx);
        let (step, slots) = moments(cx, cx.grad);
        Updated { param: cx.b.sub(param, step), slots }
    }
}

/// `w (1 - lr decay)`, where the parameter decays.
pub(super) fn shrunk(cx: &mut UpdateCx<'_>) -> ValueId {
    let decay = cx.args.timed("weight_decay");
    if !cx.decays || decay.is_zero() {
        return cx.param;
    }
    let keep = ScalarDef::Shrink(decay);
    let keep = cx.of_step("adamw.keep", keep);
    cx.b.mul(cx.param, keep)
}
