//! Experiments: a net on many divisions of its rows, with many seeds, over the points of its sweep, settings side by side.
//!
//! On each division the points of the sweep are trained on the fitted rows and judged on the validation rows; the best is trained again
//! on both, and tested once. A net that watches validation rows while it trains keeps them. Invariant: a result is a function of
//! the text, the values set, the division and the seed; neither of the number of jobs nor of what else was tried.

mod journal;
mod points;
mod report;
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
pub use report::{Arm, Difference, Mean, Report, Tested};
pub use trial::{Found, Trial};

use journal::{Journal, Known};

use super::{mc::Scoring, open::OpenError, trained::TrainedError};
use crate::{
    data::Search,
    math,
    model::{Model, PredictMode},
    runtime::train::TrainError,
};

/// What is tried.
pub struct Experiment<'a> {
    pub source: &'a str,
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
    /// No trial of this division gave the goal a finite value.
    NoneBest {
        split: usize,
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
            Self::Train(TrainError::Data(why)) => f.write_str(why),
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
            Self::NoneBest { split } => write!(f, "no trial of division {split} has a finite goal"),
        }
    }
}

impl std::error::Error for ExperimentError {}

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

    /// Trials in all.
    pub fn trials(&self) -> usize {
        let searched = match points::points(self.model.sweep.as_ref()).len() {
            1 => 0,
            n => n,
        };
        self.arms.len() * self.splits * self.seeds.len() * (searched + 1)
    }

    /// Carries out what is not recorded yet. `done` hears of every trial, recorded ones too.
    ///
    /// # Errors
    /// The first trial that fails; what was finished before stays recorded. An interruption likewise.
    pub fn run(
        &self,
        course: &Course<'_>,
        done: &(dyn Fn(&Trial, &Found) + Sync),
    ) -> Result<Report, ExperimentError> {
        if self.scoring(self.model).to_fit() {
            return Err(ExperimentError::FitPrecision);
        }
        // What is wrong with the data should be said before there is a folder.
        self.places().first().map(|place| place.open(self)).transpose()?;
        let (journal, known) = match course.resume {
            true => Journal::resume(course.dir, &self.head())?,
            false => (Journal::begin(course.dir, &self.head())?, Known::new()),
        };
        let carried = Carried { experiment: self, course, known, journal: Mutex::new(journal), done };
        let points = points::points(self.model.sweep.as_ref());
        let places = self.places();
        let searched: Vec<Trial> = match points.len() {
            1 => Vec::new(),
            _ => places
                .iter()
                .flat_map(|place| points.iter().map(|point| Trial { point: point.clone(), ..place.clone() }))
                .collect(),
        };
        let found = carried.all(&searched)?;
        let last = places.into_iter().enumerate().map(|(i, place)| {
            let point = match points.len() {
                1 => points[0].clone(),
                n => self.best(&searched[i * n..(i + 1) * n], &found[i * n..(i + 1) * n])?,
            };
            Ok(Trial { point, last: true, ..place })
        });
        let last = last.collect::<Result<Vec<Trial>, ExperimentError>>()?;
        let found = carried.all(&last)?;
        let tested = last.into_iter().zip(found).map(|(trial, figures)| Tested {
            arm: trial.arm,
            split: trial.split,
            seed: trial.seed,
            chosen: trial.point,
            figures,
        });
        Ok(Report::new(&self.arms, tested.collect()))
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

    /// The point with the best goal; the first of equal ones.
    fn best(&self, trials: &[Trial], found: &[Found]) -> Result<Point, ExperimentError> {
        let Some(goal) = self.model.sweep.as_ref().map(|sweep| &sweep.goal) else { return Ok(Point::new()) };
        let sign = if goal.highest { -1.0 } else { 1.0 };
        let values = found.iter().map(|found| trial::value_of(goal, found).filter(|x| x.is_finite()));
        let scored = trials.iter().zip(values).filter_map(|(trial, value)| Some((trial, sign * value?)));
        let best = scored.fold(None, |best: Option<(&Trial, f64)>, next| match best {
            Some(best) if best.1 <= next.1 => Some(best),
            _ => Some(next),
        });
        let split = trials.first().map_or(0, |trial| trial.split);
        best.map(|(trial, _)| trial.point.clone()).ok_or(ExperimentError::NoneBest { split })
    }

    /// The first line of the record. Divisions, seeds and settings may be added later.
    fn head(&self) -> Json {
        json!({
            "dropnet": env!("CARGO_PKG_VERSION"),
            "source": format!("{:016x}", math::site_key(self.source)),
            "sets": self.sets,
        })
    }

    fn mode(&self, model: &Model) -> PredictMode {
        model.predict.mode
    }

    fn scoring(&self, model: &Model) -> Scoring {
        Scoring::of(&model.predict)
    }
}

/// An experiment under way.
struct Carried<'a> {
    experiment: &'a Experiment<'a>,
    course: &'a Course<'a>,
    known: Known,
    journal: Mutex<Journal>,
    done: &'a (dyn Fn(&Trial, &Found) + Sync),
}

impl Carried<'_> {
    /// Figures of all trials, in order; as many at once as there are jobs.
    fn all(&self, trials: &[Trial]) -> Result<Vec<Found>, ExperimentError> {
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let all: Mutex<BTreeMap<usize, Found>> = Mutex::default();
        let work = || {
            loop {
                let i = next.fetch_add(1, Ordering::SeqCst);
                let Some(trial) = trials.get(i) else { return };
                match self.one(trial) {
                    Ok(found) => drop(held(&all).insert(i, found)),
                    Err(error) => {
                        held(&failed).get_or_insert(error);
                        next.store(trials.len(), Ordering::SeqCst);
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

    fn one(&self, trial: &Trial) -> Result<Found, ExperimentError> {
        let key = trial.key(&self.experiment.arms);
        if let Some(found) = self.known.get(&key.to_string()) {
            let number = |(name, x): (&String, &Json)| (name.clone(), x.as_f64().unwrap_or(f64::NAN));
            let found: Found = found.as_object().into_iter().flatten().map(number).collect();
            (self.done)(trial, &found);
            return Ok(found);
        }
        if self.course.stop.load(Ordering::SeqCst) != 0 {
            return Err(ExperimentError::Interrupted);
        }
        let found = match trial.run(self.experiment, &self.course.stop) {
            // A point that diverges is no error of the experiment: it is not chosen.
            Err(ExperimentError::Train(TrainError::Diverged { .. })) if !trial.last => Found::new(),
            other => other?,
        };
        held(&self.journal)
            .add(&key, &json!(found))
            .map_err(|e| JournalError::Io(self.course.dir.into(), e))?;
        (self.done)(trial, &found);
        Ok(found)
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
