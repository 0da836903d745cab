//! Normal deviates for layers before `relu`, which lets half of the variance pass.
//!
//! # Formula
//! `w ~ N(0, 2 / in)`, `in` the numbers that a unit reads.
//!
//! # Example
//! ```net
//! dense 8, init=he_normal -> relu
//! ```
//!
//! # Papers
//! He et al. 2015, Delving deep into rectifiers: surpassing human-level performance on ImageNet classification.

use super::{Initial, Shape, normal_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct HeNormal;
pub static WORD: HeNormal = HeNormal;

static SIG: Sig = Sig { name: "he_normal", about: "normal, variance 2 / in", args: &[], block: Block::None };

impl Initial for HeNormal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("kaiming_normal", "he_normal")]
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, _) = shape.fans()?;
        Ok(normal_of(2.0 / inputs as f64))
    }
}
