//! Mean of squared differences.
//!
//! # Formula
//! `(1 / D) sum_d (y_d - yhat_d)^2` a row; the loss is its mean over the rows. It reads `real[D]`. With mixed rows the target is mixed too.
//!
//! # Example
//! ```net
//! loss squared_error
//! ```

use super::{Likelihood, Loss, LossCx, RowLoss};
use crate::{
    graph::ValueId,
    model::OutputKind,
    vocab::{Block, Sig},
};

pub struct SquaredError;
pub static WORD: SquaredError = SquaredError;

static SIG: Sig =
    Sig { name: "squared_error", about: "mean of squared differences", args: &[], block: Block::None };

impl Loss for SquaredError {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("l2", "squared_error"),
            ("mean_squared_error", "squared_error"),
            ("mse", "squared_error"),
            ("mse_loss", "squared_error"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::OfPrecision
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let error = error(cx);
        let squares = cx.b.square(error);
        RowLoss { losses: cx.b.mean(squares, &[1]), weights: None }
    }
}

/// `yhat - y`, `f32[Batch, D]`.
pub(super) fn error(cx: &mut LossCx<'_>) -> ValueId {
    let target = cx.real_target();
    cx.b.sub(cx.output, target)
}
