//! Experiments: a net on many divisions of its rows, with many seeds, over the points of its sweep, settings side by side.
//!
//! On each division the points of the sweep are trained on the fitted rows and judged on the validation rows; the best is trained again
//! on both, and tested once. A net that watches validation rows while it trains keeps them. Invariant: a result is a function of
//! the text, the values set, the division and the seed; not of the number of jobs. Where later points learn from earlier ones, or are held
//! against them, they do so round by round.

mod best;
mod carried;
mod error;
mod fits;
mod journal;
mod points;
mod prune;
mod report;
mod search;
mod trial;

use std::{
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicU32},
};

use serde_json::{Value as Json, json};

pub use error::ExperimentError;
pub use journal::JournalError;
pub use points::Point;
pub use report::{Arm, Difference, Mean, Report, Tested, Tried, Winner};
pub use trial::{Measured, Trial};

use carried::{Attempt, Carried};
use fits::Seen;
use journal::{Journal, Known};
use prune::Rivals;
use search::Searched;

use super::divergence;
use crate::run::{folder::start, predictions::mc::Scoring};
use crate::{
    data::Search,
    draws,
    model::{Model, PredictMode, Sweep},
    runtime::{progress::Rows, train::TrainError},
};

/// What is tried.
pub struct Experiment<'a> {
    pub source: &'a str,
    /// The file of the text, as it was named from the working directory.
    pub file: &'a Path,
    pub working: &'a Path,
    /// `--set`, for all trials.
    pub sets: Vec<(String, String)>,
    /// The net as the text says it.
    pub model: &'a Model,
    pub search: &'a Search,
    pub splits: usize,
    pub seeds: Vec<u64>,
    /// Settings that are compared; one that sets nothing without a comparison.
    pub arms: Vec<Point>,
}

/// How trials are carried out and where they are recorded.
pub struct Course<'a> {
    pub jobs: usize,
    pub dir: &'a Path,
    pub resume: bool,
    pub stop: Arc<AtomicU32>,
}

