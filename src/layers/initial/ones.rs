//! All ones, as AlexNet has some of its biases: `relu` units begin active.
//!
//! # Formula
//! `w = 1`
//!
//! # Example
//! ```net
//! dense 8, bias_init=ones -> relu
//! ```
//!
//! # Papers
//! Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep convolutional neural networks.

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{Args, Block, Sig},
};

pub struct Ones;
pub static WORD: Ones = Ones;

static SIG: Sig = Sig { name: "ones", about: "all ones", args: &[], block: Block::None };

impl Initial for Ones {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, _args: &Args, _shape: &Shape) -> Result<Init, String> {
        Ok(Init::Ones)
    }
}
