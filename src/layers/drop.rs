//! A place of random multipliers, as others than its layer may know it: summaries, prediction, penalties, lints.

use crate::{
    draws::{self, Squares},
    model::{Role, Ty},
    vocab::Timed,
};

/// A place where random multipliers (or noise) act.
#[derive(Clone, Debug, PartialEq)]
pub struct DropSite {
    /// Probability of dropping, or the rate that a Gaussian multiplier's variance is derived from. Of a relaxed coin, the rate at which
    /// training begins: the node's first parameter is its logit.
    pub rate: Timed,
    pub law: Law,
    pub scope: Scope,
    /// Places along a side of the squares that are dropped.
    pub size: Option<usize>,
    /// Where the factor `1 / (1 - rate)`, or `1 - rate`, is applied.
    pub scaled: When,
    /// Whether the samples of a Monte-Carlo prediction draw for it, and not training alone.
    pub sampled: bool,
    /// Stochastic in every mode.
    pub always: bool,
}

/// A place inside of a layer where something is dropped by coins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InnerDrop {
    /// The end of its path: `weights`.
    pub name: &'static str,
    /// Whether it is weights of attention that are dropped, and not units.
    pub of_weights: bool,
    /// What has a coin: `weight of each query`.
    pub what: &'static str,
    pub rate: Timed,
    /// Coins of a row.
    pub coins: usize,
    /// Whether what is kept is divided by the share that is kept.
    pub scaled: bool,
    /// Whether steps of time have coins of their own where one for all of them would do.
    pub fresh: bool,
}

/// What the multiplier of a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// 0 or 1.
    Coin,
    /// A coin whose dropped units go to the saturation of `selu`, with mean and variance restored.
    Alpha,
    /// `N(1, p / (1 - p))`
    Gaussian,
    /// A smooth stand-in for a coin whose rate is learned.
    Relaxed,
    /// 0 or 1, by squares of a map whose places are drawn.
    Squares,
    /// No multiplier: a normal deviate is added.
    Additive,
}

impl Law {
    pub const ALL: [Law; 6] =
        [Law::Coin, Law::Alpha, Law::Gaussian, Law::Relaxed, Law::Squares, Law::Additive];

    /// As summaries say it, and as `kind=` spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Law::Coin => "bernoulli",
            Law::Alpha => "alpha",
            Law::Gaussian => "gaussian",
            Law::Relaxed => "concrete",
            Law::Squares => "dropblock",
            Law::Additive => "additive",
        }
    }

    #[must_use]
    pub fn named(word: &str) -> Option<Law> {
        Law::ALL.into_iter().find(|law| law.name() == word)
    }
}

/// Who shares one draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// All places along these axes.
    pub axes: Vec<Role>,
    pub rows: Each,
}

impl Scope {
    /// A draw for each unit of each row.
    pub const UNIT: Scope = Scope { axes: Vec::new(), rows: Each::Row };

    /// One draw for a whole value: a branch is kept or dropped.
    #[must_use]
    pub fn branch(rows: Each) -> Scope {
        Scope { axes: Role::ALL.to_vec(), rows }
    }

    #[must_use]
    pub fn is_branch(&self) -> bool {
        self.axes == Role::ALL
    }

    /// For each axis of a value, whether all places along it share one draw.
    #[must_use]
    pub fn along(&self, value: &Ty) -> Vec<bool> {
        value.axes.iter().map(|axis| self.axes.contains(&axis.role)).collect()
    }
}

/// What has a draw of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Each {
    Row,
    /// One draw for all rows of a step.
    Step,
    /// Each row in training; one draw for all rows of a Monte-Carlo sample.
    Sample,
}

/// Which of the model's functions makes up for what is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    Train,
    Test,
    /// The multiplier has mean 1 by itself.
    Never,
}

impl DropSite {
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.law == Law::Relaxed
    }

    /// Whether the samples of a Monte-Carlo prediction differ by it.
    #[must_use]
    pub fn is_live_in_mc(&self) -> bool {
        self.sampled && (self.law == Law::Additive || self.rate.last() > 0.0)
    }

    /// Whether masks change the mean square of the value, so that statistics of training are not those of prediction.
    #[must_use]
    pub fn shifts_variance(&self) -> bool {
        !self.always && self.law != Law::Alpha && self.rate.last() > 0.0
    }

    /// How many times as large that mean square of `value` is.
    #[must_use]
    pub fn variance_factor(&self, value: &Ty) -> f64 {
        1.0 / self.share_kept(value)
    }

    /// The share of the numbers of `value` that is kept on average: squares overlap, so more than `1 - rate` of it is.
    #[must_use]
    pub fn share_kept(&self, value: &Ty) -> f64 {
        let rate = self.rate.last();
        self.squares(value).map_or(1.0 - rate, |squares| squares.keep(rate))
    }

    /// The squares that are dropped of a row of `value`, where it is squares.
    #[must_use]
    pub fn squares(&self, value: &Ty) -> Option<Squares> {
        let size = self.size.filter(|_| self.law == Law::Squares)?;
        Some(Squares::of(&value.sizes(), size, self.scope.axes.contains(&Role::Channel)))
    }

    /// What a kept unit is multiplied by in training, at a rate.
    #[must_use]
    pub fn gain(&self, rate: f64) -> f64 {
        match self.scaled {
            When::Train => 1.0 / draws::keep(rate),
            When::Test | When::Never => 1.0,
        }
    }

    /// Coins that a row of `value` tosses here in a sample: units after sharing, each kept or dropped (or smoothly between).
    #[must_use]
    pub fn coins(&self, value: &Ty) -> usize {
        let tosses = self.sampled
            && matches!(self.law, Law::Coin | Law::Alpha | Law::Relaxed)
            && self.rate.last() > 0.0;
        let own = value.axes.iter().zip(self.scope.along(value)).filter(|(_, shared)| !shared);
        if tosses { own.map(|(axis, _)| axis.size).product() } else { 0 }
    }
}
