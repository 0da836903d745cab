//! A trained net, from the folder of its run: evaluated on its data, or asked for predictions.

use std::{fmt, path::Path};

use super::{calibration::Calibration, fitness, standing::Standing};
use crate::run::folder::{
    dir::RunDir,
    open::attributes_of,
    place::{self, NoRun, Place},
};
use crate::{
    check::{Env, check_source},
    codegen::CodegenError,
    data::{self, DataError, Dataset, Search},
    graph::Mode,
    kernels::aligned::AlignedVec,
    lower::lower_eval,
    memory::TooMuch,
    model::{Model, Param, ParamRole, Predict, PredictMode, Use},
    run::{agreement, watch::Interrupted},
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        container::ContainerError,
        function::PassError,
        progress::{Meta, Rows},
        session::Session,
        store::Store,
    },
    train::augment::Augment,
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
    /// Somebody asked for an end.
    Interrupted,
}

impl fmt::Display for TrainedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainedError::NoRun(error) => error.fmt(f),
            TrainedError::Checkpoint(error) => error.fmt(f),
            TrainedError::Unfit(why) => f.write_str(why),
            TrainedError::Data(error) => error.fmt(f),
            TrainedError::Codegen(error) => error.fmt(f),
            TrainedError::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for TrainedError {}

impl From<Interrupted> for TrainedError {
    fn from(Interrupted: Interrupted) -> Self {
        TrainedError::Interrupted
    }
}

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

