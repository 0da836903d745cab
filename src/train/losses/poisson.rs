//! Negative log-likelihood of counts: the net foretells their mean, which is above 0.
//!
//! # Formula
//! `(1 / D) sum_d (yhat_d - y_d log yhat_d)` a row, without the term `log y!` that the net has no part in; the loss is its mean over the rows. It reads `real[D]` of a net
//! that ends in numbers above 0, such as those of `exp` or `softplus`, and targets from 0 on. Targets need not be whole: rates are foretold as well.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 1 -> exp
//!   output visits: real[1]
//! }
//! train {
//!   loss poisson
//!   optimizer adam, lr=1e-3
//!   epochs 10
//! }
//! ```
//!
//! # Papers
//! McCullagh and Nelder 1989, Generalized linear models, chapter 6.

use super::{Loss, LossCx, RowLoss};
use crate::{
    model::OutputKind,
    vocab::{Block, Sig},
};

pub struct Poisson;
pub static WORD: Poisson = Poisson;

static SIG: Sig = Sig {
    name: "poisson",
    about: "negative log-likelihood of counts, whose mean the net foretells",
    args: &[],
    block: Block::None,
};

/// What a mean that 32 bits cannot tell from 0 counts as in the logarithm.
const LEAST: f32 = 1e-30;

impl Loss for Poisson {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("poisson_nll", "poisson"), ("poisson_nll_loss", "poisson")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.needs_precision()
    }

    fn is_of_positive(&self) -> bool {
        true
    }

    fn rows(&self, cx: &mut LossCx<'_>) -> RowLoss {
        let target = cx.real_target();
        let mean = cx.output;
        let floor = cx.b.constant(LEAST);
        // In this order: what is no number is not 0.
        let held = cx.b.max(floor, mean);
        let log = cx.b.log(held);
        let told = cx.b.mul(target, log);
        let terms = cx.b.sub(mean, told);
        RowLoss { losses: cx.b.mean(terms, &[1]), weights: None }
    }
}
