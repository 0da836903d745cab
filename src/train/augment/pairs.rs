//! Rows that are mixed with another row of their minibatch, targets and all: one coin, one share, one permutation and one box a minibatch.
//!
//! Invariant: what is drawn is a function of (seed, path, epoch, update).

use super::{
    Plan, Statement,
    picture::{Rect, Size},
};
use crate::{
    draws::rng,
    vocab::{Clock, Timed},
};

/// How one statement mixes two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The parameter of the share's Beta distribution.
    pub alpha: f64,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The sum of both rows, by their shares.
    Blend,
    /// A box of the other row; with `correct` its share is that of the box, not of the draw that sized it.
    Paste { correct: bool },
}

/// What mixes pairs: one statement, or one of several in each minibatch.
#[derive(Clone)]
pub struct Pairs {
    /// With the weights by which they are chosen.
    pub among: Vec<(f64, Statement)>,
    /// How often rows are mixed at all.
    pub p: Timed,
    /// Of the statement alone, or of what chooses.
    pub path: String,
}

/// Where in training a minibatch stands.
#[derive(Clone, Copy, Debug)]
pub struct Minibatch {
    pub seed: u64,
    pub epoch: u64,
    /// Ordinal in the run.
    pub update: u64,
    pub rows: usize,
    pub clock: Clock,
}

/// How the rows of one minibatch are mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// The place in the minibatch of each row's partner.
    pub partner: Vec<u32>,
    /// The row's own share of its inputs, as they are summed; 1 where a box is pasted instead.
    pub blend: f64,
    /// The row's own share of its target.
    pub share: f64,
    /// What is pasted from the partner.
    pub rect: Option<Rect>,
}

impl Pairs {
    /// The statements that act, as they act.
    fn plans(&self) -> impl Iterator<Item = (f64, &Statement, Pair)> {
        self.among.iter().filter_map(|(weight, statement)| {
            match statement.used.word.plan(&statement.used.args) {
                Plan::Pair(pair) => Some((*weight, statement, pair)),
                _ => None,
            }
        })
    }

    /// Whether some minibatches are sums of rows.
    #[must_use]
    pub fn blends(&self) -> bool {
        self.plans().any(|(_, _, pair)| pair.how == How::Blend)
    }

    /// Whether boxes are pasted in some.
    #[must_use]
    pub fn pastes(&self) -> bool {
        self.plans().any(|(_, _, pair)| pair.how != How::Blend)
    }

    /// The largest parameter of a share's distribution.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.plans().fold(0.0, |most, (_, _, pair)| pair.alpha.max(most))
    }

    /// The share of the likelier target, on average; `size` is that of the pictures, at whose borders boxes are cut off.
    #[must_use]
    pub fn larger_share(&self, size: Option<Size>) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (weight, statement, pair) in self.plans() {
            let p = self.p.last() * if statement.path == self.path { 1.0 } else { statement.p().last() };
            let larger = match (pair.how, size) {
                (How::Paste { correct: true }, Some(size)) => larger_share_of_boxes(pair.alpha, size),
                _ => larger_share(pair.alpha),
            };
            sum += weight * (1.0 - p + p * larger);
            total += weight;
        }
        if total > 0.0 { sum / total } else { 1.0 }
    }

    /// What mixes targets: `mixup 0.2`.
    #[must_use]
    pub fn told_of_targets(&self) -> String {
        let each = self.plans().map(|(_, statement, pair)| {
            format!("{} {}", statement.used.args.sig.name, crate::model::summary::number(pair.alpha))
        });
        each.collect::<Vec<_>>().join(" or ")
    }

    /// How a minibatch is mixed; `size` is that of its pictures, where they are pictures.
    #[must_use]
    pub fn paired(&self, at: &Minibatch, size: Size) -> Paired {
        let whole = || Paired { partner: (0..at.rows as u32).collect(), blend: 1.0, share: 1.0, rect: None };
        let coordinates = [at.epoch, at.update];
        let mut coin = rng::stream(at.seed, &format!("{}.p", self.path), &coordinates);
        if self.p != Timed::Constant(1.0) && rng::unit(&mut coin) >= self.p.at(&at.clock) {
            return whole();
        }
        let chosen = self.chosen(at);
        let Some((_, statement, pair)) = chosen else { return whole() };
        let path = statement.path.as_str();
        let mut coin = rng::stream(at.seed, &format!("{path}.p"), &coordinates);
        let p = statement.p();
        if path != self.path && p != Timed::Constant(1.0) && rng::unit(&mut coin) >= p.at(&at.clock) {
            return whole();
        }
        let share = rng::beta(at.seed, path, at.epoch, at.update, pair.alpha);
        let partner = rng::shuffle(at.seed, path, &coordinates, at.rows);
        match pair.how {
            How::Blend => Paired { partner, blend: share, share, rect: None },
            How::Paste { correct } => {
                let rect = pasted(at, path, share, size);
                let own = 1.0 - rect.area() as f64 / (size[0] * size[1]) as f64;
                let share = if correct { own } else { share };
                Paired { partner, blend: 1.0, share, rect: Some(rect) }
            }
        }
    }

    /// One of the statements, by their weights.
    fn chosen(&self, at: &Minibatch) -> Option<(f64, &Statement, Pair)> {
        let plans: Vec<_> = self.plans().collect();
        let total: f64 = plans.iter().map(|(weight, ..)| weight).sum();
        if plans.len() <= 1 {
            return plans.into_iter().next();
        }
        let mut choice = rng::stream(at.seed, &format!("{}.choice", self.path), &[at.epoch, at.update]);
        let mut left = rng::unit(&mut choice) * total;
        let last = plans.len() - 1;
        plans.into_iter().enumerate().find_map(|(i, plan)| {
            left -= plan.0;
            (left < 0.0 || i == last).then_some(plan)
        })
    }
}

