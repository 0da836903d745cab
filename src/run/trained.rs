//! A trained net, from the folder of its run: evaluated on its data, or asked for predictions.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{
    dir::RunDir,
    exact::{Effort, exact_means},
    mc::{self, Sampling, Scoring},
    open::attributes_of,
    predict::Predictions,
};
use crate::{
    check::{Env, check_source},
    codegen::CodegenError,
    data::{self, DataError, Dataset, Need, Part, Rows, Search, Target},
    layers::Mode,
    lower::lower_eval,
    model::{Interval, McDropout, Mean, Model, Param, ParamRole, Predict, PredictMode},
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        evaluate::{Evaluator, interpret},
        figures::{Figures, Reporter},
        kernels::aligned::AlignedVec,
        sample::Samples,
        session::Session,
        store::Store,
        team::Team,
    },
};

/// Which parameters are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that training tested: of the best epoch where the net stops early, else the last.
    #[default]
    Tested,
    Last,
    Best,
}

pub struct Trained {
    pub model: Model,
    pub checkpoint: Checkpoint,
    /// Where the `.net` file was when it was trained, if the folder of the run tells.
    pub home: Option<PathBuf>,
}

/// Figures of one part of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFigures {
    pub part: &'static str,
    pub rows: usize,
    pub figures: Figures,
    /// Of the mean over samples of dropout.
    pub samples: Option<Figures>,
}

/// Why there is no Monte-Carlo dropout.
const NOTHING_LIVE: &str = "nothing of this net is left to chance: all samples would be the same
help: predict without samples, or put a `dropout` with a rate above 0 into the net and train it";

#[derive(Debug)]
pub enum TrainedError {
    Checkpoint(CheckpointError),
    /// The net in the checkpoint cannot be used by this version, or the data are not those it was trained on.
    Unfit(String),
    Data(DataError),
    Codegen(CodegenError),
}

