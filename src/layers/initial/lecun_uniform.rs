//! Uniform numbers under which a sum of inputs of variance 1 has variance 1.
//!
//! # Formula
//! `w ~ U(-L, L)`, `L = sqrt(3 / in)`, `in` the numbers that a unit reads.
//!
//! # Example
//! ```net
//! dense 8, init=lecun_uniform -> tanh
//! ```
//!
//! # Papers
//! LeCun et al. 1998, Efficient backprop.

use super::{Initial, Shape, uniform_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct LecunUniform;
pub static WORD: LecunUniform = LecunUniform;

static SIG: Sig =
    Sig { name: "lecun_uniform", about: "uniform, variance 1 / in", args: &[], block: Block::None };

impl Initial for LecunUniform {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, _) = shape.fans()?;
        Ok(uniform_of(1.0 / inputs as f64))
    }
}
