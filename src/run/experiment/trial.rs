//! One trial: a net trained in memory on one division of the rows, and its figures.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU32},
};

use serde_json::{Value as Json, json};

use super::{
    Experiment, ExperimentError,
    points::Point,
    prune::{Rivals, Watch},
};
use crate::{
    data::{Choosing, DataConfig, Division, Split},
    kernels::team::Team,
    model::{Goal, Model},
    run::{
        folder::{
            open::{Ready, open_divided},
            start,
            trained::Trained,
        },
        judgements::evaluate::{self, PartFigures},
    },
    runtime::{
        progress::{FORMAT, Meta, Progress},
        train::{Job, Options, TrainError, train_in_memory},
    },
};

/// Figures by `PART.NAME`, those of samples by `PART.mc.NAME`.
pub type Found = BTreeMap<String, f64>;

/// What a trial came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub figures: Found,
    /// The goal after each epoch, where poor trials are given up.
    pub curve: Vec<f64>,
    /// Figures after each epoch, of training and of validation, where they are recorded.
    pub epochs: Vec<Json>,
    /// Given up before its time: its figures are those of that moment.
    pub pruned: bool,
    /// Why the point cannot be fitted, if it cannot: it is passed over.
    pub refused: Option<String>,
}

impl Measured {
    /// As it is recorded.
    pub fn json(&self) -> Json {
        let mut json = json!({ "found": self.figures });
        if !self.curve.is_empty() {
            json["curve"] = json!(self.curve);
            json["pruned"] = json!(self.pruned);
        }
        if !self.epochs.is_empty() {
            json["epochs"] = json!(self.epochs);
        }
        if let Some(why) = &self.refused {
            json["refused"] = json!(why);
        }
        json
    }

    /// Whether nothing is lacking that is recorded today: figures of the training rows where a trial was tested, and of its epochs if those are wanted.
    pub fn has_all(&self, epochs: bool, tested: bool) -> bool {
        let has_train = self.figures.keys().any(|name| name.starts_with("train."));
        (!tested || has_train) && (!epochs || !self.epochs.is_empty() || self.figures.is_empty())
    }

    /// None of a line that does not say what was found.
    pub fn read(json: &Json) -> Option<Self> {
        let number = |x: &Json| x.as_f64().unwrap_or(f64::NAN);
        let refused = json.get("refused").and_then(Json::as_str).map(str::to_owned);
        let figures = json.get("found")?.as_object()?;
        let curve = json.get("curve").and_then(Json::as_array).into_iter().flatten();
        Some(Self {
            figures: figures.iter().map(|(name, x)| (name.clone(), number(x))).collect(),
            curve: curve.map(number).collect(),
            epochs: json.get("epochs").and_then(Json::as_array).cloned().unwrap_or_default(),
            pruned: json.get("pruned").and_then(Json::as_bool).unwrap_or(false),
            refused,
        })
    }
}

/// A place in an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Which of the compared settings.
    pub arm: usize,
    /// Number of the division, from 0.
    pub split: usize,
    pub seed: u64,
    pub point: Point,
    /// Trained on all rows that are not tested (unless the experiment keeps validation rows), and tested; otherwise validated.
    pub last: bool,
}

impl Trial {
    /// What the trial is, in the record.
    pub fn key(&self, experiment: &Experiment<'_>) -> Json {
        let values = experiment.arms()[self.arm].set.iter().chain(&self.point);
        let set: serde_json::Map<String, Json> =
            values.map(|(name, value)| (name.clone(), json!(value))).collect();
        let phase = if self.last { "test" } else { "search" };
        let mut key = json!({ "split": self.split, "seed": self.seed, "set": set, "phase": phase });
        if experiment.nets.len() > 1 {
            key["net"] = json!(experiment.net_of(self.arm).id());
        }
        key
    }

    /// Trains and measures on one thread, so that nothing depends on how many trials run beside it.
    pub fn run(
        &self,
        experiment: &Experiment<'_>,
        rivals: Option<&Rivals>,
        stop: &Arc<AtomicU32>,
    ) -> Result<Measured, ExperimentError> {
        let (sets, ready) = self.open(experiment)?;
        let mut watch = Watch::new(rivals, experiment.epochs);
        let trained = self.train(experiment, &sets, &ready, &mut watch, stop)?;
        let part = match self.last {
            true => ("test", ready.dataset.test.as_ref()),
            false => ("valid", ready.dataset.valid.as_ref()),
        };
        let (name, Some(part)) = part else { return Err(ExperimentError::NoPart(part.0)) };
        let figures = evaluate::part_figures(
            &trained,
            name,
            part,
            experiment.mode(&ready.model),
            experiment.scoring(&ready.model),
            &Team::new(1),
        )?;
        let mut found = flat(figures);
        if self.last {
            found.extend(held_against(&trained, &ready)?);
        }
        found
            .extend(trained.learned_rates()?.into_iter().map(|(path, p)| (format!("{name}.rate.{path}"), p)));
        Ok(Measured {
            figures: found,
            curve: watch.curve,
            epochs: watch.epochs,
            pruned: watch.pruned,
            refused: None,
        })
    }

