//! Experiments: a net on many divisions of its rows, with many seeds, over the points of its sweep, settings side by side.
//!
//! On each division the points of the sweep are trained on the fitted rows and judged on the validation rows; the best is trained again
//! on both, and tested once. A net that watches validation rows while it trains keeps them. Invariant: a result is a function of
//! the text, the values set, the division and the seed; not of the number of jobs. Where later points learn from earlier ones, or are held
//! against them, they do so round by round.

mod best;
mod fits;
mod journal;
mod points;
mod prune;
mod report;
mod search;
mod trial;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use serde_json::{Value as Json, json};

pub use journal::JournalError;
pub use points::Point;
pub use report::{Arm, Difference, Mean, Report, Tested, Tried, Winner};
pub use trial::{Measured, Trial};

use fits::Seen;
use journal::{Journal, Known};
use prune::Rivals;
use search::Searched;

use super::divergence;
use crate::run::{
    folder::{open::OpenError, start, trained::TrainedError},
    predictions::mc::Scoring,
};
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

#[derive(Debug)]
pub enum ExperimentError {
    Open(OpenError),
    Train(TrainError),
    Trained(TrainedError),
    Journal(JournalError),
    /// The file divides no such part off.
    NoPart(&'static str),
    /// A precision is fitted on the rows that choose among trials.
    FitPrecision,
    /// Divisions that hold the same rows: all of them, or these two.
    Copies {
        splits: usize,
        two: Option<(usize, usize)>,
    },
    /// Two settings that set the same values.
    SameSettings(String, String),
    /// No trial of this division gave the goal a finite value.
    NoneBest {
        split: usize,
        goal: String,
    },
    /// No trial of this division can be fitted to its rows; what the first of them said.
    NoneFits {
        split: usize,
        why: String,
    },
    /// Training went astray, of every trial of a division or of the one that was to be tested; `cure` is a line of help.
    Diverged {
        what: String,
        cure: String,
    },
    Interrupted,
}

impl fmt::Display for ExperimentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Trained(error) => error.fmt(f),
            Self::Train(TrainError::Diverged { epoch, step }) => {
                write!(f, "training diverged in epoch {epoch}, step {step}")
            }
            Self::Diverged { what, cure } => write!(f, "{what}\n{cure}"),
            Self::Train(TrainError::Data(why)) => f.write_str(why),
            Self::Train(TrainError::Rows(error)) => f.write_str(&error.plain()),
            Self::Train(TrainError::Unwritten) => f.write_str("what belongs to an epoch could not be written"),
            Self::Train(TrainError::Codegen(error)) => error.fmt(f),
            Self::Train(TrainError::Checkpoint(error)) => error.fmt(f),
            Self::Train(TrainError::Interrupted { .. }) | Self::Interrupted => f.write_str("interrupted"),
            Self::Journal(JournalError::Exists(dir)) => {
                write!(
                    f,
                    "{} holds an experiment already\nhelp: go on with it by `--resume`, or choose another folder",
                    dir.display()
                )
            }
            Self::Journal(JournalError::Taken(dir, files)) => write!(
                f,
                "{} holds {files}, which an experiment would write over\nhelp: choose another folder, or move what is there away",
                dir.display()
            ),
            Self::Journal(JournalError::Busy(busy)) => busy.fmt(f),
            Self::Journal(JournalError::Other(why)) => f.write_str(why),
            Self::Journal(JournalError::Io(path, error)) => {
                write!(f, "cannot write {}: {error}", path.display())
            }
            Self::NoPart(part) => {
                write!(f, "the data have no {part} part\nhelp: write `split {part}=20%` in `data`")
            }
            Self::FitPrecision => f.write_str(
                "`precision=fit` in an experiment: its validation rows choose among trials\nhelp: write a number, or a `param` that `sweep` varies",
            ),
            Self::Copies { splits, two: None } => write!(
                f,
                "--splits {splits}: every division holds the same rows, so there is one\nhelp: leave `--splits` out (`--seeds` trains several times), or let chance divide: `split` without `shuffle=false`, or `folds=`"
            ),
            Self::Copies { splits, two: Some((first, second)) } => write!(
                f,
                "--splits {splits}: divisions {first} and {second} hold the same rows\nhelp: give each its own index files, or ask for fewer divisions"
            ),
            Self::SameSettings(first, second) => {
                write!(f, "`{first}` and `{second}` set the same\nhelp: compare values that differ")
            }
            Self::NoneFits { split, why } => {
                write!(f, "no trial of division {split} can be fitted; the first of them: {why}")
            }
            Self::NoneBest { split, goal } => write!(
                f,
                "no trial of division {split} has a finite goal\nhelp: valid.{goal} is undefined on its validation rows; choose another `goal`, or more of them"
            ),
        }
    }
}