impl fmt::Display for TrainedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainedError::Checkpoint(error) => error.fmt(f),
            TrainedError::Unfit(why) => f.write_str(why),
            TrainedError::Data(error) => error.fmt(f),
            TrainedError::Codegen(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrainedError {}

impl From<CheckpointError> for TrainedError {
    fn from(error: CheckpointError) -> Self {
        TrainedError::Checkpoint(error)
    }
}

impl From<DataError> for TrainedError {
    fn from(error: DataError) -> Self {
        TrainedError::Data(error)
    }
}

impl From<CodegenError> for TrainedError {
    fn from(error: CodegenError) -> Self {
        TrainedError::Codegen(error)
    }
}

impl Trained {
    /// Reads a run's folder, or one checkpoint.
    ///
    /// # Errors
    /// A checkpoint that is missing or broken, or whose net this version does not accept.
    pub fn read(path: &Path, which: Which) -> Result<Self, TrainedError> {
        if path.is_file() {
            let checkpoint = Checkpoint::read(path)?;
            let model = model(&checkpoint)?;
            return Ok(Self {
                model,
                checkpoint,
                home: path.parent().and_then(|dir| home(&RunDir::at(dir))),
            });
        }
        let run = RunDir::at(path);
        if !run.last().exists() {
            let what = if path.exists() { "holds no trained net (last.ckpt)" } else { "does not exist" };
            return Err(TrainedError::Unfit(format!("{} {what}", path.display())));
        }
        let last = Checkpoint::read(&run.last())?;
        let model = model(&last)?;
        let stops_early = model.train.as_ref().is_some_and(|train| train.stop_early.is_some());
        let best = which == Which::Best || (which == Which::Tested && stops_early && run.best().exists());
        let checkpoint = if best { Checkpoint::read(&run.best())? } else { last };
        Ok(Self { model, checkpoint, home: home(&run) })
    }

    /// Loss and metrics of every part of the data, dropout off. Where `mode` asks for samples and something is live, those of their mean
    /// too, of held-out parts; of the training part if there is no other.
    ///
    /// # Errors
    /// Data that are missing, broken, or not those of training.
    pub fn evaluate(
        &self,
        search: &Search,
        mode: PredictMode,
        scoring: Scoring,
        team: &Team,
    ) -> Result<Vec<PartFigures>, TrainedError> {
        let dataset = self.dataset(search)?;
        let mut store = self.store()?;
        let mut evaluator = Evaluator::new(&self.model, &dataset.train)?;
        let reporter = Reporter::new(&self.model, &dataset.transform);
        let parts = [
            ("train", Some(&dataset.train)),
            ("valid", dataset.valid.as_ref()),
            ("test", dataset.test.as_ref()),
        ];
        let held_out = dataset.valid.is_some() || dataset.test.is_some();
        let mut all = Vec::new();
        for (name, part) in parts {
            let Some(part) = part else { continue };
            let figures = evaluator.figures(part, &mut store, &reporter, team, self.checkpoint.meta.seed)?;
            let mode = if name == "train" && held_out { PredictMode::WeightScaling } else { mode };
            let samples = self.sample_figures(part, mode, scoring, &reporter, &mut store, team)?;
            all.push(PartFigures { part: name, rows: part.rows, figures, samples });
        }
        Ok(all)
    }

    /// The figures of one part; a net without live dropout has one sample.
    ///
    /// # Errors
    /// What code generation says.
    pub(super) fn part_figures(
        &self,
        name: &'static str,
        part: &Part,
        mode: PredictMode,
        scoring: Scoring,
        team: &Team,
    ) -> Result<PartFigures, TrainedError> {
        let mut store = self.store()?;
        let meta = &self.checkpoint.meta;
        let reporter = Reporter::new(&self.model, &meta.transform);
        let mut evaluator = Evaluator::new(&self.model, part)?;
        let figures = evaluator.figures(part, &mut store, &reporter, team, meta.seed)?;
        let samples = match mode {
            PredictMode::McDropout(mc) if !self.model.is_live_in_mc() => {
                let (outputs, _) = evaluator.outputs(part, &mut store, team, meta.seed)?;
                Some(mc::single_figures(&self.sampling(part, mc, team), scoring, &reporter, outputs))
            }
            mode => self.sample_figures(part, mode, scoring, &reporter, &mut store, team)?,
        };
        Ok(PartFigures { part: name, rows: part.rows, figures, samples })
    }

    fn sample_figures(
        &self,
        part: &Part,
        mode: PredictMode,
        scoring: Scoring,
        reporter: &Reporter,
        store: &mut Store,
        team: &Team,
    ) -> Result<Option<Figures>, TrainedError> {
        Ok(match mode {
            PredictMode::WeightScaling => None,
            PredictMode::McDropout(mc) => {
                mc::figures(&self.sampling(part, mc, team), scoring, reporter, store)?
            }
            PredictMode::Ensemble(mean, mc) => {
                mc::ensemble_figures(&self.sampling(part, mc, team), mean, reporter, store)?
            }
            PredictMode::Exact(mean) => {
                let outputs = self.exact_outputs(part, mean, team)?;
                Some(mc::mean_figures(
                    &self.model,
                    &self.checkpoint.meta.transform.target,
                    part,
                    reporter,
                    outputs,
                ))
            }
        })
    }

    /// Predictions for raw rows, which go through the transform that was fitted in training.
    ///
    /// # Errors
    /// Parameters that do not fit the net; samples of a net without live dropout; what code generation says.
    pub fn predict(&self, rows: Rows, how: &Predict, team: &Team) -> Result<Predictions, TrainedError> {
        let none = Target::Real { data: Vec::new(), width: 0 };
        let part = Part { rows: rows.rows, inputs: rows.inputs, target: none, source_rows: Vec::new() };
        match how.mode {
            PredictMode::WeightScaling | PredictMode::Exact(_) => {}
            PredictMode::McDropout(mc) => return self.predict_samples(&part, mc, how.interval, team),
            PredictMode::Ensemble(mean, mc) => {
                let values = self.sampling(&part, mc, team).means(mean, &mut self.store()?)?;
                let values = values.ok_or_else(|| TrainedError::Unfit(NOTHING_LIVE.into()))?;
                let target = &self.checkpoint.meta.transform.target;
                return Ok(Predictions::new(&self.model.output, target, values));
            }
        }
        if let PredictMode::Exact(mean) = how.mode {
            let values = self.exact_outputs(&part, mean, team)?;
            return Ok(Predictions::new(&self.model.output, &self.checkpoint.meta.transform.target, values));
        }
        let mut evaluator = Evaluator::predictor(&self.model, &part)?;
        let (mut values, _) =
            evaluator.outputs(&part, &mut self.store()?, team, self.checkpoint.meta.seed)?;
        let target = &self.checkpoint.meta.transform.target;
        interpret(&mut values, self.model.output.kind, target);
        Ok(Predictions::new(&self.model.output, target, values)
            .with_interval(self.model.output.kind, how.interval))
    }

    /// The mean of all sub-networks for each row, as one net would predict.
    fn exact_outputs(&self, part: &Part, mean: Mean, team: &Team) -> Result<Vec<f32>, TrainedError> {
        let exact = exact_means(&self.model, part, &self.store()?, Effort::usual(team.threads()));
        let exact = exact.map_err(|why| TrainedError::Unfit(format!("no exact mean: {why}")))?;
        let values = match mean {
            Mean::Arithmetic => exact.arithmetic,
            Mean::Geometric => exact.geometric,
        };
        Ok(self.own(values).into_iter().map(|x| x as f32).collect())
    }

    fn predict_samples(
        &self,
        part: &Part,
        mc: McDropout,
        interval: Option<Interval>,
        team: &Team,
    ) -> Result<Predictions, TrainedError> {
        let (kind, target) = (self.model.output.kind, &self.checkpoint.meta.transform.target);
        let names = Predictions::new(&self.model.output, target, Vec::new()).names(kind.outputs()).to_vec();
        let (mut values, mut notes, mut noted) = (Vec::new(), Vec::new(), Vec::new());
        let done =
            self.sampling(part, mc, team).each_row(Mean::Arithmetic, &mut self.store()?, |_, samples| {
                let (mean, said) = mc::row(samples, kind, interval, &names);
                values.extend(mean);
                noted.extend(said.iter().map(|(_, x)| *x as f32));
                notes = said.into_iter().map(|(name, _)| name).collect();
            })?;
        done.ok_or_else(|| TrainedError::Unfit(NOTHING_LIVE.into()))?;
        Ok(Predictions::new(&self.model.output, target, values).noted(notes, noted))
    }

    pub(super) fn sampling<'a>(&'a self, part: &'a Part, mc: McDropout, team: &'a Team) -> Sampling<'a> {
        let seed = mc.seed.unwrap_or(self.checkpoint.meta.seed);
        Sampling {
            model: &self.model,
            target: &self.checkpoint.meta.transform.target,
            part,
            samples: Samples { seed, first: 0, count: mc.samples },
            team,
        }
    }

    /// The net in memory, for up to `most` rows a call.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn session(&self, most: usize) -> Result<Session, TrainedError> {
        let meta = &self.checkpoint.meta;
        Ok(Session::new(&self.model, &self.store()?, &meta.transform.target, meta.seed, most)?)
    }

    /// The data of the net, as they were when it was trained.
    pub(super) fn dataset(&self, search: &Search) -> Result<Dataset, TrainedError> {
        let Some(config) = &self.model.data else {
            return Err(TrainedError::Unfit("the net has no `data` section".into()));
        };
        let dataset = data::load(config, search, &Need::of(&self.model))?;
        let meta = &self.checkpoint.meta;
        if dataset.transform != meta.transform || attributes_of(&self.model, &dataset) != meta.attributes {
            return Err(TrainedError::Unfit(
                "the data have changed since the net was trained on them".into(),
            ));
        }
        Ok(dataset)
    }

    /// Rates of dropping that training learned, by the path of their layer.
    ///
    /// # Errors
    /// Parameters that do not fit the net.
    pub fn learned_rates(&self) -> Result<Vec<(String, f64)>, TrainedError> {
        let store = self.store()?;
        let rates = self.model.params.iter().zip(&store.params).filter(|(p, _)| p.role == ParamRole::Rate);
        let rate = |(param, logit): (&Param, &AlignedVec)| {
            (self.model.node(param.node).path.clone(), 1.0 / (1.0 + (-f64::from(logit[0])).exp()))
        };
        Ok(rates.map(rate).collect())
    }

    pub(super) fn store(&self) -> Result<Store, TrainedError> {
        Ok(self.checkpoint.store(&lower_eval(&self.model, Mode::Eval).graph)?)
    }
}

/// The net of a checkpoint, checked anew.
fn model(checkpoint: &Checkpoint) -> Result<Model, TrainedError> {
    let meta = &checkpoint.meta;
    let env = Env { sets: meta.sets.clone(), attributes: meta.attributes.clone() };
    let checked = check_source(&meta.source, &env);
    checked.model.ok_or_else(|| {
        let why = checked.diagnostics.iter().find(|d| d.is_error()).map_or("", |d| d.message.as_str());
        TrainedError::Unfit(format!(
            "{}: this version does not accept its net: {why}",
            checkpoint.path.display()
        ))
    })
}

/// The folder of the `.net` file, as the lock file remembers it.
fn home(run: &RunDir) -> Option<PathBuf> {
    let lock: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(run.lock()).ok()?).ok()?;
    Path::new(lock.get("file")?.as_str()?).parent().map(Path::to_owned)
}
