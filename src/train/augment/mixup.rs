//! Mixes each row, and its target, with another row of the minibatch.
//!
//! # Formula
//! `x = l x1 + (1 - l) x2` and the same of the targets; `l` is drawn from Beta(alpha, alpha), once a minibatch, whose rows are paired by a permutation.
//!
//! # Arguments
//! `alpha` is the parameter of the distribution: 0 mixes nothing, small ones leave most minibatches nearly as they are, 1 makes all shares as likely. `p` is how often a minibatch is mixed.
//!
//! # Notes
//! Stands behind the statements that change rows one by one, and works on rows of any form. The mixed targets, label smoothing and class weights are one soft target. `one_of`
//! chooses between this and `cutmix`.
//!
//! # Elsewhere
//! `MixUp` in torchvision and Keras, `mixup=0.2` in timm.
//!
//! # Example
//! ```net
//! mixup alpha=0.2
//! ```
//!
//! # Papers
//! Zhang et al. 2018, mixup: beyond empirical risk minimization.

use super::{Augment, Pair, Plan, p, pairs::How};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub struct Mixup;
pub static WORD: Mixup = Mixup;

pub(super) const ALPHA: ArgSpec = ArgSpec::named(
    "alpha",
    Kind::Number(Bounds::NON_NEGATIVE),
    Default::Required,
    "parameter of the Beta distribution; 0 mixes nothing",
);

static SIG: Sig = Sig {
    name: "mixup",
    about: "mix rows and targets in pairs",
    args: &[ALPHA, ArgSpec { about: "probability that a minibatch is mixed", ..p(1.0) }],
    block: Block::None,
};

impl Augment for Mixup {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_mixup", "mixup")]
    }

    fn is_of_pairs(&self) -> bool {
        true
    }

    fn is_of_pictures(&self, _args: &Args) -> bool {
        false
    }

    fn told(&self, args: &Args) -> String {
        let alpha = crate::model::summary::number(args.number("alpha"));
        format!("mixed in pairs, shares from Beta({alpha}, {alpha})")
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.number("alpha") {
            0.0 => Plan::Nothing,
            alpha => Plan::Pair(Pair { alpha, how: How::Blend }),
        }
    }
}
