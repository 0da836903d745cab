//! An experiment under way: trials side by side, each recorded when it is done.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Course, Experiment,
    error::{ExperimentError, in_a_line},
    fits::Seen,
    journal::{Journal, JournalError, Known},
    prune::Rivals,
    trial::{Measured, Trial},
};
use crate::runtime::train::TrainError;

/// A trial and whom it has to keep up with.
pub(super) type Attempt<'a> = (&'a Trial, Option<&'a Rivals>);

/// An experiment under way.
pub(super) struct Carried<'a> {
    pub experiment: &'a Experiment<'a>,
    pub course: &'a Course<'a>,
    /// What is recorded: a search that comes to a point again has its result, as after a resume.
    pub known: Mutex<Known>,
    journal: Option<Mutex<Journal>>,
    seen: Seen,
    done: &'a (dyn Fn(&Trial, &Measured) + Sync),
}

impl<'a> Carried<'a> {
    /// Without a journal what is done is kept in memory alone.
    pub fn new(
        experiment: &'a Experiment<'a>,
        course: &'a Course<'a>,
        known: Known,
        journal: Option<Journal>,
        done: &'a (dyn Fn(&Trial, &Measured) + Sync),
    ) -> Self {
        let (known, journal) = (Mutex::new(known), journal.map(Mutex::new));
        Self { experiment, course, known, journal, seen: Seen::default(), done }
    }

    /// What a trial came to, if that is recorded as it is asked for; a point that was refused is asked again, for its data may have come.
    pub fn recorded(&self, trial: &Trial) -> Option<Measured> {
        self.known(trial).filter(|measured| measured.refused.is_none())
    }

    /// The same with points that were refused.
    pub fn known(&self, trial: &Trial) -> Option<Measured> {
        let key = trial.key(self.experiment).to_string();
        let known = held(&self.known).get(&key).and_then(Measured::read);
        known.filter(|measured| {
            measured.refused.is_some() || measured.has_all(self.experiment.epochs, trial.last)
        })
    }
    /// Figures of all trials, in order; as many at once as there are jobs.
    pub fn all(&self, attempts: &[Attempt<'_>]) -> Result<Vec<Measured>, ExperimentError> {
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
        let key = trial.key(self.experiment);
        if let Some(measured) = self.recorded(trial) {
            (self.done)(trial, &measured);
            return Ok(measured);
        }
        if self.course.stop.load(Ordering::SeqCst) != 0 {
            return Err(ExperimentError::Interrupted);
        }
        let fits = match !trial.last && self.experiment.draws() {
            true => self.experiment.check_point(&self.experiment.arms()[trial.arm], &trial.point, &self.seen),
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
        if let Some(journal) = &self.journal {
            held(journal).add(&key, &measured).map_err(|e| JournalError::Io(self.course.dir.into(), e))?;
        }
        held(&self.known).insert(key.to_string(), measured.json());
        (self.done)(trial, &measured);
        Ok(measured)
    }
}

pub(super) fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
