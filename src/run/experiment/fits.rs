//! What can be known before the first trial: that every number of rows that will be fitted can be, that there are rows to test on, and
//! that divisions and settings that are counted as several differ.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::{Experiment, ExperimentError, Point, Setting, carried::held, points, trial};
use crate::{
    check::Env,
    data::{self, DataConfig, Divided, Division},
    model::{Model, Search, Sweep},
    run::{
        agreement,
        folder::open::{OpenError, Unseen, compared, unseen},
    },
    runtime::counts,
};

/// Points of a sweep whose fits are looked at beforehand; there may be millions.
const LOOKED_AT: usize = 256;
/// Random divisions are looked at as far as it takes to see whether chance has a part in them.
const DRAWN: usize = 4;

/// How the rows are divided for data that were opened already, by all that it depends on.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<String, Arc<Vec<Phase>>>>);

/// The divisions of one phase of an experiment.
struct Phase {
    last: bool,
    divided: Vec<Divided>,
}

impl Experiment<'_> {
    /// Asks all this of every setting and every point that a file lists; of points that a search draws one has to fit, for others are passed
    /// over.
    ///
    /// # Errors
    /// What the first trial that fails would say, and [`ExperimentError::Copies`] and [`ExperimentError::SameSettings`].
    pub(super) fn check_fits(&self) -> Result<(), ExperimentError> {
        let seen = Seen::default();
        let mut settings: Vec<(&Setting, Model)> = Vec::new();
        let points = self.known_points();
        for arm in self.arms() {
            let mut refused = None;
            for point in &points {
                match self.check_point(arm, point, &seen) {
                    Ok(()) if self.draws() => {
                        refused = None;
                        break;
                    }
                    Err(error) if self.draws() && error.is_of_a_point() => {
                        refused.get_or_insert(error);
                    }
                    other => other?,
                }
            }
            if let Some(error) = refused {
                return Err(error);
            }
            let first = points.first().map(|point| self.values(arm, point)).unwrap_or_default();
            if let Ok(model) = self.checked(arm, &first) {
                settings.push((arm, model));
            }
        }
        Self::check_settings(&settings)
    }

    /// Whether the net of a point can be fitted, and tested if it wins; `seen` remembers what was opened.
    ///
    /// # Errors
    /// What its trial would say.
    pub(super) fn check_point(
        &self,
        arm: &Setting,
        point: &Point,
        seen: &Seen,
    ) -> Result<(), ExperimentError> {
        let sets = self.values(arm, point);
        let model = self.checked(arm, &sets)?;
        let config = model.data.as_ref().ok_or(OpenError::NoSection("data"))?;
        let key = format!("{config:?} {:?}", agreement::need(&model));
        let known = held(&seen.0).get(&key).cloned();
        let phases = match known {
            Some(phases) => phases,
            None => {
                let phases = Arc::new(self.phases(arm, config, &sets)?);
                // Before divisions are compared: those without a test part differ in nothing for that reason.
                phases.iter().try_for_each(|phase| check_parts(phase, self.keeps_valid))?;
                self.check_copies(config, &phases)?;
                held(&seen.0).insert(key, Arc::clone(&phases));
                phases
            }
        };
        phases.iter().try_for_each(|phase| check_phase(&model, phase))
    }

    /// The net with these values; its data are read only where they say its sizes.
    fn checked(&self, arm: &Setting, sets: &Point) -> Result<Model, ExperimentError> {
        let net = &self.nets[arm.net];
        let env = Env { sets: sets.clone(), ..Env::default() };
        let Unseen { data, model, .. } = unseen(net.source, &env)?;
        if let Some(model) = model {
            return Ok(model);
        }
        let config = data.ok_or(OpenError::NoSection("data"))?;
        let schema = data::open(&config, net.search).and_then(|opened| opened.schema());
        Ok(compared(net.source, sets, &schema.map_err(OpenError::from)?)?.0)
    }

    fn values(&self, arm: &Setting, point: &Point) -> Point {
        self.sets.iter().chain(&arm.set).chain(point).cloned().collect()
    }

    /// Whether a search draws its points, so that nobody wrote them.
    pub(super) fn draws(&self) -> bool {
        self.sweep().is_some_and(|sweep| sweep.search != Search::Grid)
    }

    /// All points of a grid, and random ones of other searches.
    fn known_points(&self) -> Vec<Point> {
        let Some(sweep) = self.sweep() else { return vec![self.only_point()] };
        let search = match sweep.search {
            Search::Grid => Search::Grid,
            Search::Random { trials, seed } | Search::Tpe { trials, seed } => Search::Random { trials, seed },
        };
        let whole = Sweep { prune: None, search, ..sweep.clone() };
        let mut points = points::round(&whole, &[]);
        points.truncate(LOOKED_AT);
        points
    }

    /// How the rows are divided for the search, if there is one, and for the last fit.
    fn phases(
        &self,
        arm: &Setting,
        config: &DataConfig,
        sets: &Point,
    ) -> Result<Vec<Phase>, ExperimentError> {
        let net = &self.nets[arm.net];
        let opened = data::open(config, net.search).map_err(OpenError::from)?;
        let (model, ..) = compared(net.source, sets, &opened.schema().map_err(OpenError::from)?)?;
        let written = config.settings.split.as_ref();
        let looked_at = match written.map(|split| &split.division) {
            Some(Division::Folds { .. } | Division::Given { .. }) => self.splits,
            _ => self.splits.min(DRAWN),
        };
        let searches = self.sweep().map(|_| false);
        let mut phases = Vec::new();
        for last in searches.into_iter().chain([true]) {
            let choosing = self.choosing(&model, last);
            let splits = (0..looked_at).map(|split| trial::division(written, split, choosing));
            let target = agreement::need(&model).target;
            let divided = opened.divisions(splits, target, net.search).map_err(OpenError::from)?;
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
    fn check_settings(settings: &[(&Setting, Model)]) -> Result<(), ExperimentError> {
        for (i, (arm, model)) in settings.iter().enumerate() {
            let same = |(own, other): &&(&Setting, Model)| own.net == arm.net && other.knobs == model.knobs;
            if let Some((same, _)) = settings[..i].iter().find(same) {
                let written = |arm: &Setting| {
                    arm.set
                        .iter()
                        .map(|(name, value)| format!("{name}={value}"))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                return Err(ExperimentError::SameSettings(written(same), written(arm)));
            }
        }
        Ok(())
    }
}

/// Whether what is asked for after a fit is there.
fn check_parts(phase: &Phase, keeps_valid: bool) -> Result<(), ExperimentError> {
    for divided in &phase.divided {
        match (phase.last, divided.test, divided.valid) {
            (true, 0, _) => return Err(ExperimentError::NoPart("test")),
            (true, _, 0) if keeps_valid => return Err(ExperimentError::NoneToKeep),
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