    /// The net with this trial's values, and its rows.
    pub fn open(&self, experiment: &Experiment<'_>) -> Result<(Point, Ready), ExperimentError> {
        let mut sets = experiment.sets.clone();
        sets.extend(experiment.arms()[self.arm].set.iter().chain(&self.point).cloned());
        let net = experiment.net_of(self.arm);
        let choosing = experiment.choosing(net.model, self.last);
        let divide = |config: &mut DataConfig| {
            let written = config.settings.split.clone();
            config.settings.split = Some(division(written.as_ref(), self.split, choosing));
        };
        let ready = open_divided(net.source, &sets, net.search, &divide)?;
        Ok((sets, ready))
    }

    fn train(
        &self,
        experiment: &Experiment<'_>,
        sets: &[(String, String)],
        ready: &Ready,
        watch: &mut Watch<'_>,
        stop: &Arc<AtomicU32>,
    ) -> Result<Trained, ExperimentError> {
        let meta = Meta {
            format: FORMAT,
            source: experiment.net_of(self.arm).source.into(),
            sets: sets.to_vec(),
            seed: self.seed,
            progress: Progress::default(),
            transform: ready.dataset.transform.clone(),
            rows: None,
            loaded: ready.loaded.clone(),
            attributes: ready.attributes.clone(),
        };
        start::has_room(&ready.model, &ready.dataset).map_err(TrainError::Data)?;
        let job = Job { model: &ready.model, dataset: &ready.dataset, dir: None, meta, peers: None };
        let options =
            Options { threads: 1, epochs: None, figures: watch.rivals.is_some() || experiment.epochs };
        let checkpoint = train_in_memory(job, &options, stop, watch)?;
        Ok(Trained { model: ready.model.clone(), checkpoint, calibration: Default::default() })
    }
}

/// The `split`-th division of the kind that the file names.
pub fn division(written: Option<&Split>, split: usize, choosing: Choosing) -> Split {
    let mut how = written.cloned().unwrap_or_else(Split::none);
    match &mut how.division {
        Division::Folds { fold, .. } | Division::Repeats { fold, .. } => *fold = split + 1,
        Division::Given { number, .. } if number.is_some() => *number = Some(split),
        Division::Given { .. } => {}
        Division::Shares { .. } | Division::Named { .. } => how.seed = how.seed.wrapping_add(split as u64),
    }
    how.choosing = choosing;
    how
}

/// How many divisions the file knows, where it says so.
pub fn divisions(model: &Model) -> Option<usize> {
    match model.data.as_ref()?.settings.split.as_ref()?.division {
        Division::Folds { folds, .. } | Division::Repeats { folds, .. } => Some(folds),
        Division::Given { .. } | Division::Shares { .. } | Division::Named { .. } => None,
    }
}

/// Figures of the rows that were fitted, dropout off, and of those that were watched, beside which those of the test are seen.
fn held_against(net: &Trained, ready: &Ready) -> Result<Found, ExperimentError> {
    let parts = [("train", Some(&ready.dataset.train)), ("valid", ready.dataset.valid.as_ref())];
    let mut found = Found::new();
    for (name, part) in parts {
        let Some(part) = part else { continue };
        let (figures, _) = evaluate::own_figures(net, part, &Team::new(1))?;
        found.extend(figures.0.into_iter().map(|(figure, x)| (format!("{name}.{figure}"), x)));
    }
    Ok(found)
}

fn flat(figures: PartFigures) -> Found {
    let part = figures.part;
    let plain = figures.each.into_iter().flat_map(|own| own.0).map(|(name, x)| (format!("{part}.{name}"), x));
    let sampled = figures.samples.into_iter().flat_map(|samples| samples.0);
    plain.chain(sampled.map(|(name, x)| (format!("{part}.mc.{name}"), x))).collect()
}

/// The value of a goal: of the plain figure, or where only samples have it, of theirs.
pub fn value_of(goal: &Goal, found: &Found) -> Option<f64> {
    let value = found.get(&format!("valid.{}", goal.figure));
    value.or_else(|| found.get(&format!("valid.mc.{}", goal.figure))).copied()
}
