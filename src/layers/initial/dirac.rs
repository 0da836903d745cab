//! The identity: each unit begins by handing one input on.
//!
//! # Formula
//! `w[i, j] = 1` where i = j, else 0: unit j hands input j on.
//!
//! # Example
//! ```net
//! dense 3, init=dirac
//! ```
//!
//! # Papers
//! Zagoruyko and Komodakis 2017, DiracNets: training very deep neural networks without skip-connections.

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct Dirac;
pub static WORD: Dirac = Dirac;

static SIG: Sig = Sig { name: "dirac", about: "each unit hands one input on", args: &[], block: Block::None };

impl Initial for Dirac {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, _args: &Args, shape: &Shape) -> Result<Init, String> {
        match *shape {
            Shape::Biases => Err("it hands inputs on, and biases have none".into()),
            // The others would all be 0 and stay alike, behind `relu` for ever.
            Shape::Weights { inputs, outputs } if outputs > inputs => Err(format!(
                "{outputs} units cannot each hand on one of {inputs} inputs; the {} others would begin at 0, all alike",
                outputs - inputs
            )),
            Shape::Weights { .. } => Ok(Init::Dirac),
        }
    }
}
