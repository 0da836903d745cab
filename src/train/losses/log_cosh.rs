//! Logarithm of the hyperbolic cosine of the differences: squared where they are small, absolute where they are large, smooth between.
//!
//! # Formula
//! `(1 / D) sum_d log cosh(y_d - yhat_d)` a row; the loss is its mean over the rows. It reads `real[D]`. Small differences cost `e^2 / 2`, large ones `|e| - log 2`.
//!
//! # Example
//! ```net
//! loss log_cosh
//! ```

use super::{Loss, LossCx, RowLoss, squared_error::error};
use crate::{
    model::OutputKind,
    vocab::{Block, Sig},
};

pub struct LogCosh;
pub static WORD: LogCosh = LogCosh;

static SIG: Sig = Sig {
    name: "log_cosh",
    about: "squared for small differences, absolute for large ones, smooth between",
    args: &[],
    block: Block::None,
};

impl Loss for LogCosh {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("log_cosh_loss", "log_cosh")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    /// `|e| + log(1 + exp(-2 |e|)) - log 2`, which overflows nowhere.
    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let error = error(cx);
        let size = cx.b.abs(error);
        let twice = cx.b.scale(size, -2.0);
        let bend = cx.b.softplus(twice);
        let bend = cx.b.offset(bend, -std::f32::consts::LN_2);
        let terms = cx.b.add(size, bend);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
