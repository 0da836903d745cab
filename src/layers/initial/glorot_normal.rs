//! Normal deviates under which neither what runs forward nor what runs back grows from layer to layer.
//!
//! # Formula
//! `w ~ N(0, 2 / (in + out))`, `in` numbers read by each of `out` units.
//!
//! # Example
//! ```net
//! dense 8, init=glorot_normal -> tanh
//! ```
//!
//! # Papers
//! Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.

use super::{Initial, Shape, normal_of};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct GlorotNormal;
pub static WORD: GlorotNormal = GlorotNormal;

static SIG: Sig =
    Sig { name: "glorot_normal", about: "normal, variance 2 / (in + out)", args: &[], block: Block::None };

impl Initial for GlorotNormal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("xavier_normal", "glorot_normal")]
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        let (inputs, outputs) = shape.fans()?;
        Ok(normal_of(2.0 / (inputs + outputs) as f64))
    }
}
