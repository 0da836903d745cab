//! Negative log-likelihood of a normal distribution whose mean and variance the net gives.
//!
//! # Formula
//! `(1 / D) sum_d 1/2 [s_d + (y_d - m_d)^2 exp(-s_d)]` a row; the loss is its mean over the rows. The first D numbers of the net are the means m, the
//! others the log-variances s, so that every variance is positive. The constant `log(2 pi) / 2` is left out. It reads `normal[D]`.
//!
//! # Example
//! ```net
//! loss gaussian_nll
//! ```
//!
//! # Papers
//! Nix and Weigend 1994, Estimating the mean and variance of the target probability distribution.

use super::{Likelihood, Loss, LossCx, RowLoss};
use crate::{
    model::OutputKind,
    vocab::{Block, Sig},
};

pub struct GaussianNll;
pub static WORD: GaussianNll = GaussianNll;

static SIG: Sig = Sig {
    name: "gaussian_nll",
    about: "negative log-likelihood of a normal distribution",
    args: &[],
    block: Block::None,
};

impl Loss for GaussianNll {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("gaussian_nll_loss", "gaussian_nll")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.says_spread()
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::Own
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let targets = cx.kind.width() / 2;
        let mean = cx.b.slice(cx.output, 1, 0, targets);
        let log_variance = cx.b.slice(cx.output, 1, targets, targets);
        let target = cx.real_target();
        let error = cx.b.sub(target, mean);
        let square = cx.b.square(error);
        let minus = cx.b.neg(log_variance);
        let precision = cx.b.exp(minus);
        let misfit = cx.b.mul(square, precision);
        let both = cx.b.add(log_variance, misfit);
        let terms = cx.b.scale(both, 0.5);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
