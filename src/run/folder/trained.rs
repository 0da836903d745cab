//! A trained net, from the folder of its run: evaluated on its data, or asked for predictions.

use std::{fmt, ops::Range, path::Path};

use super::{calibration::Calibration, fitness, standing::Standing};
use crate::run::folder::{
    dir::RunDir,
    open::attributes_of,
    place::{self, NoRun, Place},
};
use crate::{
    check::{Env, check_source},
    codegen::CodegenError,
    data::{self, DataError, Dataset, Part, Search},
    graph::Mode,
    kernels::{aligned::AlignedVec, team::Team},
    lower::lower_eval,
    memory::TooMuch,
    model::{Model, Param, ParamRole, PredictMode},
    run::agreement,
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        container::ContainerError,
        evaluate::Evaluator,
        function::PassError,
        progress::{Meta, Rows},
        session::Session,
        store::Store,
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
        Ok(session.at_temperature(self.temperature(PredictMode::WeightScaling)))
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

    /// Outputs of a pass over rows, checked.
    ///
    /// # Errors
    /// A row of which the net says what is not a number; what code generation says.
    pub(in crate::run) fn outputs(
        &self,
        evaluator: &mut Evaluator,
        part: &Part,
        team: &Team,
    ) -> Result<Vec<f32>, TrainedError> {
        let outputs = evaluator.outputs(part, &mut self.store()?, team, self.checkpoint.meta.seed)?;
        self.are_numbers(&outputs, self.model.output.kind.width(), 0)?;
        Ok(outputs)
    }

    /// The same a block of rows at a time, of which no more is held: `block` is given which rows they are and their outputs. Answers the sum
    /// of their losses.
    ///
    /// # Errors
    /// As [`outputs`](Self::outputs).
    pub(in crate::run) fn each_block(
        &self,
        evaluator: &mut Evaluator,
        part: &Part,
        team: &Team,
        mut block: impl FnMut(Range<usize>, Vec<f32>),
    ) -> Result<f64, TrainedError> {
        let (width, seed) = (self.model.output.kind.width(), self.checkpoint.meta.seed);
        evaluator.each_block(part, &mut self.store()?, team, seed, |rows, outputs| {
            self.are_numbers(&outputs, width, rows.start)?;
            block(rows, outputs);
            Ok(())
        })
    }

    /// Refuses outputs that are none, or will be none in the target's own units: `width` numbers of each row, the first of which has this number.
    ///
    /// # Errors
    /// The first such row.
    pub(in crate::run) fn are_numbers(
        &self,
        outputs: &[f32],
        width: usize,
        first: usize,
    ) -> Result<(), TrainedError> {
        let row = |at: usize| first + at / width + 1;
        if let Some(at) = outputs.iter().position(|x| !x.is_finite()) {
            return Err(TrainedError::Unfit(format!(
                "row {} (counted from 1): the net gives {}, which is no prediction\nhelp: 32-bit numbers end at 3.4e38; see whether the row's inputs are of the size of those that the net was trained on, and whether its weights have grown without bound",
                row(at),
                outputs[at],
            )));
        }
        match self.beyond_units(outputs) {
            None => Ok(()),
            Some(at) => Err(TrainedError::Unfit(format!(
                "row {} (counted from 1): the net gives {:e}, which 32-bit numbers do not hold in the target's own units\nhelp: they end at 3.4e38; see whether the row's inputs are of the size of those that the net was trained on, or write the target in a larger unit and train again",
                row(at),
                outputs[at],
            ))),
        }
    }

    /// The first of these outputs that is no number in the target's own units.
    fn beyond_units(&self, outputs: &[f32]) -> Option<usize> {
        let (kind, target) = (self.model.output.kind, &self.checkpoint.meta.transform.target);
        if target.units().iter().all(|unit| *unit == 1.0) && !kind.says_spread() {
            return None;
        }
        let mut own = Vec::with_capacity(kind.width());
        outputs.chunks_exact(kind.width()).enumerate().find_map(|(row, raw)| {
            own.clear();
            own.extend_from_slice(raw);
            kind.to_units(&mut own, target);
            own.iter().position(|x| !x.is_finite()).map(|at| row * kind.width() + at)
        })
    }

    pub(in crate::run) fn store(&self) -> Result<Store, TrainedError> {
        Ok(self.checkpoint.store(&lower_eval(&self.model, Mode::Eval).graph)?)
    }
}

/// The net of a checkpoint, checked anew.
fn model(path: &Path, meta: &Meta) -> Result<Model, TrainedError> {
    let env = Env { sets: meta.sets.clone(), attributes: meta.attributes.clone(), pedantic: false };
    let checked = check_source(&meta.source, &env);
    checked.model.ok_or_else(|| {
        let why = checked.diagnostics.iter().find(|d| d.is_error()).map_or("", |d| d.message.as_str());
        TrainedError::Unfit(format!("{}: this version does not accept its net: {why}", path.display()))
    })
}
