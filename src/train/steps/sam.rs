//! Sharpness-aware minimization: each step takes the gradient at the worst place nearby, so training settles where the loss is flat.
//!
//! # Formula
//! `w = w - step(g(w + rho g(w) / |g(w)|))`: the gradient g of the objective (the loss with its penalties) is taken twice, at the weights and at a distance of `rho` up the slope, and the optimizer steps
//! from the weights with the second. The norm is over all parameters that are trained. Both passes see the same minibatch and drop the same units; batch norm stores the figures of the first.
//! A step takes about twice the time.
//!
//! # Arguments
//! `rho` is the distance, 0.05 in the paper for most nets.
//!
//! # Example
//! ```net
//! sam 0.05
//! ```
//!
//! # Papers
//! Foret et al. 2021, Sharpness-aware minimization for efficiently improving generalization.

use crate::vocab::{ArgSpec, Block, Bounds, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "sam",
    about: "the gradient at the worst place nearby (sharpness-aware minimization)",
    args: &[ArgSpec::required(
        "rho",
        Kind::Number(Bounds::POSITIVE),
        "distance of that place from the weights",
    )],
    block: Block::None,
};
