//! Evaluation and prediction: outputs of many rows, and the figures of a part.

use std::{collections::BTreeMap, ops::Range};

use super::{
    figures::{Figures, Reporter, steps_of_block},
    function::{Function, Layout, Pass, PassError},
    prefix::Prefix,
    store::{Store, nothing_carried},
};
use crate::kernels::{aligned::AlignedVec, team::Team};
use crate::{
    codegen::CodegenError,
    data::Part,
    draws,
    graph::{Mode, StepInfo},
    lower::lower_pass,
    model::{Model, OutputKind},
};

/// Rows of one native step in evaluation, unless they take much memory; fixed, so that the bits of a figure depend on nothing but the data and the net. Rows that go on from step to step are as many as
/// there are streams.
pub const BATCH: usize = 256;

/// The same of a net that answers at each step, whose outputs of a row may be many: at most so many numbers, if a row has not more.
const NUMBERS: usize = 1 << 21;

/// Rows of one native step in evaluation of a net.
pub fn batch_of(kind: OutputKind) -> usize {
    match kind.steps() {
        None => BATCH,
        Some(_) => (NUMBERS / kind.width().max(1)).clamp(1, BATCH),
    }
}

/// The evaluation function of a model: dropout off but where `always`, batch norm frozen.
pub struct Evaluator {
    function: Function,
    with_loss: bool,
    /// Whether the loss is a mean over the rows' own steps.
    per_step: bool,
    width: usize,
    /// Rows of a step.
    batch: usize,
    /// What rows carry from step to step, by sample.
    carried: BTreeMap<u32, Vec<AlignedVec>>,
    /// Row numbers, as many as were asked for so far.
    order: Vec<u32>,
}

impl Evaluator {
    /// Outputs and losses, of rows with targets that are stored as those of `part`.
    pub fn new(model: &Model, part: &Part) -> Result<Self, CodegenError> {
        Self::compile(model, Mode::Eval, model.train.is_some(), part)
    }

    /// The same for passes over a part of which at most `limit` bytes keep what depends on data alone, and what computes that.
    ///
    /// # Errors
    /// What code generation says.
    pub fn divided(model: &Model, part: &Part, limit: u64) -> Result<(Option<Prefix>, Self), PassError> {
        let lowered = lower_pass(model, Mode::Eval, true, part.streams().is_none());
        let (prefix, function) = Prefix::divide(lowered, part, limit, Function::new)?;
        Ok((prefix, Self::of(model, function, model.train.is_some(), part)))
    }

    /// Outputs alone, of rows that are stored as those of `part`.
    pub fn predictor(model: &Model, part: &Part) -> Result<Self, CodegenError> {
        Self::in_mode(model, Mode::Eval, part)
    }

    /// The same in another mode; in `Mode::Mc` the outputs of the first sample.
    pub fn in_mode(model: &Model, mode: Mode, part: &Part) -> Result<Self, CodegenError> {
        Self::compile(model, mode, false, part)
    }

    fn compile(model: &Model, mode: Mode, with_loss: bool, part: &Part) -> Result<Self, CodegenError> {
        let lowered = lower_pass(model, mode, with_loss, part.streams().is_none());
        Ok(Self::of(model, Function::new(lowered, part)?, with_loss, part))
    }

