//! A random rotation: lengths pass unchanged, forward and back.
//!
//! # Formula
//! `W'W = gain^2 I`, or `WW' = gain^2 I` where units are more than inputs; all such matrices are as likely.
//!
//! # Arguments
//! `gain` is the factor of lengths, 1 unless given; before `relu` sqrt(2) keeps them.
//!
//! # Example
//! ```net
//! dense 8, init=orthogonal(gain=1.4)
//! ```
//!
//! # Papers
//! Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Orthogonal;
pub static WORD: Orthogonal = Orthogonal;

static SIG: Sig = Sig {
    name: "orthogonal",
    about: "a random rotation",
    args: &[ArgSpec::named(
        "gain",
        Kind::Number(Bounds::POSITIVE),
        Default::Number(1.0),
        "factor of lengths",
    )],
    block: Block::None,
};

impl Initial for Orthogonal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, args: &Args, shape: &Shape) -> Result<Init, String> {
        match shape {
            Shape::Weights { .. } => Ok(Init::Orthogonal { gain: args.number("gain") }),
            Shape::Biases => Err("a rotation turns vectors into vectors; biases have no inputs".into()),
        }
    }
}
