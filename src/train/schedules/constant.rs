//! The learning rate stays as it is.
//!
//! # Formula
//! `factor = 1`
//!
//! # Arguments
//! `warmup=5epochs` or `warmup=500steps` lets the rate grow linearly from nothing: at update u of W, from 0, it is `(u + 1) / W`.
//!
//! # Example
//! ```net
//! schedule constant, warmup=500steps
//! ```

use super::{At, Schedule, WARMUP};
use crate::vocab::{Args, Block, Sig};

pub struct Constant;
pub static WORD: Constant = Constant;

static SIG: Sig =
    Sig { name: "constant", about: "the learning rate stays as it is", args: &[WARMUP], block: Block::None };

impl Schedule for Constant {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn factor(&self, _args: &Args, _at: &At) -> f64 {
        1.0
    }
}
