//! Predicts with the mean of the parameters over the last part of the run.
//!
//! # Formula
//! The mean of the parameters after each update from `from` of the run on. Before, prediction uses the parameters themselves.
//!
//! # Arguments
//! `from` is the share of the run before the mean begins, 75% unless given. A learning rate that stays large there lets updates explore: end the
//! schedule early (`cosine, over=..., floor=0.1`), or keep it constant.
//!
//! # Train and eval
//! Training goes on from the parameters themselves. Validation, the test and every prediction use the mean. What batch norm has stored is not
//! that of the mean, so it is measured with it after each epoch from `from` on: the mean of the minibatches' statistics over the first 10 000
//! positions of that epoch, with its augmentation and masks. `last.ckpt` holds the trained parameters, and the means as `average.PATH`; in
//! `best.ckpt` the mean stands under the layers' names, and what was trained as `trained.PATH`.
//!
//! # Elsewhere
//! PyTorch's `AveragedModel` and `update_bn`, which average once an epoch.
//!
//! # Example
//! ```net
//! average swa, from=75%
//! ```
//!
//! # Papers
//! Izmailov et al. 2018, Averaging weights leads to wider optima and better generalization.

use super::Average;
use crate::{
    graph::{ScalarDef, StepInfo},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, exactly},
};

pub struct Swa;
pub static WORD: Swa = Swa;

static SIG: Sig = Sig {
    name: "swa",
    about: "predicts with the mean of the parameters over the last part of the run",
    args: &[ArgSpec::named(
        "from",
        Kind::Number(Bounds::BELOW_ONE),
        Default::Number(0.75),
        "share of the run before the mean begins",
    )],
    block: Block::None,
};

impl Average for Swa {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn keep(&self, args: &Args) -> ScalarDef {
        ScalarDef::Of { f: keep, a: args.number("from"), b: 0.0 }
    }

    fn told(&self, args: &Args) -> String {
        format!("by the mean of the parameters from {}% of the run on", exactly(100.0 * args.number("from")))
    }

    fn measures_after(&self, args: &Args) -> Option<f64> {
        Some(args.number("from"))
    }
}

/// `n / (n + 1)` with n updates in the mean already.
fn keep(step: &StepInfo, from: f64, _: f64) -> f64 {
    let first = (from * step.clock.horizon as f64).ceil() as u64;
    let before = step.clock.update.saturating_sub(first) as f64;
    before / (before + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Clock;

    #[test]
    fn updates_from_the_share_on_count_alike() {
        let at = |update| {
            let clock = Clock { update, updates_per_epoch: 10, horizon: 40 };
            keep(&StepInfo { clock, ..StepInfo::of_prediction(1) }, 0.75, 0.0)
        };
        assert_eq!((at(0), at(29), at(30), at(31), at(33)), (0.0, 0.0, 0.0, 0.5, 0.75));
    }
}
