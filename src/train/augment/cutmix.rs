//! Pastes a box of another row of the minibatch into each row, and mixes the targets by their areas.
//!
//! # Formula
//! A share `l` is drawn from Beta(alpha, alpha), once a minibatch, whose rows are paired by a permutation. The box has the sides `sqrt(1 - l)` of the picture's, its middle is any place, and what lies
//! outside is cut off. The row's own share of its target is the area that is left: `1 - box / picture`.
//!
//! # Arguments
//! `alpha` is the parameter of the distribution: 0 pastes nothing, 1 makes all sizes as likely. `correct=false` mixes targets by `l` as drawn, though boxes are cut off: the rule of the first release of
//! the authors' code. `p` is how often a minibatch is mixed.
//!
//! # Notes
//! Stands behind the statements that change rows one by one: the partner's box is of the changed row. The mixed targets, label smoothing and class weights are one soft target. `one_of` chooses between
//! this and `mixup`.
//!
//! # Elsewhere
//! `CutMix` in torchvision and Keras, `cutmix=1.0` in timm.
//!
//! # Example
//! ```net
//! cutmix alpha=1, p=50%
//! ```
//!
//! # Papers
//! Yun et al. 2019, CutMix: regularization strategy to train strong classifiers with localizable features.

use super::{Augment, Pair, Plan, mixup::ALPHA, p, pairs::How};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub struct Cutmix;
pub static WORD: Cutmix = Cutmix;

static SIG: Sig = Sig {
    name: "cutmix",
    about: "paste a box of another row into each, and mix targets by their areas",
    args: &[
        ALPHA,
        ArgSpec::named(
            "correct",
            Kind::Bool,
            Default::Bool(true),
            "whether targets go by the box as it is cut off",
        ),
        ArgSpec { about: "probability that a minibatch is mixed", ..p(1.0) },
    ],
    block: Block::None,
};

impl Augment for Cutmix {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("random_cutmix", "cutmix"), ("cut_mix", "cutmix")]
    }

    fn is_of_pairs(&self) -> bool {
        true
    }

    fn told(&self, args: &Args) -> String {
        let alpha = crate::model::summary::number(args.number("alpha"));
        let uncorrected = if args.flag("correct") { "" } else { ", targets by shares as drawn" };
        format!("boxes of other rows pasted in, shares from Beta({alpha}, {alpha}){uncorrected}")
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.number("alpha") {
            0.0 => Plan::Nothing,
            alpha => Plan::Pair(Pair { alpha, how: How::Paste { correct: args.flag("correct") } }),
        }
    }
}
