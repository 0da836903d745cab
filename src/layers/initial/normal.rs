//! Normal deviates of a spread that is written.
//!
//! # Formula
//! `w ~ N(mean, sd^2)`
//!
//! # Arguments
//! `sd` is the standard deviation, `mean` the mean, 0 unless given.
//!
//! # Example
//! ```net
//! dense 8, init=normal(sd=0.01)
//! ```
//!
//! # Papers
//! Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep convolutional neural networks (0.01).

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Normal;
pub static WORD: Normal = Normal;

static SIG: Sig = Sig {
    name: "normal",
    about: "normal deviates",
    args: &[
        ArgSpec::required("sd", Kind::Number(Bounds::POSITIVE), "standard deviation"),
        ArgSpec::named("mean", Kind::Number(Bounds::ANY), Default::Number(0.0), "the mean"),
    ],
    block: Block::None,
};

impl Initial for Normal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, args: &Args, _shape: &Shape) -> Result<Init, String> {
        Ok(Init::Normal { mean: args.number("mean"), sd: args.number("sd") })
    }
}