impl std::error::Error for ExperimentError {}

impl ExperimentError {
    /// Whether one point of a sweep may fail so, and others not.
    fn is_of_a_point(&self) -> bool {
        matches!(
            self,
            Self::Open(OpenError::Net(_) | OpenError::Data(_))
                | Self::NoPart(_)
                | Self::Train(TrainError::Data(_))
        )
    }
}

impl From<OpenError> for ExperimentError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<TrainError> for ExperimentError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Interrupted { .. } => Self::Interrupted,
            other => Self::Train(other),
        }
    }
}

impl From<TrainedError> for ExperimentError {
    fn from(error: TrainedError) -> Self {
        Self::Trained(error)
    }
}

impl From<JournalError> for ExperimentError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
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

/// A trial and whom it has to keep up with.
type Attempt<'a> = (&'a Trial, Option<&'a Rivals>);

/// An experiment under way.
struct Carried<'a> {
    experiment: &'a Experiment<'a>,
    course: &'a Course<'a>,
    /// What is recorded: a search that comes to a point again has its result, as after a resume.
    known: Mutex<Known>,
    journal: Mutex<Journal>,
    seen: Seen,
    done: &'a (dyn Fn(&Trial, &Measured) + Sync),
}

impl Carried<'_> {
    /// Figures of all trials, in order; as many at once as there are jobs.
    fn all(&self, attempts: &[Attempt<'_>]) -> Result<Vec<Measured>, ExperimentError> {
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let all: Mutex<BTreeMap<usize, Measured>> = Mutex::default();
        let work = || {
            loop {
                let i = next.fetch_add(1, Ordering::SeqCst);
                let Some((trial, rivals)) = attempts.get(i) else { return };
                match self.one(trial, *rivals) {
                    Ok(found) => drop(held(&all).insert(i, found)),
                    Err(error) => {
                        held(&failed).get_or_insert(error);
                        next.store(attempts.len(), Ordering::SeqCst);
                        return;
                    }
                }
            }
        };
        std::thread::scope(|scope| (0..self.course.jobs.max(1)).for_each(|_| drop(scope.spawn(work))));
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()),
        }
    }

    fn one(&self, trial: &Trial, rivals: Option<&Rivals>) -> Result<Measured, ExperimentError> {
        let key = trial.key(&self.experiment.arms);
        if let Some(measured) = held(&self.known).get(&key.to_string()).and_then(Measured::read) {
            (self.done)(trial, &measured);
            return Ok(measured);
        }
        if self.course.stop.load(Ordering::SeqCst) != 0 {
            return Err(ExperimentError::Interrupted);
        }
        let fits = match !trial.last && self.experiment.draws() {
            true => self.experiment.check_point(&self.experiment.arms[trial.arm], &trial.point, &self.seen),
            false => Ok(()),
        };
        let measured = match fits.and_then(|()| trial.run(self.experiment, rivals, &self.course.stop)) {
            // One that its rows, or the rest of the net, cannot do with is none either.
            Err(error) if !trial.last && error.is_of_a_point() => {
                Measured { refused: Some(in_a_line(&error)), ..Measured::default() }
            }
            // A point that diverges is no error of the experiment: it is not chosen.
            Err(ExperimentError::Train(TrainError::Diverged { .. })) if !trial.last => Measured::default(),
            Err(error @ ExperimentError::Train(TrainError::Diverged { .. })) => {
                let what = format!("{error}, of division {}, seed {}", trial.split, trial.seed);
                return Err(ExperimentError::Diverged { what, cure: self.experiment.cure(trial) });
            }
            other => other?,
        };
        held(&self.journal).add(&key, &measured).map_err(|e| JournalError::Io(self.course.dir.into(), e))?;
        held(&self.known).insert(key.to_string(), measured.json());
        (self.done)(trial, &measured);
        Ok(measured)
    }
}

/// What an error says and its notes, without places and help.
fn in_a_line(error: &ExperimentError) -> String {
    let said = error.to_string();
    let mut lines = said.lines().map(str::trim_start);
    let mut line = lines.next().unwrap_or_default().trim_start_matches("error").to_string();
    for note in lines.filter_map(|line| line.strip_prefix("= ")) {
        line += "; ";
        line += note;
    }
    line
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
