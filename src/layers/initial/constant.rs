//! All numbers alike, at a value that is written.
//!
//! # Formula
//! `w = value`
//!
//! # Arguments
//! `value` is the number.
//!
//! # Example
//! ```net
//! dense 8, bias_init=constant(0.1) -> relu
//! ```

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig},
};

pub struct Constant;
pub static WORD: Constant = Constant;

static SIG: Sig = Sig {
    name: "constant",
    about: "one number everywhere",
    args: &[ArgSpec::required("value", Kind::Number(Bounds::ANY), "the number")],
    block: Block::None,
};

impl Initial for Constant {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, args: &Args, _shape: &Shape) -> Result<Init, String> {
        Ok(Init::Constant(args.number("value")))
    }
}
