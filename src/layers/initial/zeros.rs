//! All zeros: where every unit is to begin alike, as biases are.
//!
//! # Formula
//! `w = 0`
//!
//! # Example
//! ```net
//! dense 8, bias_init=zeros -> relu
//! ```

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct Zeros;
pub static WORD: Zeros = Zeros;

static SIG: Sig = Sig { name: "zeros", about: "all zeros", args: &[], block: Block::None };

impl Initial for Zeros {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, _args: &Args, _shape: &Shape) -> Result<Init, String> {
        Ok(Init::Zeros)
    }
}
