//! The parts that training reads again and again, with what depends on data alone computed once: before the first epoch of a run, and anew
//! when it is taken up.

use std::sync::atomic::AtomicU32;

use crate::{
    codegen::CodegenError,
    data::{DataConfig, Dataset, Part},
    kernels::team::Team,
    lower::lower_train,
    model::Model,
    runtime::{
        evaluate::Evaluator,
        function::{Function, PassError},
        prefix::Prefix,
        store::Store,
    },
};

/// A part, and what computes once what is kept of it.
pub struct Rows {
    pub part: Part,
    prefix: Option<Prefix>,
    /// Whether the part is that of the data set.
    as_read: bool,
}

impl Rows {
    pub fn new(part: &Part, prefix: Option<Prefix>) -> Self {
        Self { part: part.clone(), as_read: prefix.is_none(), prefix }
    }

    /// Bytes that are kept, or will be.
    fn bytes(&self) -> u64 {
        self.prefix.as_ref().map_or(0, |prefix| prefix.bytes(self.part.rows()))
    }

    /// Computes what is kept; answers its bytes, 0 where nothing is, and none if `stop` was set before it was done.
    fn settle(&mut self, store: &mut Store, team: &Team, stop: &AtomicU32) -> Result<Option<u64>, PassError> {
        let bytes = self.bytes();
        let Some(prefix) = self.prefix.take() else { return Ok(Some(0)) };
        let Some(part) = prefix.part(&self.part, store, team, stop)? else { return Ok(None) };
        self.part = part;
        Ok(Some(bytes))
    }
}

/// The training part, and the validation part with what judges it.
pub struct Parts {
    pub train: Rows,
    pub valid: Option<(Rows, Evaluator)>,
}

impl Parts {
    /// With the function of a training step.
    ///
    /// # Errors
    /// What code generation says.
    pub fn new(model: &Model, dataset: &Dataset) -> Result<(Self, Function), PassError> {
        let limit = model.data.as_ref().map_or(0, DataConfig::prefix_limit);
        let of_rows = model.training_prefix_limit();
        let (prefix, function) = Prefix::divide(lower_train(model), &dataset.train, of_rows, Function::new)?;
        let train = Rows::new(&dataset.train, prefix);
        let left = limit - train.bytes();
        let valid = dataset.valid.as_ref().map(|part| {
            let (prefix, evaluator) = Evaluator::divided(model, part, left)?;
            Ok::<_, PassError>((Rows::new(part, prefix), evaluator))
        });
        Ok((Self { train, valid: valid.transpose()? }, function))
    }

    /// What judges a part that is read once, and so has nothing kept.
    ///
    /// # Errors
    /// What code generation says.
    pub fn judge_of(&mut self, model: &Model, part: &Part) -> Result<Evaluator, CodegenError> {
        match self.valid.take_if(|(rows, _)| rows.as_read) {
            Some((_, evaluator)) => Ok(evaluator),
            None => Evaluator::new(model, part),
        }
    }

    /// Computes what is kept; answers its bytes, and none if `stop` was set before it was done.
    ///
    /// # Errors
    /// A row that cannot be read; no memory.
    pub fn settle(
        &mut self,
        store: &mut Store,
        team: &Team,
        stop: &AtomicU32,
    ) -> Result<Option<u64>, PassError> {
        let Some(mut bytes) = self.train.settle(store, team, stop)? else { return Ok(None) };
        if let Some((rows, _)) = &mut self.valid {
            let Some(more) = rows.settle(store, team, stop)? else { return Ok(None) };
            bytes += more;
        }
        Ok(Some(bytes))
    }
}
