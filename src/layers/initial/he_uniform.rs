//! Uniform numbers for layers before `relu`, which lets half of the variance pass.
//!
//! # Formula
//! `w ~ U(-L, L)`, `L = sqrt(6 / in)`, `in` the numbers that a unit reads.
//!
//! # Example
//! ```net
//! dense 8, init=he_uniform -> relu
//! ```
//!
//! # Papers
//! He et al. 2015, Delving deep into rectifiers: surpassing human-level performance on ImageNet classification.

use super::{Initial, Shape, uniform_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct HeUniform;
pub static WORD: HeUniform = HeUniform;

static SIG: Sig =
    Sig { name: "he_uniform", about: "uniform, variance 2 / in", args: &[], block: Block::None };

impl Initial for HeUniform {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("kaiming_uniform", "he_uniform")]
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, _) = shape.fans()?;
        Ok(uniform_of(2.0 / inputs as f64))
    }
}
