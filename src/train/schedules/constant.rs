//! The learning rate stays as it is.

use super::{At, Schedule};
use crate::vocab::{Args, Block, Sig};

pub struct Constant;
pub static WORD: Constant = Constant;

static SIG: Sig = Sig { name: "constant", about: "the learning rate stays as it is", args: &[], block: Block::None };

impl Schedule for Constant {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn factor(&self, _args: &Args, _at: &At) -> f64 {
        1.0
    }
}
