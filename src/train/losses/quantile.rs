//! Pinball loss: the net foretells a quantile of the target instead of its middle.
//!
//! # Formula
//! With `e = y - yhat`: `max(q e, (q - 1) e)`; the mean over the outputs a row, and over the rows. It reads `real[D]`. What lies above the prediction costs q, what
//! lies below it 1 - q, so the least loss is where a share q of the targets lies below.
//!
//! # Arguments
//! `q` is the quantile, between 0 and 1: 0.5 is the median, 0.9 a number that nine of ten targets do not reach.
//!
//! # Example
//! ```net
//! loss quantile, 0.9
//! ```
//!
//! # Papers
//! Koenker and Bassett 1978, Regression quantiles.

use super::{Loss, LossCx, RowLoss, squared_error::error};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Block, Bounds, Kind, Sig},
};

pub struct Quantile;
pub static WORD: Quantile = Quantile;

/// At the ends everything, or nothing, lies below.
const INSIDE: Bounds = Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true };

static SIG: Sig = Sig {
    name: "quantile",
    about: "the net foretells a quantile of the target",
    args: &[ArgSpec::required("q", Kind::Number(INSIDE), "share of the targets that lies below")],
    block: Block::None,
};

impl Loss for Quantile {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("pinball", "quantile"), ("pinball_loss", "quantile"), ("quantile_loss", "quantile")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let q = cx.args.number("q");
        let over = error(cx);
        let above = cx.b.scale(over, (1.0 - q) as f32);
        let below = cx.b.scale(over, -q as f32);
        let terms = cx.b.max(above, below);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
