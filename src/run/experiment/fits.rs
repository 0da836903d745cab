//! What can be known before the first trial: that every number of rows that will be fitted can be, that there are rows to test on, and
//! that divisions and settings that are counted as several differ.

use std::collections::HashMap;

use super::{Experiment, ExperimentError, Point, points, trial};
use crate::{
    data::{self, DataConfig, Divided, Division, Need},
    model::{Model, Search, Sweep},
    run::open::{OpenError, checked, compared},
    runtime::counts,
};

/// Points of a sweep whose fits are looked at; there may be millions.
const LOOKED_AT: usize = 256;
/// Random divisions are looked at as far as it takes to see whether chance has a part in them.
const DRAWN: usize = 4;

/// The divisions of one phase of an experiment.
struct Phase {
    last: bool,
    divided: Vec<Divided>,
}

impl Experiment<'_> {
    /// Asks all this of every setting and every point that is known beforehand.
    ///
    /// # Errors
    /// What the first trial that fails would say, and [`ExperimentError::Copies`] and [`ExperimentError::SameSettings`].
    pub(super) fn check_fits(&self) -> Result<(), ExperimentError> {
        let mut phases_of: HashMap<String, Vec<Phase>> = HashMap::new();
        let mut settings: Vec<Model> = Vec::new();
        let points = self.known_points();
        for arm in &self.arms {
            for (i, point) in points.iter().enumerate() {
                let sets: Point = self.sets.iter().chain(arm).chain(point).cloned().collect();
                let (model, _) = checked(self.source, &sets, Default::default())?;
                let config = model.data.as_ref().ok_or(OpenError::NoSection("data"))?;
                let key = format!("{config:?} {:?}", Need::of(&model));
                if !phases_of.contains_key(&key) {
                    let phases = self.phases(config, &sets)?;
                    // Before divisions are compared: those without a test part differ in nothing for that reason.
                    phases.iter().try_for_each(check_parts)?;
                    self.check_copies(config, &phases)?;
                    phases_of.insert(key.clone(), phases);
                }
                for phase in &phases_of[&key] {
                    check_phase(&model, phase)?;
                }
                if i == 0 {
                    settings.push(model);
                }
            }
        }
        self.check_settings(&settings)
    }

    /// All points of a grid, and those that other searches begin with.
    fn known_points(&self) -> Vec<Point> {
        let Some(sweep) = self.sweep() else { return vec![self.only_point()] };
        let whole = match sweep.search {
            Search::Grid => Sweep { prune: None, ..sweep.clone() },
            Search::Random { .. } | Search::Tpe { .. } => sweep.clone(),
        };
        let mut points = points::round(&whole, &[]);
        points.truncate(LOOKED_AT);
        points
    }

    /// How the rows are divided for the search, if there is one, and for the last fit.
    fn phases(&self, config: &DataConfig, sets: &Point) -> Result<Vec<Phase>, ExperimentError> {
        let opened = data::open(config, self.search).map_err(OpenError::from)?;
        let (model, ..) = compared(self.source, sets, &opened.schema().map_err(OpenError::from)?)?;
        let written = config.settings.split.as_ref();
        let looked_at = match written.map(|split| &split.division) {
            Some(Division::Folds { .. } | Division::Given { .. }) => self.splits,
            _ => self.splits.min(DRAWN),
        };
        let searches = self.sweep().map(|_| false);
        let mut phases = Vec::new();
        for last in searches.into_iter().chain([true]) {
            let choosing = trial::choosing(&model, last);
            let splits = (0..looked_at).map(|split| trial::division(written, split, choosing));
            let target = Need::of(&model).target;
            let divided = opened.divisions(splits, target, self.search).map_err(OpenError::from)?;
            phases.push(Phase { last, divided });
        }
        Ok(phases)
    }

    /// Divisions that hold the same rows are one: their equal results would count as independent.
    fn check_copies(&self, config: &DataConfig, phases: &[Phase]) -> Result<(), ExperimentError> {
        let given = config.settings.split.as_ref().map(|split| &split.division);
        let is_given = matches!(given, Some(Division::Given { .. }));
        let count = phases.first().map_or(0, |phase| phase.divided.len());
        let rows =
            |split: usize| -> Vec<u64> { phases.iter().map(|phase| phase.divided[split].rows).collect() };
        let mut first_with: HashMap<Vec<u64>, usize> = HashMap::new();
        let copies: Vec<(usize, usize)> = (0..count)
            .filter_map(|split| {
                let first = *first_with.entry(rows(split)).or_insert(split);
                (first != split).then_some((first, split))
            })
            .collect();
        match copies.first() {
            Some(&(first, split)) if is_given && first_with.len() > 1 => {
                Err(ExperimentError::Copies { splits: self.splits, two: Some((first, split)) })
            }
            // Small tables may be divided alike by chance, but not each time.
            Some(_) if first_with.len() == 1 => {
                Err(ExperimentError::Copies { splits: self.splits, two: None })
            }
            _ => Ok(()),
        }
    }

    /// Settings that are compared differ.
    fn check_settings(&self, settings: &[Model]) -> Result<(), ExperimentError> {
        for (i, (model, arm)) in settings.iter().zip(&self.arms).enumerate() {
            if let Some(same) = settings[..i].iter().position(|other| other.knobs == model.knobs) {
                let written = |arm: &Point| {
                    arm.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
                };
                return Err(ExperimentError::SameSettings(written(&self.arms[same]), written(arm)));
            }
        }
        Ok(())
    }
}

/// Whether what is asked for after a fit is there.
fn check_parts(phase: &Phase) -> Result<(), ExperimentError> {
    for divided in &phase.divided {
        match (phase.last, divided.test, divided.valid) {
            (true, 0, _) => return Err(ExperimentError::NoPart("test")),
            (false, _, 0) => return Err(ExperimentError::NoPart("valid")),
            _ => {}
        }
    }
    Ok(())
}

/// Whether the net can be fitted to the rows of every division.
fn check_phase(model: &Model, phase: &Phase) -> Result<(), ExperimentError> {
    for (number, divided) in phase.divided.iter().enumerate() {
        let what = if phase.last { "of its last fit" } else { "of its search" };
        counts::check(model, divided.train, divided.valid > 0).map_err(|unfit| {
            OpenError::from(unfit.note(format!("these are the rows of division {number}, {what}")))
        })?;
    }
    Ok(())
}
