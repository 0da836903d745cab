//! Uniform numbers of a limit that is written.
//!
//! # Formula
//! `w ~ U(-limit, limit)`
//!
//! # Arguments
//! `limit` is the largest absolute value: `uniform(0.1)`.
//!
//! # Example
//! ```net
//! dense 8, init=uniform(0.05)
//! ```
//!
//! # Papers
//! Zaremba, Sutskever and Vinyals 2014, Recurrent neural network regularization (0.1, 0.05, 0.04).

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig},
};

pub struct Uniform;
pub static WORD: Uniform = Uniform;

static SIG: Sig = Sig {
    name: "uniform",
    about: "uniform numbers",
    args: &[ArgSpec::required("limit", Kind::Number(Bounds::POSITIVE), "largest absolute value")],
    block: Block::None,
};

impl Initial for Uniform {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, args: &Args, _shape: &Shape) -> Result<Init, String> {
        Ok(Init::Uniform { limit: args.number("limit") })
    }
}
