//! Predictions by weight scaling: one row, a minibatch, a part of a data set.

use std::{
    sync::atomic::{AtomicU32, AtomicU64},
    time::{Duration, Instant},
};

use crate::{
    codegen::CodegenError,
    data::Dataset,
    layers::Mode,
    lower::{StepInfo, lower_predict},
    math,
    model::Model,
    runtime::{
        function::{Function, Pass},
        session::Session,
        store::Store,
        team::Team,
    },
};

/// Rows of a call.
const CALLS: [usize; 3] = [1, 32, 1024];

/// A call that predicts `rows` rows.
pub struct PredictTime {
    pub rows: usize,
    pub threads: usize,
    /// Median.
    pub time: Duration,
}

/// Calls that are worth one thread go through a [`Session`], as a library user's would; the others through the team.
pub(super) fn times(
    model: &Model,
    dataset: &Dataset,
    store: &Store,
    team: &Team,
) -> Result<Vec<PredictTime>, CodegenError> {
    let function = Function::new(lower_predict(model, Mode::Eval), &dataset.train)?;
    let mut all = Vec::new();
    for rows in CALLS {
        let threads = function.native().threads(team, rows);
        let time = match threads {
            1 => alone(model, dataset, store, rows)?,
            _ => together(model, dataset, &function, store, rows, team)?,
        };
        all.push(PredictTime { rows, threads, time });
    }
    Ok(all)
}

fn alone(model: &Model, dataset: &Dataset, store: &Store, rows: usize) -> Result<Duration, CodegenError> {
    let mut session = Session::new(model, store, &dataset.transform.target, 0, rows)?;
    let width = |id: &crate::model::NodeId| model.nodes[id.0].ty.len();
    let inputs: Vec<Vec<f32>> = model.inputs.iter().map(|id| vec![0.5; rows * width(id)]).collect();
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
) -> Result<Duration, CodegenError> {
    let mut store = store.clone();
    let mut outputs = vec![0.0; rows * model.output.kind.width()];
    let mut totals = vec![0.0; function.graph().metrics.len()];
    let order: Vec<u32> = (0..rows).map(|row| (row % dataset.train.rows) as u32).collect();
    let step = StepInfo { update: 1, rows, lr: 0.0, lambda: 1.0 };
    let scalars: Vec<u32> = function.scalars().iter().map(|def| def.word(&step)).collect();
    let streams = function.streams(|site| math::predict_stream(0, site, 0));
    median(|| {
        function.run(Pass {
            part: &dataset.train,
            with_target: false,
            order: &order,
            partner: None,
            batch: rows,
            scalars: &scalars,
            streams: &streams,
            steps: 0..1,
            first_update: 0,
            store: &mut store,
            outputs: &mut outputs,
            totals: &mut totals,
            done: &AtomicU64::new(0),
            stop: &AtomicU32::new(0),
            team,
        })?;
        Ok(())
    })
}

/// Of a tenth of a second of calls, in blocks that a clock can resolve.
fn median(mut call: impl FnMut() -> Result<(), CodegenError>) -> Result<Duration, CodegenError> {
    let mut times = Vec::new();
    let mut calls = 1;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(100) || times.len() < 5 {
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