impl Experiment<'_> {
    /// Divisions that the file knows, if it says how many.
    pub fn divisions(model: &Model) -> Option<usize> {
        trial::divisions(model)
    }

    /// The most trials of an experiment: all of them stand in memory, and each is a training.
    pub const MOST_TRIALS: usize = 1_000_000;

    /// Of these values those that are the last on their side of what the sweep tried.
    pub fn at_an_end<'p>(&self, point: &'p Point) -> Vec<&'p (String, String)> {
        let vary = |name: &str| self.sweep()?.vary.iter().find(|vary| vary.name == name);
        let is_end = |(name, value): &&(String, String)| {
            value.parse().is_ok_and(|x| vary(name).is_some_and(|vary| vary.is_at_an_end(x)))
        };
        point.iter().filter(is_end).collect()
    }

    /// Trials in all.
    pub fn trials(&self) -> usize {
        Self::planned(self.model, self.arms.len(), self.splits, self.seeds.len())
    }

    /// Trials of so many settings, divisions and seeds.
    pub fn planned(model: &Model, arms: usize, splits: usize, seeds: usize) -> usize {
        let searched = choice(model).map_or(0, points::count);
        [arms, splits, seeds].into_iter().fold(searched + 1, usize::saturating_mul)
    }

    /// Carries out what is not recorded yet. `done` hears of every trial, recorded ones too.
    ///
    /// # Errors
    /// The first trial that fails; what was finished before stays recorded. An interruption likewise.
    pub fn run(
        &self,
        course: &Course<'_>,
        done: &(dyn Fn(&Trial, &Measured) + Sync),
    ) -> Result<Report, ExperimentError> {
        if self.scoring(self.model).to_fit() {
            return Err(ExperimentError::FitPrecision);
        }
        // What is wrong with the data should be said before there is a folder, and before hours of trials.
        self.check_fits()?;
        let first = self.places().first().map(|place| place.open(self)).transpose()?;
        if let (Some((_, ready)), None) = (&first, self.sweep()) {
            start::has_room(&ready.model, &ready.dataset).map_err(TrainError::Data)?;
        }
        let rows = first.map(|(_, ready)| Rows::of(&ready.dataset)).transpose();
        let head = self.head(rows.map_err(TrainError::Rows)?);
        let (journal, known) = match course.resume {
            true => Journal::resume(course.dir, &head)?,
            false => (Journal::begin(course.dir, &head)?, Known::new()),
        };
        let (known, journal) = (Mutex::new(known), Mutex::new(journal));
        let carried = Carried { experiment: self, course, known, journal, seen: Seen::default(), done };
        let searches = self.searched(&carried)?;
        let last = searches.iter().map(|one| {
            let point = match self.sweep() {
                None => self.only_point(),
                Some(sweep) => {
                    let best = one.best(&sweep.goal).map(|trial| trial.point.clone());
                    best.ok_or_else(|| self.without_best(one, sweep))?
                }
            };
            Ok(Trial { point, last: true, ..one.place.clone() })
        });
        let last = last.collect::<Result<Vec<Trial>, ExperimentError>>()?;
        let attempts = last.iter().map(|trial| (trial, None)).collect::<Vec<_>>();
        let found = carried.all(&attempts)?;
        let tested = last.into_iter().zip(found).map(|(trial, measured)| Tested {
            arm: trial.arm,
            split: trial.split,
            seed: trial.seed,
            chosen: trial.point,
            figures: measured.figures,
        });
        let report = Report::new(&self.arms, tested.collect(), self.sweep(), searches);
        self.write_best(course, &report)?;
        Ok(report)
    }

    /// Why a search has no best trial.
    fn without_best(&self, search: &Searched, sweep: &Sweep) -> ExperimentError {
        let split = search.place.split;
        let mut refused = search.tried.iter().filter_map(|(_, measured)| measured.refused.clone());
        let first = refused.next();
        let diverged = search.tried.len() - first.iter().count() - refused.count();
        match (first, search.tried.iter().all(|(_, measured)| measured.figures.is_empty())) {
            (Some(why), true) if diverged == 0 => ExperimentError::NoneFits { split, why },
            (first, true) => {
                let others = if first.is_some() { "; the others could not be fitted" } else { "" };
                let what = format!("all {diverged} trials of division {split} diverged{others}");
                ExperimentError::Diverged { what, cure: self.cure(&search.place) }
            }
            (_, false) => ExperimentError::NoneBest { split, goal: sweep.goal.figure.clone() },
        }
    }

    /// What cures the net of a trial that went astray.
    fn cure(&self, trial: &Trial) -> String {
        trial.open(self).map_or(String::new(), |(_, ready)| divergence::cure(&ready.model, &ready.dataset))
    }

    /// The sweep, if it leaves a choice.
    fn sweep(&self) -> Option<&Sweep> {
        choice(self.model)
    }

    /// What a sweep without a choice sets.
    fn only_point(&self) -> Point {
        let sweep = self.model.sweep.as_ref();
        sweep.and_then(|sweep| points::round(sweep, &[]).pop()).unwrap_or_default()
    }

    /// Every place with all that was tried there: a round on all places, then the next.
    fn searched(&self, carried: &Carried<'_>) -> Result<Vec<Searched>, ExperimentError> {
        let mut searches: Vec<Searched> = self.places().into_iter().map(Searched::new).collect();
        let Some(sweep) = self.sweep() else { return Ok(searches) };
        loop {
            let rounds: Vec<Vec<Trial>> = searches.iter().map(|one| one.round(sweep)).collect();
            let rivals: Vec<Option<Rivals>> = searches.iter().map(|one| one.rivals(sweep)).collect();
            let each = rounds.iter().zip(&rivals);
            let attempts: Vec<Attempt<'_>> = each
                .flat_map(|(round, rivals)| round.iter().map(move |trial| (trial, rivals.as_ref())))
                .collect();
            if attempts.is_empty() {
                return Ok(searches);
            }
            let mut found = carried.all(&attempts)?.into_iter();
            for (one, round) in searches.iter_mut().zip(rounds) {
                one.tried.extend(round.into_iter().zip(found.by_ref()));
            }
        }
    }

    /// The file with the values that won, beside the record.
    fn write_best(&self, course: &Course<'_>, report: &Report) -> Result<(), ExperimentError> {
        let (Some(winner), Some(sweep)) = (&report.best, self.sweep()) else { return Ok(()) };
        let values: Point = self.sets.iter().chain(&winner.set).cloned().collect();
        let which = if sweep.goal.highest { "highest" } else { "lowest" };
        let by = format!("The {which} {winner}, of {} points.", report.tried.len());
        let net = course.dir.join("best.net");
        best::write(&net, self, &values, &by).map_err(|e| JournalError::Io(net, e).into())
    }

    /// Every arm on every division with every seed.
    fn places(&self) -> Vec<Trial> {
        let mut places = Vec::new();
        for arm in 0..self.arms.len() {
            for split in 0..self.splits {
                for seed in &self.seeds {
                    places.push(Trial { arm, split, seed: *seed, point: Point::new(), last: false });
                }
            }
        }
        places
    }

    /// The first line of the record, with the rows of its first division. Divisions, seeds and settings may be added later.
    fn head(&self, rows: Option<Rows>) -> Json {
        json!({
            "dropnet": env!("CARGO_PKG_VERSION"),
            "source": format!("{:016x}", draws::site_key(self.source)),
            "sets": self.sets,
            "rows": rows,
        })
    }

    fn mode(&self, model: &Model) -> PredictMode {
        model.predict.mode
    }

    fn scoring(&self, model: &Model) -> Scoring {
        Scoring::of(&model.predict)
    }
}

/// The sweep of a net, if it leaves a choice.
fn choice(model: &Model) -> Option<&Sweep> {
    model.sweep.as_ref().filter(|sweep| points::count(sweep) > 1)
}
