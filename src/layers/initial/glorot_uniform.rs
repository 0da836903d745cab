//! Uniform numbers under which neither what runs forward nor what runs back grows from layer to layer: the usual start.
//!
//! # Formula
//! `w ~ U(-L, L)`, `L = sqrt(6 / (in + out))`, `in` numbers read by each of `out` units.
//!
//! # Example
//! ```net
//! dense 8, init=glorot_uniform -> tanh
//! ```
//!
//! # Papers
//! Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.

use super::{Initial, Shape, uniform_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct GlorotUniform;
pub static WORD: GlorotUniform = GlorotUniform;

static SIG: Sig =
    Sig { name: "glorot_uniform", about: "uniform, variance 2 / (in + out)", args: &[], block: Block::None };

impl Initial for GlorotUniform {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("xavier_uniform", "glorot_uniform")]
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, outputs) = shape.fans()?;
        Ok(uniform_of(2.0 / (inputs + outputs) as f64))
    }
}
