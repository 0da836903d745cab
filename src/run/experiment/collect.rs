//! The records of shards as one: what is missing is said, and with nothing missing the record and the report are those of one process, byte for byte.

use std::{collections::BTreeSet, fmt};

use super::{
    Course, Experiment, ExperimentError, RECORD,
    carried::{Carried, held},
    journal::{JournalError, recorded, records},
    report::Report,
    trial::{Measured, Trial},
};
use crate::{atomic, run::folder::guard::Guard};

/// What no shard has recorded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Trials that are recorded.
    pub recorded: usize,
    /// Points of searches that nobody tried, as far as it is known which those are.
    pub searched: usize,
    /// Trials that are to be tested, whose search is done.
    pub tests: usize,
    /// Tests that wait for their search.
    pub waiting: usize,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let parts = [
            (self.searched, "point of a search", "points of searches"),
            (self.tests, "test", "tests"),
            (self.waiting, "test that waits for its search", "tests that wait for their searches"),
        ];
        let missing: Vec<String> = parts
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, several)| format!("{n} {}", if n == 1 { one } else { several }))
            .collect();
        write!(f, "{} recorded; missing: {}", counted(self.recorded, "trial"), missing.join(", "))
    }
}

impl Experiment<'_> {
    /// Merges what shards recorded into one record and reports it. Nothing is trained.
    ///
    /// # Errors
    /// Records of another experiment, or none; trials that are missing.
    pub fn collect(
        &self,
        course: &Course<'_>,
        done: &(dyn Fn(&Trial, &Measured) + Sync),
    ) -> Result<Report, ExperimentError> {
        self.check()?;
        if records(course.dir)?.is_empty() {
            return Err(JournalError::Other(format!(
                "{} holds no record to collect\nhelp: `--shard 1/8` to `--shard 8/8` make them",
                course.dir.display()
            ))
            .into());
        }
        let head = self.head_of_rows()?;
        let known = recorded(course.dir, &head)?;
        let carried = Carried::new(self, course, known, None, &|_, _| ());
        let trials = self.all_recorded(&carried)?;
        let path = course.dir.join(RECORD);
        let guard = Guard::take(course.dir).map_err(JournalError::Busy)?;
        let known = held(&carried.known);
        atomic::replace(&path, |out| {
            writeln!(out, "{head}")?;
            let keys = trials.iter().map(|trial| trial.key(self).to_string());
            keys.filter_map(|key| known.get(&key)).try_for_each(|line| writeln!(out, "{line}"))
        })
        .map_err(|e| JournalError::Io(path.clone(), e))?;
        drop((known, guard));
        self.run(&Course { resume: true, ..course.clone() }, done)
    }

    /// All trials, in the order in which one process would begin them.
    fn all_recorded(&self, carried: &Carried<'_>) -> Result<Vec<Trial>, ExperimentError> {
        let mut missing = Missing { recorded: held(&carried.known).len(), searched: 0, tests: 0, waiting: 0 };
        let mut searches = Vec::new();
        for place in self.places() {
            match self.known_search(carried, place.clone()) {
                Some(search) => searches.push(search),
                None => {
                    missing.waiting += 1;
                    let points = self.points_apart().unwrap_or_default();
                    let open = points.into_iter().filter(|point| {
                        carried.known(&Trial { point: point.clone(), ..place.clone() }).is_none()
                    });
                    missing.searched += open.count();
                }
            }
        }
        let last = self.last_of(&searches)?;
        missing.tests = last.iter().filter(|trial| carried.recorded(trial).is_none()).count();
        if missing.searched + missing.tests + missing.waiting > 0 {
            return Err(ExperimentError::Missing(missing));
        }
        let searched = searches.into_iter().flat_map(|one| one.tried.into_iter().map(|(trial, _)| trial));
        let mut seen = BTreeSet::new();
        let all = searched.chain(last).filter(|trial| seen.insert(trial.key(self).to_string()));
        Ok(all.collect())
    }
}