/// The box of a share: its middle any place, cut off at the border.
fn pasted(at: &Minibatch, path: &str, share: f64, size: Size) -> Rect {
    let mut place = rng::stream(at.seed, &format!("{path}.box"), &[at.epoch, at.update]);
    let half = halves(share, size);
    let mut start = |axis: usize| rng::below(&mut place, size[axis] as u64) as isize - half[axis] as isize;
    let (top, left) = (start(0), start(1));
    Rect::clipped(top, left, half.map(|half| 2 * half), size)
}

/// Half the sides of a share's box.
fn halves(share: f64, size: Size) -> Size {
    size.map(|side| (0.5 * (1.0 - share).sqrt() * side as f64) as usize)
}

/// The same where shares are those of boxes that are cut off at the border: the mean over all places of a box's middle, and over Beta(a, a) by quadrature.
fn larger_share_of_boxes(a: f64, size: Size) -> f64 {
    const NODES: usize = 2000;
    let cells = (size[0] * size[1]) as f64;
    let larger = |half: Size| {
        let lengths = |axis: usize| {
            let (side, half) = (size[axis], half[axis]);
            (0..side).map(move |at| (at + half).min(side) - at.saturating_sub(half))
        };
        let of = |height: usize, width: usize| {
            let pasted = (height * width) as f64 / cells;
            pasted.max(1.0 - pasted)
        };
        lengths(0).flat_map(|height| lengths(1).map(move |width| of(height, width))).sum::<f64>() / cells
    };
    let mut known: Vec<(Size, f64)> = Vec::new();
    let mut of_share = |share: f64| {
        let half = halves(share, size);
        // Shares come in order, so boxes do.
        match known.iter().rev().take(2).find(|(box_, _)| *box_ == half) {
            Some((_, mean)) => *mean,
            None => {
                known.push((half, larger(half)));
                known[known.len() - 1].1
            }
        }
    };
    // Of both halves of the distribution; `x = u^(1/a) / 2` takes the pole at 0 away.
    let (mut sum, mut total) = (0.0, 0.0);
    for upper in [false, true] {
        for node in 0..NODES {
            let u = (node as f64 + 0.5) / NODES as f64;
            let x = 0.5 * u.powf(1.0 / a);
            let weight = (1.0 - x).powf(a - 1.0);
            sum += weight * of_share(if upper { 1.0 - x } else { x });
            total += weight;
        }
    }
    sum / total
}

/// The mean of the larger of `x` and `1 - x`, `x` from Beta(a, a).
fn larger_share(a: f64) -> f64 {
    let log_beta = 2.0 * libm::lgamma(a) - libm::lgamma(2.0 * a);
    0.5 + (-log_beta - a * 4.0_f64.ln() - a.ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beta(1, 1) is uniform; small parameters leave one of the two.
    #[test]
    fn shares_are_those_of_beta() {
        assert!((larger_share(1.0) - 0.75).abs() < 1e-12);
        // E[max] of Beta(2, 2): 1/2 + 3/16.
        assert!((larger_share(2.0) - 0.6875).abs() < 1e-12);
        assert!(larger_share(0.01) > 0.99);
    }

    /// What the formula says is what boxes come to that are really drawn; of boxes that are cut off it is not the share that sized them.
    #[test]
    fn shares_of_boxes_are_those_that_are_pasted() {
        for (alpha, size) in [(1.0, [32, 32]), (0.3, [8, 12])] {
            let draws = 20_000;
            let own = |update: u64| {
                let at = Minibatch { seed: 3, epoch: 0, update, rows: 2, clock: Clock::END };
                let rect = pasted(&at, "cutmix", rng::beta(3, "cutmix", 0, update, alpha), size);
                let share = rect.area() as f64 / (size[0] * size[1]) as f64;
                share.max(1.0 - share)
            };
            let mean = (0..draws).map(own).sum::<f64>() / draws as f64;
            let said = larger_share_of_boxes(alpha, size);
            assert!((mean - said).abs() < 4e-3, "{alpha}: {mean} drawn, {said} said");
            assert!((said - larger_share(alpha)).abs() > 0.01, "{alpha}: {said}");
        }
    }
}
