//! A share of an experiment, as one task of a job array does it: trial k belongs to shard k modulo the number of shards, and each shard writes a record of its own into the
//! folder that all share. No shard waits for another, and a trial that any of them recorded is not done again, whatever the number of shards was then.
//!
//! Points that learn from others, or are held against them, belong together: such a search is one trial with all its points.

use std::{fmt, str::FromStr};

use super::{
    Course, Experiment, ExperimentError,
    carried::{Attempt, Carried, held},
    journal::{Journal, recorded},
    points,
    search::Searched,
    trial::{Measured, Trial},
};

/// Shard `index` (from 1) of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub of: usize,
}

impl Shard {
    /// The file of its record.
    #[must_use]
    pub fn record(self) -> String {
        format!("record.{}-of-{}.jsonl", self.index, self.of)
    }

    fn owns(self, number: usize) -> bool {
        number % self.of == self.index - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected I/N, such as `3/8`: the third of eight shards".to_string();
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
        let shard = Self { index: number(index)?, of: number(of)? };
        match (1..=shard.of).contains(&shard.index) && shard.of <= 100_000 {
            true => Ok(shard),
            false => Err(wrong()),
        }
    }
}

/// What a shard has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharded {
    /// Trials of its own that are recorded.
    pub done: usize,
    /// Tests of its own that wait for points of their search which are others'.
    pub waiting: usize,
}

impl Experiment<'_> {
    /// Carries out what belongs to a shard and is recorded nowhere in the folder.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_shard(
        &self,
        shard: Shard,
        course: &Course<'_>,
        done: &(dyn Fn(&Trial, &Measured) + Sync),
    ) -> Result<Sharded, ExperimentError> {
        self.check()?;
        let head = self.head_of_rows()?;
        let (journal, own) = Journal::of_shard(course.dir, &shard.record(), &head)?;
        let mut known = recorded(course.dir, &head)?;
        known.extend(own);
        let carried = Carried::new(self, course, known, Some(journal), done);
        let places = self.places().into_iter().enumerate().filter(|(k, _)| shard.owns(*k));
        let places: Vec<Trial> = places.map(|(_, place)| place).collect();
        let mut sharded = Sharded { done: 0, waiting: 0 };
        let searches = match self.points_apart() {
            None => self.searched(&carried, places)?,
            Some(_) => {
                let own = self.own_points(shard);
                carried.all(&own.iter().map(|trial| (trial, None)).collect::<Vec<Attempt<'_>>>())?;
                sharded.done += own.len();
                // Others have gone on meanwhile.
                held(&carried.known).extend(recorded(course.dir, &head)?);
                let searches = places.into_iter().filter_map(|place| self.known_search(&carried, place));
                searches.collect()
            }
        };
        sharded.waiting =
            self.places().iter().enumerate().filter(|(k, _)| shard.owns(*k)).count() - searches.len();
        if self.points_apart().is_none() {
            sharded.done += searches.iter().map(|one| one.tried.len()).sum::<usize>();
        }
        let last = self.last_of(&searches)?;
        carried.all(&last.iter().map(|trial| (trial, None)).collect::<Vec<_>>())?;
        sharded.done += last.len();
        Ok(sharded)
    }

    /// The points of a search of which each may be tried by itself.
    pub(super) fn points_apart(&self) -> Option<Vec<points::Point>> {
        let sweep = self.sweep()?;
        let learns = sweep.prune.is_some() || matches!(sweep.search, crate::model::Search::Tpe { .. });
        (!learns).then(|| points::round(sweep, &[]))
    }

    /// Trials of searches that belong to a shard: numbered place by place.
    fn own_points(&self, shard: Shard) -> Vec<Trial> {
        let points = self.points_apart().unwrap_or_default();
        let places = self.places();
        let all = places
            .iter()
            .flat_map(|place| points.iter().map(|point| Trial { point: point.clone(), ..place.clone() }));
        all.enumerate().filter(|(k, _)| shard.owns(*k)).map(|(_, trial)| trial).collect()
    }

    /// A search all of whose points are recorded.
    pub(super) fn known_search(&self, carried: &Carried<'_>, place: Trial) -> Option<Searched> {
        let mut search = Searched::new(place);
        let Some(sweep) = self.sweep() else { return Some(search) };
        loop {
            let round = search.round(sweep);
            if round.is_empty() {
                return Some(search);
            }
            for trial in round {
                let measured = carried.known(&trial)?;
                search.tried.push((trial, measured));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_belongs_to_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|index| Shard { index, of: 3 }).collect();
        for number in 0..20 {
            assert_eq!(shards.iter().filter(|shard| shard.owns(number)).count(), 1);
        }
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, of: 8 }));
        assert_eq!(Shard { index: 2, of: 8 }.record(), "record.2-of-8.jsonl");
        for wrong in ["", "3", "0/3", "4/3", "a/3", "1/0", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