    fn of(model: &Model, function: Function, with_loss: bool, part: &Part) -> Self {
        let kind = model.output.kind;
        let loss = model.train.as_ref().map(|section| &section.loss);
        Self {
            with_loss,
            per_step: loss.is_some_and(|loss| loss.word.is_per_step(&loss.args, kind)),
            width: if with_loss { kind.judged_width() } else { kind.width() },
            batch: part.streams().unwrap_or_else(|| function.rows_of_step(batch_of(kind))),
            function,
            carried: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    /// Numbers of a row that it gives: outputs, or what metrics see of them.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of a step: passes in pieces begin where a step does.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Outputs of some rows, `[rows, width]`, the first of which begins a step; the sum of their losses is added to `loss`. Where rows go on from step to step, those before them
    /// were the last that were asked for, or they are the first of the part.
    ///
    /// # Errors
    /// Parameters or rows that do not fit the net; a row that cannot be read.
    pub fn rows(
        &mut self,
        part: &Part,
        rows: Range<usize>,
        store: &mut Store,
        team: &Team,
        seed: u64,
        loss: &mut f64,
    ) -> Result<Vec<f32>, PassError> {
        self.rows_of_sample(part, rows, store, team, (seed, 0), loss)
    }

    /// The same of a sample under a seed, which carries a state of its own.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn rows_of_sample(
        &mut self,
        part: &Part,
        rows: Range<usize>,
        store: &mut Store,
        team: &Team,
        (seed, sample): (u64, u32),
        loss: &mut f64,
    ) -> Result<Vec<f32>, PassError> {
        let mut carried = self.begun(sample, rows.start == 0);
        store.swap_carried(self.function.graph(), &mut carried);
        let outputs = self.pass(part, rows, store, team, (seed, sample), loss);
        store.swap_carried(self.function.graph(), &mut carried);
        self.carried.insert(sample, carried);
        outputs
    }

    /// What the rows of a sample carry; nothing where they begin.
    fn begun(&mut self, sample: u32, begins: bool) -> Vec<AlignedVec> {
        let known = self.carried.remove(&sample);
        let mut carried = known.unwrap_or_else(|| nothing_carried(self.function.graph()));
        if begins {
            carried.iter_mut().for_each(|values| values.fill(0.0));
        }
        carried
    }

    fn pass(
        &mut self,
        part: &Part,
        rows: Range<usize>,
        store: &mut Store,
        team: &Team,
        (seed, sample): (u64, u32),
        loss: &mut f64,
    ) -> Result<Vec<f32>, PassError> {
        let batch = self.batch;
        debug_assert!(rows.start.is_multiple_of(batch) && rows.end <= part.rows());
        let steps = rows.start / batch..rows.end.div_ceil(batch);
        self.order.extend(self.order.len() as u32..rows.end as u32);
        let mut scalars = Vec::new();
        for step in steps.clone() {
            let info = StepInfo::of_prediction(batch.min(rows.end - step * batch));
            scalars.extend(self.function.scalars().iter().map(|def| def.word(&info)));
        }
        let streams = self.function.streams(|site| draws::predict_stream(seed, site, u64::from(sample)));
        let mut outputs = vec![0.0; rows.len() * self.width];
        let mut totals = vec![0.0; self.function.graph().metrics.len()];
        if let Some(total) = totals.first_mut() {
            *total = *loss;
        }
        let order = &self.order[..rows.end];
        let layout = Layout { order, batch, scalars: &scalars, streams: &streams };
        self.function.run(Pass {
            with_target: self.with_loss,
            steps: steps.start as u64..steps.end as u64,
            totals: &mut totals,
            ..Pass::once(part, layout, store, &mut outputs, team)
        })?;
        if let Some(total) = totals.first() {
            *loss = *total;
        }
        Ok(outputs)
    }

    /// Runs all rows in order, a block at a time: `block` is given which rows they are and their outputs `[rows, width]`. Answers the sum of
    /// the rows' losses; 0 without a loss.
    ///
    /// # Errors
    /// What `block` says; parameters or rows that do not fit the net.
    pub fn each_block<E: From<PassError>>(
        &mut self,
        part: &Part,
        store: &mut Store,
        team: &Team,
        seed: u64,
        mut block: impl FnMut(Range<usize>, Vec<f32>) -> Result<(), E>,
    ) -> Result<f64, E> {
        let mut loss = 0.0;
        let most = self.batch * steps_of_block(self.batch, self.width);
        for start in (0..part.rows()).step_by(most) {
            let rows = start..part.rows().min(start + most);
            let outputs = self.rows(part, rows.clone(), store, team, seed, &mut loss)?;
            block(rows, outputs)?;
        }
        Ok(loss)
    }

    /// Outputs of all rows in order, `[rows, width]`.
    ///
    /// # Errors
    /// Parameters or rows that do not fit the net; a row that cannot be read.
    pub fn outputs(
        &mut self,
        part: &Part,
        store: &mut Store,
        team: &Team,
        seed: u64,
    ) -> Result<Vec<f32>, PassError> {
        self.rows(part, 0..part.rows(), store, team, seed, &mut 0.0)
    }

    /// Loss and metrics of a part.
    ///
    /// # Errors
    /// Parameters or rows that do not fit the net; a row that cannot be read.
    pub fn figures(
        &mut self,
        part: &Part,
        store: &mut Store,
        reporter: &Reporter,
        team: &Team,
        seed: u64,
    ) -> Result<Figures, PassError> {
        let mut tallies = reporter.tallies();
        let loss = self.each_block(part, store, team, seed, |rows, outputs| {
            tallies.add(&outputs, part, &numbers(rows));
            Ok::<(), PassError>(())
        })?;
        Ok(tallies.figures(self.mean_loss(loss, part)))
    }

    /// The mean of a sum over the rows of a part, or over their own steps, for nets that have a loss.
    pub fn mean_loss(&self, loss: f64, part: &Part) -> Option<f64> {
        let terms = if self.per_step { part.answers() } else { part.rows() };
        self.with_loss.then(|| loss / terms as f64)
    }
}

/// Row numbers of a range.
pub fn numbers(rows: Range<usize>) -> Vec<u32> {
    (rows.start as u32..rows.end as u32).collect()
}

/// Divides logits by a temperature.
pub fn cool(logits: &mut [f32], temperature: f64) {
    if temperature != 1.0 {
        let (least, most) = (f64::from(f32::MIN), f64::from(f32::MAX));
        logits.iter_mut().for_each(|z| *z = (f64::from(*z) / temperature).clamp(least, most) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        data::{Input, Target},
        lower::lower_eval,
    };

    /// Rows say the same however many stand in a step, so that those which take much memory may be fewer.
    #[test]
    fn outputs_are_the_same_in_steps_of_any_size() {
        const ROWS: usize = 70;
        let source = "net {\n  input x: real[12, 12, 2]\n  conv 8, 3x3 -> batch_norm -> relu -> max_pool 2x2\n  conv 8, 3x3 -> relu -> flatten\n  dense 5 -> relu\n  dense 3\n  output y: class[3]\n}\n";
        let model = check_source(source, &Env::default()).model.expect("a sound net");
        let x = (0..ROWS * 288).map(|i| (i as f32 * 0.37).sin()).collect();
        let part = Part::of_first(ROWS, vec![Input::floats("x", &[12, 12, 2], x)], Target::NONE);
        let mut store = Store::fresh(&model, &lower_eval(&model, Mode::Eval).graph, 3);
        let team = Team::new(1);
        let mut evaluator = Evaluator::predictor(&model, &part).expect("native code");
        assert_eq!(evaluator.batch, BATCH);
        let mut outputs = |batch: usize| {
            evaluator.batch = batch;
            let outputs = evaluator.outputs(&part, &mut store, &team, 0).expect("outputs");
            outputs.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let usual = outputs(BATCH);
        for batch in [64, 32, 16, 4, 1] {
            assert_eq!(outputs(batch), usual, "steps of {batch}");
        }
    }
}
