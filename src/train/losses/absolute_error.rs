//! Mean of absolute differences.
//!
//! # Formula
//! `(1 / D) sum_d |y_d - yhat_d|` a row; the loss is its mean over the rows. It reads `real[D]`. The derivative at 0 is 0.
//!
//! # Example
//! ```net
//! loss absolute_error
//! ```

use super::{Loss, LossCx, RowLoss, squared_error::error};
use crate::{
    model::OutputKind,
    vocab::{Block, Sig},
};

pub struct AbsoluteError;
pub static WORD: AbsoluteError = AbsoluteError;

static SIG: Sig =
    Sig { name: "absolute_error", about: "mean of absolute differences", args: &[], block: Block::None };

impl Loss for AbsoluteError {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("l1", "absolute_error"),
            ("l1_loss", "absolute_error"),
            ("mae", "absolute_error"),
            ("mean_absolute_error", "absolute_error"),
        ]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let error = error(cx);
        let sizes = cx.b.abs(error);
        RowLoss { losses: cx.b.mean(sizes, &[1]), weights: None }
    }
}
