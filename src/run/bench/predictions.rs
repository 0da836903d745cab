//! Predictions by weight scaling (one row, a minibatch, a part of a data set) and by Monte-Carlo dropout.

use std::time::{Duration, Instant};

use crate::{
    data::Dataset,
    draws,
    graph::{Mode, StepInfo},
    kernels::team::Team,
    lower::lower_predict,
    memory,
    model::Model,
    runtime::{
        evaluate::BATCH,
        function::{Function, Layout, Pass, PassError},
        predictive,
        sample::{Sampler, Samples},
        session::Session,
        store::Store,
    },
};

/// Rows of the calls that are timed.
pub struct Calls {
    pub predict: Vec<usize>,
    /// Of those that draw samples.
    pub sample: Vec<usize>,
}

impl Default for Calls {
    fn default() -> Self {
        Calls { predict: vec![1, 32, 1024], sample: vec![1, 100, 1000] }
    }
}

/// A call that predicts `rows` rows.
pub struct PredictTime {
    pub rows: usize,
    pub threads: usize,
    /// Median.
    pub time: Duration,
}

/// A call that draws samples of rows and takes their mean and uncertainty.
pub struct SampleTime {
    pub rows: usize,
    pub samples: u32,
    /// Median; none of a call that would take longer than [`PATIENCE`], by what fewer rows take, or whose samples would need more than [`ROOM`].
    pub time: Option<Duration>,
}

/// The longest call that is measured, and the bytes that its samples may take.
pub const PATIENCE: Duration = Duration::from_secs(20);
pub const ROOM: u64 = 1_000_000_000;

/// Of each row of a call that draws them.
const SAMPLES: u32 = 100;

/// Times of Monte-Carlo dropout; none where nothing is live.
pub(super) fn samples(
    model: &Model,
    dataset: &Dataset,
    store: &Store,
    team: &Team,
    calls: &Calls,
) -> Result<Vec<SampleTime>, PassError> {
    let part = &dataset.train;
    let Some(sampler) = Sampler::new(model, part, true)? else { return Ok(Vec::new()) };
    let mut store = store.clone();
    let width = model.output.kind.width();
    let mut all: Vec<SampleTime> = Vec::new();
    let mut sizes: Vec<usize> = calls.sample.iter().map(|rows| *rows.min(&part.rows())).collect();
    sizes.dedup();
    for rows in sizes {
        let too_long = all.last().is_some_and(|fewer| fewer.takes(rows).is_none_or(|time| time > PATIENCE));
        let bytes = memory::product(&[rows, SAMPLES as usize, width, size_of::<f32>()]);
        if too_long || bytes > ROOM {
            all.push(SampleTime { rows, samples: SAMPLES, time: None });
            continue;
        }
        let samples = Samples { seed: 0, first: 0, count: SAMPLES };
        let time = median(|| {
            let outputs = sampler.outputs(part, 0..rows, samples, &mut store, team)?;
            for row in outputs.chunks_exact(width * SAMPLES as usize) {
                match model.output.kind.classes() {
                    Some(k) => {
                        std::hint::black_box(predictive::classes(row, k));
                    }
                    None if model.output.kind.steps().is_some() => {
                        std::hint::black_box(row);
                    }
                    None => {
                        let means: Vec<f64> = row.chunks_exact(width).map(|y| f64::from(y[0])).collect();
                        std::hint::black_box(predictive::number(&means, None));
                    }
                }
            }
            Ok(())
        })?;
        all.push(SampleTime { rows, samples: SAMPLES, time: Some(time) });
    }
    Ok(all)
}

impl SampleTime {
    /// About what a call of so many rows takes, if this one was measured.
    fn takes(&self, rows: usize) -> Option<Duration> {
        self.time.map(|time| time.mul_f64(rows as f64 / self.rows as f64))
    }
}

/// Calls of one row, and others that are worth one thread, go through a [`Session`], as those of a library user (`Net::predict_row`); the rest through the team.
pub(super) fn times(
    model: &Model,
    dataset: &Dataset,
    store: &Store,
    team: &Team,
    calls: &Calls,
) -> Result<Vec<PredictTime>, PassError> {
    let function = Function::new(lower_predict(model, Mode::Eval), &dataset.train)?;
    let mut all = Vec::new();
    for &rows in &calls.predict {
        let most = function.native().most_threads(team, rows.min(BATCH));
        let in_session = rows == 1 || most == 1;
        let time = match in_session {
            true => alone(model, dataset, store, rows)?,
            false => together(model, dataset, &function, store, rows, team)?,
        };
        let threads = if in_session { 1 } else { function.native().threads(team, rows.min(BATCH)) };
        all.push(PredictTime { rows, threads, time });
    }
    Ok(all)
}

fn alone(model: &Model, dataset: &Dataset, store: &Store, rows: usize) -> Result<Duration, PassError> {
    let mut session = Session::new(model, store, &dataset.transform.target, 0, rows)?;
    let width = |id: &crate::model::NodeId| model.nodes[id.0].ty.len();
    let own = model.inputs.iter().map(|id| vec![0.5; rows * width(id)]);
    let steps = model.ragged().and_then(|node| node.ty.steps());
    let inputs: Vec<Vec<f32>> = own.chain(steps.map(|axis| vec![axis.size as f32; rows])).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    median(|| {
        std::hint::black_box(session.predict(std::hint::black_box(&inputs)));
        Ok(())
    })
}

fn together(
    model: &Model,
    dataset: &Dataset,
    function: &Function,
    store: &Store,
    rows: usize,
    team: &Team,
) -> Result<Duration, PassError> {
    let mut store = store.clone();
    let mut outputs = vec![0.0; rows * model.output.kind.width()];
    let mut totals = vec![0.0; function.graph().metrics.len()];
    let order: Vec<u32> = (0..rows).map(|row| (row % dataset.train.rows()) as u32).collect();
    // Minibatches are those of evaluation.
    let batch = function.rows_of_step(BATCH).min(rows);
    let steps = rows.div_ceil(batch);
    let step = StepInfo::of_prediction(batch);
    let words = || function.scalars().iter().map(|def| def.word(&step));
    let scalars: Vec<u32> = (0..steps).flat_map(|_| words()).collect();
    let streams = function.streams(|site| draws::predict_stream(0, site, 0));
    median(|| {
        let layout = Layout { order: &order, batch, scalars: &scalars, streams: &streams };
        let pass = Pass::once(&dataset.train, layout, &mut store, &mut outputs, team);
        function.run(Pass { totals: &mut totals, ..pass })?;
        Ok(())
    })
}

/// Of a tenth of a second of calls and at least five, less where they take longer than a second, in blocks that a clock can resolve.
fn median(mut call: impl FnMut() -> Result<(), PassError>) -> Result<Duration, PassError> {
    let mut times = Vec::new();
    let mut calls = 1;
    let begun = Instant::now();
    let enough = |times: &[Duration]| match begun.elapsed() {
        elapsed if elapsed > Duration::from_secs(1) => !times.is_empty(),
        elapsed => elapsed > Duration::from_millis(100) && times.len() >= 5,
    };
    while !enough(&times) {
        let start = Instant::now();
        (0..calls).try_for_each(|_| call())?;
        let time = start.elapsed();
        if time < Duration::from_micros(100) {
            calls *= 2;
            times.clear();
        } else {
            times.push(time / calls);
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}
