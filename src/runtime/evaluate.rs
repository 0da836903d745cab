//! Evaluation and prediction: outputs of many rows, and the figures of a part.

use super::{
    figures::{Figures, Reporter},
    function::{Function, Layout, Pass, PassError},
    store::Store,
};
use crate::kernels::team::Team;
use crate::{
    codegen::CodegenError,
    data::{Part, TargetRule},
    draws,
    graph::{Mode, StepInfo},
    lower::{lower_eval, lower_predict},
    math,
    model::{Model, OutputKind},
};

/// Rows of one native step in evaluation; fixed, so that the bits of a figure depend on nothing but the data and the net.
pub const BATCH: usize = 256;

/// The evaluation function of a model: dropout off but where `always`, batch norm frozen.
pub struct Evaluator {
    function: Function,
    with_loss: bool,
    width: usize,
}

impl Evaluator {
    /// Outputs and losses, of rows with targets that are stored as those of `part`.
    pub fn new(model: &Model, part: &Part) -> Result<Self, CodegenError> {
        let function = Function::new(lower_eval(model, Mode::Eval), part)?;
        Ok(Self { function, with_loss: model.train.is_some(), width: model.output.kind.width() })
    }

    /// Outputs alone, of rows that are stored as those of `part`.
    pub fn predictor(model: &Model, part: &Part) -> Result<Self, CodegenError> {
        Self::in_mode(model, Mode::Eval, part)
    }

    /// The same in another mode; in `Mode::Mc` the outputs of the first sample.
    pub fn in_mode(model: &Model, mode: Mode, part: &Part) -> Result<Self, CodegenError> {
        let function = Function::new(lower_predict(model, mode), part)?;
        Ok(Self { function, with_loss: false, width: model.output.kind.width() })
    }

    /// Outputs of all rows in order, `[rows, width]`, and the sum of the rows' losses.
    ///
    /// # Errors
    /// A row that cannot be read; parameters that do not fit the net.
    pub fn outputs(
        &mut self,
        part: &Part,
        store: &mut Store,
        team: &Team,
        seed: u64,
    ) -> Result<(Vec<f32>, f64), PassError> {
        let rows = part.rows();
        let order: Vec<u32> = (0..rows as u32).collect();
        let steps = rows.div_ceil(BATCH);
        let mut scalars = Vec::new();
        for step in 0..steps {
            let info = StepInfo::of_prediction(BATCH.min(rows - step * BATCH));
            scalars.extend(self.function.scalars().iter().map(|def| def.word(&info)));
        }
        let streams = self.function.streams(|site| draws::predict_stream(seed, site, 0));
        let mut outputs = vec![0.0; rows * self.width];
        let mut totals = vec![0.0; self.function.graph().metrics.len()];
        let layout = Layout { order: &order, batch: BATCH, scalars: &scalars, streams: &streams };
        self.function.run(Pass {
            with_target: self.with_loss,
            totals: &mut totals,
            ..Pass::once(part, layout, store, &mut outputs, team)
        })?;
        Ok((outputs, totals.first().copied().unwrap_or(0.0)))
    }

    /// Loss and metrics of a part.
    ///
    /// # Errors
    /// As [`outputs`](Self::outputs).
    pub fn figures(
        &mut self,
        part: &Part,
        store: &mut Store,
        reporter: &Reporter,
        team: &Team,
        seed: u64,
    ) -> Result<Figures, PassError> {
        let (outputs, loss) = self.outputs(part, store, team, seed)?;
        let order: Vec<u32> = (0..part.rows() as u32).collect();
        let loss = self.with_loss.then(|| loss / part.rows() as f64);
        Ok(reporter.figures(loss, &outputs, self.width, part, &order))
    }
}

/// Functions of the host's own: without fused products their bits depend on no processor and no C library.
const PORTABLE: math::Scalar32 = math::Scalar32 { fma: false };

/// What the net's raw outputs mean, row by row: probabilities for classes and bits, numbers in the target's own units from its level.
pub fn interpret(outputs: &mut [f32], kind: OutputKind, target: &TargetRule) {
    match kind {
        OutputKind::Class(k) => outputs.chunks_exact_mut(k).for_each(softmax),
        OutputKind::Bits(_) => {
            outputs.iter_mut().for_each(|z| *z = math::sigmoid(&mut { PORTABLE }, *z));
        }
        OutputKind::Real(_) | OutputKind::Normal(_) => to_units(outputs, kind, target),
    }
}

/// Divides logits by a temperature.
pub fn cool(logits: &mut [f32], temperature: f64) {
    if temperature != 1.0 {
        let (least, most) = (f64::from(f32::MIN), f64::from(f32::MAX));
        logits.iter_mut().for_each(|z| *z = (f64::from(*z) / temperature).clamp(least, most) as f32);
    }
}

/// The same for outputs whose probabilities are made already.
pub fn to_units(outputs: &mut [f32], kind: OutputKind, target: &TargetRule) {
    match kind {
        OutputKind::Class(_) | OutputKind::Bits(_) => {}
        OutputKind::Real(_) => target.to_units(outputs),
        OutputKind::Normal(d) => normal_to_units(outputs, d, target),
    }
}

fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|z| *z = math::exp(&mut { PORTABLE }, *z - top));
    let sum: f64 = row.iter().map(|power| f64::from(*power)).sum();
    row.iter_mut().for_each(|power| *power = (f64::from(*power) / sum) as f32);
}

/// Means in the target's units from its level; log-variances become standard deviations in them.
fn normal_to_units(outputs: &mut [f32], d: usize, target: &TargetRule) {
    let units = target.units();
    for row in outputs.chunks_exact_mut(2 * d) {
        let (means, spreads) = row.split_at_mut(d);
        target.to_units(means);
        for (i, spread) in spreads.iter_mut().enumerate() {
            let sd = math::exp(&mut { PORTABLE }, *spread / 2.0);
            *spread = (f64::from(sd) * units.get(i).copied().unwrap_or(1.0)) as f32;
        }
    }
}
