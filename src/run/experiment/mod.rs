//! Experiments: a net on many divisions of its rows, with many seeds, over the points of its sweep, settings side by side.
//!
//! On each division the points of the sweep are trained on the fitted rows and judged on the validation rows; the best is trained again
//! on both, and tested once. A net that watches validation rows while it trains keeps them, and so does every net if that is asked for. Invariant: a result is a function of
//! the text, the values set, the division and the seed; not of the number of jobs. Where later points learn from earlier ones, or are held
//! against them, they do so round by round. What is left out of one process's share is done by others (`shard`), whose records are one (`collect`).

mod best;
mod carried;
mod collect;
mod error;
mod fits;
mod journal;
mod points;
mod prune;
mod record;
mod report;
mod search;
mod settings;
mod shard;
mod table;
mod trial;

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU32},
};

use serde_json::{Value as Json, json};

pub use collect::Missing;
pub use error::ExperimentError;
pub use journal::JournalError;
pub use points::Point;
pub use record::{PlotWish, Record};
pub use report::{Arm, Difference, Mean, Paired, Report, Tested, Tried, Winner};
pub use settings::{Compared, Setting, Settings};
pub use shard::{Shard, Sharded};
pub use trial::{Measured, Trial};

use carried::{Attempt, Carried};
use journal::{Journal, Known};
use prune::Rivals;
use search::Searched;

use super::divergence;
use crate::run::{
    comparison::same_rows,
    folder::{open::after_choosing, start},
    predictions::mc::Scoring,
};
use crate::{
    data::{Choosing, Search},
    draws,
    model::{Model, PredictMode, Sweep},
    runtime::{progress::Rows, train::TrainError},
};

/// A net that is tried.
pub struct Net<'a> {
    pub source: &'a str,
    /// The file of the text, as it was named from the working directory.
    pub file: &'a Path,
    /// The net as the text says it.
    pub model: &'a Model,
    pub search: &'a Search,
}

impl Net<'_> {
    /// What tells its text from others.
    fn id(&self) -> String {
        format!("{:016x}", draws::site_key(self.source))
    }
}

/// What is tried.
pub struct Experiment<'a> {
    /// One, or several that are compared, none of which has a sweep.
    pub nets: Vec<Net<'a>>,
    pub working: &'a Path,
    /// `--set`, for all trials.
    pub sets: Vec<(String, String)>,
    pub splits: usize,
    pub seeds: Vec<u64>,
    /// Settings that are compared; one that sets nothing without a comparison.
    pub settings: Settings,
    /// Whether figures after each epoch are recorded.
    pub epochs: bool,
    /// Whether what is tested is trained on the training rows alone, the validation rows being kept for the figures beside.
    pub keeps_valid: bool,
}

