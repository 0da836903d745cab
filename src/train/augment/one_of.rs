//! Mixes the rows of each minibatch by one of several statements, chosen anew for each.
//!
//! # What it does
//! The statements in the block are `mixup` and `cutmix`, as often as is wanted. One coin with the probability `p` says whether a minibatch is mixed at all; then one of them is chosen by its weight.
//!
//! # Arguments
//! `weights` has a number for each statement of the block; without it all are as likely.
//!
//! # Elsewhere
//! `RandomChoice([MixUp(), CutMix()])` in torchvision, `switch_prob` and `mixup_prob` in timm, `OneOf` in albumentations.
//!
//! # Example
//! ```net
//! one_of weights=[1, 1], p=50% {
//!   mixup alpha=0.2
//!   cutmix alpha=1
//! }
//! ```

use super::{Augment, Plan, Wrong, p};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

pub struct OneOf;
pub static WORD: OneOf = OneOf;

static SIG: Sig = Sig {
    name: "one_of",
    about: "mix each minibatch by one of several statements",
    args: &[
        ArgSpec::named(
            "weights",
            Kind::Numbers,
            Default::Absent,
            "how likely each statement is beside the others",
        ),
        ArgSpec { about: "probability that a minibatch is mixed", ..p(1.0) },
    ],
    block: Block::Body,
};

impl Augment for OneOf {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_choice", "one_of"), ("some_of", "one_of")]
    }

    fn is_of_pairs(&self) -> bool {
        true
    }

    fn is_of_pictures(&self, _args: &Args) -> bool {
        false
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        let weights = weights(args).unwrap_or_default();
        if weights.iter().any(|weight| *weight < 0.0) {
            return Err(("weights", "must not be negative".into()));
        }
        match !weights.is_empty() && weights.iter().all(|weight| *weight == 0.0) {
            true => Err(("weights", "must have one that is above 0".into())),
            false => Ok(()),
        }
    }

    fn told(&self, _args: &Args) -> String {
        "mixed by one of several statements".into()
    }

    /// What acts are the statements of its block.
    fn plan(&self, _args: &Args) -> Plan {
        Plan::Nothing
    }

    fn holds_statements(&self) -> bool {
        true
    }
}

/// The weights that are written.
#[must_use]
pub fn weights(args: &Args) -> Option<Vec<f64>> {
    args.value("weights")?;
    let number = |value: &Value| if let Value::Number(x) = value { *x } else { 0.0 };
    Some(args.list("weights").iter().map(number).collect())
}
