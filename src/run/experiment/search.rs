//! The search on one place: what was tried there, what comes next, and what won.

use super::{
    points::{self, Point},
    prune::Rivals,
    trial::{Measured, Trial, value_of},
};
use crate::{
    draws,
    model::{Goal, Search, Sweep},
};

pub struct Searched {
    /// Where: one setting, one division, one seed.
    pub place: Trial,
    pub tried: Vec<(Trial, Measured)>,
}

/// A goal as a number that is better when lower, infinite where there is none.
fn cost(goal: &Goal, measured: &Measured) -> f64 {
    let value = value_of(goal, &measured.figures).filter(|x| x.is_finite());
    value.map_or(f64::INFINITY, |x| if goal.highest { -x } else { x })
}

impl Searched {
    pub fn new(place: Trial) -> Self {
        Self { place, tried: Vec::new() }
    }

    /// A search that learns is another one in each place; others try the same points everywhere.
    fn own(&self, sweep: &Sweep) -> Sweep {
        let Trial { arm, split, seed, .. } = self.place;
        let search = match sweep.search {
            Search::Tpe { trials, seed: own } => {
                let seed =
                    [arm as u64, split as u64, seed].iter().fold(own, |key, part| draws::mix64(key ^ part));
                Search::Tpe { trials, seed }
            }
            same => same,
        };
        Sweep { search, ..sweep.clone() }
    }

    /// The trials of the next round; none at the end.
    pub fn round(&self, sweep: &Sweep) -> Vec<Trial> {
        let sweep = self.own(sweep);
        let tried: Vec<(Point, f64)> = self
            .tried
            .iter()
            .map(|(trial, measured)| (trial.point.clone(), cost(&sweep.goal, measured)))
            .collect();
        points::round(&sweep, &tried).into_iter().map(|point| Trial { point, ..self.place.clone() }).collect()
    }

    /// Whom the next round has to keep up with.
    pub fn rivals(&self, sweep: &Sweep) -> Option<Rivals> {
        let earlier = self.tried.iter().map(|(_, measured)| measured);
        sweep.prune.map(|prune| Rivals::new(&prune, &sweep.goal, earlier))
    }

    /// The point with the best goal among trials that came to their end; the first of equal ones.
    pub fn best(&self, goal: &Goal) -> Option<&Trial> {
        let whole = self.tried.iter().filter(|(_, measured)| !measured.pruned);
        let scored = whole.map(|(trial, measured)| (trial, cost(goal, measured)));
        let best = scored.filter(|(_, cost)| cost.is_finite()).reduce(|best, next| match best.1 <= next.1 {
            true => best,
            false => next,
        });
        best.map(|(trial, _)| trial)
    }
}
