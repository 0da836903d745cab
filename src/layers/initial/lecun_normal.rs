//! Normal deviates under which a sum of inputs of variance 1 has variance 1: the start that `selu` needs.
//!
//! # Formula
//! `w ~ N(0, 1 / in)`, `in` the numbers that a unit reads.
//!
//! # Example
//! ```net
//! dense 8, init=lecun_normal -> selu
//! ```
//!
//! # Papers
//! LeCun et al. 1998, Efficient backprop; Klambauer et al. 2017, Self-normalizing neural networks.

use super::{Initial, Shape, normal_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct LecunNormal;
pub static WORD: LecunNormal = LecunNormal;

static SIG: Sig =
    Sig { name: "lecun_normal", about: "normal, variance 1 / in", args: &[], block: Block::None };

impl Initial for LecunNormal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn suits_self_normalising(&self) -> bool {
        true
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, _) = shape.fans()?;
        Ok(normal_of(1.0 / inputs as f64))
    }
}