/// How trials are carried out and where they are recorded.
#[derive(Clone)]
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

    /// The first net, whose sweep is that of all.
    fn model(&self) -> &Model {
        self.nets[0].model
    }

    /// The settings, side by side.
    pub fn arms(&self) -> &[Setting] {
        &self.settings.arms
    }

    /// The net of one of the settings.
    fn net_of(&self, arm: usize) -> &Net<'_> {
        &self.nets[self.arms()[arm].net]
    }

    /// The file of one of the settings, where there are several.
    pub fn file_of(&self, arm: usize) -> Option<String> {
        (self.nets.len() > 1).then(|| self.net_of(arm).file.display().to_string())
    }

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
        Self::planned(self.model(), self.arms().len(), self.splits, self.seeds.len())
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
        self.check()?;
        let head = self.head_of_rows()?;
        let (journal, known) = match course.resume {
            true => Journal::resume(course.dir, RECORD, &head)?,
            false => (Journal::begin(course.dir, RECORD, &head)?, Known::new()),
        };
        let carried = Carried::new(self, course, known, Some(journal), done);
        let searches = self.searched(&carried, self.places())?;
        let last = self.last_of(&searches)?;
        let attempts = last.iter().map(|trial| (trial, None)).collect::<Vec<_>>();
        let found = carried.all(&attempts)?;
        let report = Report::new(self, last.into_iter().zip(found).collect(), searches, self.pairs()?);
        self.write_best(course, &report)?;
        Ok(report)
    }

    /// What is wrong with the data should be said before there is a folder, and before hours of trials.
    fn check(&self) -> Result<(), ExperimentError> {
        if self.nets.iter().any(|net| self.scoring(net.model).to_fit()) {
            return Err(ExperimentError::FitPrecision);
        }
        self.check_fits()
    }

    /// The first line of the record, with the rows of the first division.
    fn head_of_rows(&self) -> Result<Json, ExperimentError> {
        let first = self.places().first().map(|place| place.open(self)).transpose()?;
        if let (Some((_, ready)), None) = (&first, self.sweep()) {
            start::has_room(&ready.model, &ready.dataset).map_err(TrainError::Data)?;
        }
        let loaded = first.as_ref().map(|(_, ready)| ready.loaded.clone()).unwrap_or_default();
        let rows = first.map(|(_, ready)| Rows::of(&ready.dataset)).transpose();
        let mut head = self.head(rows.map_err(TrainError::Rows)?);
        if !loaded.is_empty() {
            head["loaded"] = json!(loaded);
        }
        Ok(head)
    }

    /// The trial that is tested in each place: of the best point, where there was a search.
    fn last_of(&self, searches: &[Searched]) -> Result<Vec<Trial>, ExperimentError> {
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
        last.collect()
    }

    /// The pairs of settings whose difference says something; of nets that were tested on other rows none.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn pairs(&self) -> Result<Pairs, ExperimentError> {
        let mut pairs = Pairs { of: self.settings.pairs.clone(), unpaired: None };
        if self.nets.len() == 1 {
            return Ok(pairs);
        }
        let test = |net: usize| {
            let arm = self.arms().iter().position(|setting| setting.net == net).unwrap_or(0);
            let trial = Trial { arm, split: 0, seed: 0, point: self.only_point(), last: true };
            Ok::<_, ExperimentError>(trial.open(self)?.1)
        };
        let tests = (0..self.nets.len()).map(test).collect::<Result<Vec<_>, _>>()?;
        let differs = |net: usize| {
            let [first, other] = [&tests[0], &tests[net]].map(|ready| &ready.dataset);
            let (Some(a), Some(b)) = (&first.test, &other.test) else { return None };
            same_rows::difference(
                same_rows::Tested { transform: &first.transform, part: a },
                same_rows::Tested { transform: &other.transform, part: b },
            )
        };
        pairs.unpaired = (1..tests.len()).find_map(differs);
        if pairs.unpaired.is_some() {
            pairs.of.retain(|(arm, less)| self.arms()[*arm].net == self.arms()[*less].net);
        }
        Ok(pairs)
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
        choice(self.model())
    }

    /// What a sweep without a choice sets.
    fn only_point(&self) -> Point {
        let sweep = self.model().sweep.as_ref();
        sweep.and_then(|sweep| points::round(sweep, &[]).pop()).unwrap_or_default()
    }

    /// Every place with all that was tried there: a round on all places, then the next.
    fn searched(&self, carried: &Carried<'_>, places: Vec<Trial>) -> Result<Vec<Searched>, ExperimentError> {
        let mut searches: Vec<Searched> = places.into_iter().map(Searched::new).collect();
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
        for arm in 0..self.arms().len() {
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
        let mut head = json!({
            "dropnet": env!("CARGO_PKG_VERSION"),
            "source": self.nets[0].id(),
            "sets": self.sets,
            "rows": rows,
        });
        if self.nets.len() > 1 {
            head["nets"] = self
                .nets
                .iter()
                .map(|net| json!({ "source": net.id(), "file": net.file.display().to_string() }))
                .collect();
        }
        if self.keeps_valid {
            head["keeps_valid"] = json!(true);
        }
        head
    }

    /// What becomes of the validation rows of a trial that searches, or of the last one.
    fn choosing(&self, model: &Model, last: bool) -> Choosing {
        match (last, self.keeps_valid) {
            (false, _) => Choosing::Needed,
            (true, false) => after_choosing(model),
            (true, true) if self.sweep().is_some() => Choosing::Needed,
            (true, true) => Choosing::Written,
        }
    }

    /// Whether a net is trained on its validation rows too, once they have chosen.
    #[must_use]
    pub fn trains_on_valid(model: &Model) -> bool {
        after_choosing(model) == Choosing::Done
    }

    fn mode(&self, model: &Model) -> PredictMode {
        model.predict.mode
    }

    fn scoring(&self, model: &Model) -> Scoring {
        Scoring::of(&model.predict)
    }
}

/// The record of an experiment in its folder.
const RECORD: &str = "experiment.jsonl";

/// Settings of which one is subtracted from another.
struct Pairs {
    of: Vec<(usize, usize)>,
    /// Why nets are not compared in pairs.
    unpaired: Option<String>,
}

/// The sweep of a net, if it leaves a choice.
fn choice(model: &Model) -> Option<&Sweep> {
    model.sweep.as_ref().filter(|sweep| points::count(sweep) > 1)
}
