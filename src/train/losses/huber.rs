//! Squared for small differences, absolute for large ones: outliers pull with bounded force.
//!
//! # Formula
//! With `a = |y - yhat|`: `a^2 / 2` where `a <= delta`, else `delta (a - delta / 2)`; the mean over the outputs a row, and over the rows. It reads
//! `real[D]`.
//!
//! # Arguments
//! `delta` is where the two meet, 1 unless given, in the units of the training target (after `normalize`).
//!
//! # Example
//! ```net
//! loss huber, delta=0.5
//! ```
//!
//! # Papers
//! Huber 1964, Robust estimation of a location parameter.

use super::{Loss, LossCx, RowLoss, squared_error::error};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct Huber;
pub static WORD: Huber = Huber;

static SIG: Sig = Sig {
    name: "huber",
    about: "squared for small differences, absolute for large ones",
    args: &[ArgSpec::named(
        "delta",
        Kind::Number(Bounds::POSITIVE),
        Default::Number(1.0),
        "where the two meet",
    )],
    block: Block::None,
};

impl Loss for Huber {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("huber_loss", "huber"), ("smooth_l1", "huber"), ("smooth_l1_loss", "huber")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    /// Both pieces at once: `m (a - m / 2)` with `m = min(a, delta)`.
    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let error = error(cx);
        let size = cx.b.abs(error);
        let delta = cx.b.splat(cx.args.number("delta") as f32, size);
        let small = cx.b.min(size, delta);
        let half = cx.b.scale(small, 0.5);
        let arm = cx.b.sub(size, half);
        let terms = cx.b.mul(small, arm);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