impl From<PassError> for TrainedError {
    fn from(error: PassError) -> Self {
        match error {
            PassError::Codegen(error) => TrainedError::Codegen(error),
            PassError::Data(error) => TrainedError::Data(error),
        }
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
    /// A checkpoint that is missing or broken, or whose net this version does not accept; a broken calibration.
    pub fn read(path: &Path, which: Which) -> Result<Self, TrainedError> {
        let mut trained = Self::uncalibrated(path, which)?;
        let run = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { path };
        let (parameters, kind) = (trained.checkpoint.parameters(), trained.model.output.kind);
        trained.calibration = Calibration::read(&RunDir::at(run), parameters, kind)?;
        Ok(trained)
    }

    /// The same without what was fitted on validation rows afterwards, whatever has become of that.
    ///
    /// # Errors
    /// As [`read`](Self::read), but for the calibration.
    pub fn uncalibrated(path: &Path, which: Which) -> Result<Self, TrainedError> {
        let run = match place::find(path)? {
            Place::File => return Self::of_file(path),
            Place::Run(run) => run,
        };
        let Some(standing) = Standing::of(&run)? else {
            return Err(TrainedError::Unfit(format!("{} holds no trained net", path.display())));
        };
        let stops_early = || -> Result<bool, TrainedError> {
            let model = model(standing.path(), &standing.meta)?;
            Ok(model.train.is_some_and(|train| train.stop_early.is_some()))
        };
        let best = match which {
            Which::Best => true,
            Which::Last => false,
            Which::Tested => standing.has_best() && stops_early()?,
        };
        Self::of(if best { standing.read_best()? } else { standing.read()? })
    }

    fn of_file(path: &Path) -> Result<Self, TrainedError> {
        let checkpoint = Checkpoint::read(path).map_err(|error| match (&error, NoRun::file(path)) {
            (CheckpointError::Container(ContainerError::Broken { .. }), Some(other)) => other.into(),
            _ => TrainedError::Checkpoint(error),
        })?;
        Self::of(checkpoint)
    }

    /// A checkpoint held against its net.
    fn of(checkpoint: Checkpoint) -> Result<Self, TrainedError> {
        let model = model(&checkpoint.path, &checkpoint.meta)?;
        fitness::check(&checkpoint, &model)?;
        Ok(Self { model, checkpoint, calibration: Calibration::default() })
    }

    /// The net in memory, for up to `most` rows a call: by weight scaling, at the temperature that `calibrate` found.
    ///
    /// # Errors
    /// Parameters that do not fit the net; what code generation says.
    pub fn session(&self, most: usize) -> Result<Session, TrainedError> {
        let meta = &self.checkpoint.meta;
        let session = Session::new(&self.model, &self.store()?, &meta.transform.target, meta.seed, most)?;
        Ok(session.of_bytes(&meta.transform).at_temperature(self.temperature(PredictMode::WeightScaling)))
    }

    /// Whether the net has one answer a row, which `what` needs.
    ///
    /// # Errors
    /// It has one at each step.
    pub fn answers_once(&self, what: &str) -> Result<(), TrainedError> {
        match self.model.output.kind.steps() {
            None => Ok(()),
            Some(steps) => Err(TrainedError::Unfit(format!(
                "{what} of a net that foretells a token at each of {steps} steps is not in this version\nhelp: `dropnet eval` gives its perplexity, with `--samples` that of the mean over samples of dropout"
            ))),
        }
    }

    /// Pictures are seen in these views, in place of the file's; what was fitted is that of these views.
    ///
    /// # Errors
    /// A net that this version does not accept.
    pub fn see_in(&mut self, views: Vec<Use<dyn Augment>>) -> Result<(), TrainedError> {
        let file = model(&self.checkpoint.path, &self.checkpoint.meta)?.predict;
        let told = Predict { views: views.clone(), ..Predict::default() }.views_told();
        self.calibration.views = (told != file.views_told()).then_some(told);
        self.model.predict.views = views;
        Ok(())
    }

    /// Whether pictures are seen in other views than the file says.
    pub(in crate::run) fn is_seen_otherwise(&self) -> bool {
        self.calibration.views.is_some()
    }

    /// What logits are divided by before they become probabilities; 1 where nothing was fitted.
    #[must_use]
    pub fn temperature(&self, mode: PredictMode) -> f64 {
        match self.model.output.kind.has_probabilities() {
            true => self.calibration.of(mode).map_or(1.0, |fit| fit.value),
            false => 1.0,
        }
    }

    /// The fitted precision of observations.
    ///
    /// # Errors
    /// None was fitted.
    pub fn fitted_precision(&self, mode: PredictMode) -> Result<f64, TrainedError> {
        self.calibration.of(mode).map(|fit| fit.value).ok_or_else(|| {
            TrainedError::Unfit(
                "`precision=fit`, and nothing was fitted for this way to predict\nhelp: `dropnet calibrate RUN` fits it on the validation rows".into(),
            )
        })
    }

    /// The data of the net, as they were when it was trained.
    pub(in crate::run) fn dataset(&self, search: &Search) -> Result<Dataset, TrainedError> {
        let Some(config) = &self.model.data else {
            return Err(TrainedError::Unfit("the net has no `data` section".into()));
        };
        let dataset = data::load(config, search, &agreement::need(&self.model))?;
        let meta = &self.checkpoint.meta;
        let changed = "the data have changed since the net was trained on them";
        if dataset.transform != meta.transform || attributes_of(&self.model, &dataset) != meta.attributes {
            return Err(TrainedError::Unfit(changed.into()));
        }
        let found = meta.rows.map(|_| Rows::of(&dataset)).transpose()?;
        match meta.rows.zip(found).and_then(|(then, found)| then.difference(&found)) {
            None => Ok(dataset),
            Some(part) => Err(TrainedError::Unfit(format!("{changed}: the {part} rows are others"))),
        }
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
pub(in crate::run) fn model(path: &Path, meta: &Meta) -> Result<Model, TrainedError> {
    let env = Env { sets: meta.sets.clone(), attributes: meta.attributes.clone(), pedantic: false };
    let checked = check_source(&meta.source, &env);
    checked.model.ok_or_else(|| {
        let why = checked.diagnostics.iter().find(|d| d.is_error()).map_or("", |d| d.message.as_str());
        TrainedError::Unfit(format!("{}: this version does not accept its net: {why}", path.display()))
    })
}
