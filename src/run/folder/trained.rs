//! A trained net, from the folder of its run: evaluated on its data, or asked for predictions.

use std::{fmt, path::Path};

use crate::run::{
    calibrate::Calibration,
    dir::RunDir,
    exact::{Effort, exact_means},
    open::attributes_of,
    place::{self, NoRun, Place},
    sampling::Sampling,
};
use crate::{
    check::{Env, check_source},
    codegen::CodegenError,
    data::{self, DataError, Dataset, Need, Part, Search},
    layers::Mode,
    lower::lower_eval,
    memory::TooMuch,
    model::{McDropout, Mean, Model, Param, ParamRole, PredictMode},
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        container::ContainerError,
        kernels::aligned::AlignedVec,
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
    /// What was fitted on validation rows afterwards; it has an effect where a way to predict asks for it.
    pub calibration: Calibration,
}

#[derive(Debug)]
pub enum TrainedError {
    /// The path names none.
    NoRun(NoRun),
    Checkpoint(CheckpointError),
    /// The net in the checkpoint cannot be used by this version, or the data are not those it was trained on.
    Unfit(String),
    Data(DataError),
    Codegen(CodegenError),
}

impl fmt::Display for TrainedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainedError::NoRun(error) => error.fmt(f),
            TrainedError::Checkpoint(error) => error.fmt(f),
            TrainedError::Unfit(why) => f.write_str(why),
            TrainedError::Data(error) => error.fmt(f),
            TrainedError::Codegen(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrainedError {}

impl From<NoRun> for TrainedError {
    fn from(error: NoRun) -> Self {
        TrainedError::NoRun(error)
    }
}

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

impl From<TooMuch> for TrainedError {
    fn from(error: TooMuch) -> Self {
        TrainedError::Unfit(format!("{error}\nhelp: ask for fewer samples, or for fewer rows at once"))
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
        let run = match place::find(path)? {
            Place::File => return Self::of_file(path),
            Place::Run(run) => run,
        };
        let last = Checkpoint::read(&run.last())?;
        let model = model(&last)?;
        let stops_early = model.train.as_ref().is_some_and(|train| train.stop_early.is_some());
        let best = which == Which::Best || (which == Which::Tested && stops_early && run.best().exists());
        let checkpoint = if best { Checkpoint::read(&run.best())? } else { last };
        let calibration = Calibration::read(&run, &checkpoint.meta.progress)?;
        Ok(Self { model, checkpoint, calibration })
    }

    fn of_file(path: &Path) -> Result<Self, TrainedError> {
        let checkpoint = Checkpoint::read(path).map_err(|error| match (&error, NoRun::file(path)) {
            (CheckpointError::Container(ContainerError::Broken { .. }), Some(other)) => other.into(),
            _ => TrainedError::Checkpoint(error),
        })?;
        let model = model(&checkpoint)?;
        let run = path.parent().map(RunDir::at);
        let read = |run: &RunDir| Calibration::read(run, &checkpoint.meta.progress);
        let calibration = run.as_ref().map(read).transpose()?.unwrap_or_default();
        Ok(Self { model, checkpoint, calibration })
    }

    /// The mean of all sub-networks for each row, as one net would predict.
    pub(in crate::run) fn exact_outputs(
        &self,
        part: &Part,
        mean: Mean,
        team: &Team,
    ) -> Result<Vec<f32>, TrainedError> {
        let exact = exact_means(&self.model, part, &self.store()?, Effort::usual(team.threads()));
        let exact = exact.map_err(|why| TrainedError::Unfit(format!("no exact mean: {why}")))?;
        let values = match mean {
            Mean::Arithmetic => exact.arithmetic,
            Mean::Geometric => exact.geometric,
        };
        Ok(self.own(values).into_iter().map(|x| x as f32).collect())
    }

    pub(in crate::run) fn sampling<'a>(
        &'a self,
        part: &'a Part,
        mc: McDropout,
        team: &'a Team,
    ) -> Sampling<'a> {
        Sampling::new(vec![self], part, mc, team)
    }

    /// The net in memory, for up to `most` rows a call: by weight scaling, at the temperature that `calibrate` found.
    ///
    /// # Errors
    /// Parameters that do not fit the net; what code generation says.
    pub fn session(&self, most: usize) -> Result<Session, TrainedError> {
        let meta = &self.checkpoint.meta;
        let session = Session::new(&self.model, &self.store()?, &meta.transform.target, meta.seed, most)?;
        Ok(session.at_temperature(self.temperature(PredictMode::WeightScaling)))
    }

    /// The data of the net, as they were when it was trained.
    pub(in crate::run) fn dataset(&self, search: &Search) -> Result<Dataset, TrainedError> {
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

    pub(in crate::run) fn store(&self) -> Result<Store, TrainedError> {
        Ok(self.checkpoint.store(&lower_eval(&self.model, Mode::Eval).graph)?)
    }
}

/// The net of a checkpoint, checked anew.
fn model(checkpoint: &Checkpoint) -> Result<Model, TrainedError> {
    let meta = &checkpoint.meta;
    let env = Env { sets: meta.sets.clone(), attributes: meta.attributes.clone(), pedantic: false };
    let checked = check_source(&meta.source, &env);
    checked.model.ok_or_else(|| {
        let why = checked.diagnostics.iter().find(|d| d.is_error()).map_or("", |d| d.message.as_str());
        TrainedError::Unfit(format!(
            "{}: this version does not accept its net: {why}",
            checkpoint.path.display()
        ))
    })
}
