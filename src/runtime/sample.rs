//! Samples of a net's outputs with dropout on (Monte-Carlo dropout): what no draw reaches is computed once a row, the rest once a sample.
//!
//! The mask of sample `t` of row `i` is a function of seed, site, `t`, `i` and unit: neither blocks nor minibatches nor threads matter, and
//! one sample of one row can be drawn again alone.

use std::ops::Range;

use super::{
    function::{Function, Layout, Pass, PassError},
    store::Store,
};
use crate::kernels::team::Team;
use crate::{
    data::{DataError, Input, Part, Target},
    draws,
    graph::{Address, Cut, Graph, Op, StepInfo},
    lower::{Lowered, lower_samples},
    model::Model,
};

/// Positions of one native step: pairs of a row and a sample.
const BATCH: usize = 256;

/// Draws samples of one net.
pub struct Sampler {
    fixed: Option<Function>,
    random: Function,
    cut: Vec<Cut>,
    /// Whether some draw serves all rows, so that a step has room for one sample only.
    one_sample_a_step: bool,
    width: usize,
}

/// Which samples of each row: `first .. first + count` under a seed.
#[derive(Clone, Copy, Debug)]
pub struct Samples {
    pub seed: u64,
    pub first: u32,
    pub count: u32,
}

/// What the positions of a pass are.
struct Positions {
    order: Vec<u32>,
    samples: Vec<u32>,
    streams: Vec<u64>,
    first_row: u64,
    batch: usize,
}

impl Sampler {
    /// Compiles both parts for rows that are stored as those of `part`. None if no draw is live. With `meaning` classes and bits are
    /// probabilities instead of logits.
    ///
    /// # Errors
    /// What code generation says.
    pub fn new(model: &Model, part: &Part, meaning: bool) -> Result<Option<Self>, PassError> {
        let lowered = lower_samples(model, meaning);
        let Some(split) = lowered.parts() else { return Ok(None) };
        let with = |graph: Graph| Lowered { graph, scalars: lowered.scalars.clone() };
        let one_sample_a_step = draws_for_all_rows(&split.random);
        let fixed = split.fixed.map(|graph| Function::new(with(graph), part)).transpose()?;
        let inputs = cut_rows(&split.cut, part, 0..0, &[])?;
        let random = Function::sampled(with(split.random), &inputs)?;
        let width = model.output.kind.width();
        Ok(Some(Self { fixed, random, cut: split.cut, one_sample_a_step, width }))
    }

    /// Outputs of rows `rows` of the part, `[rows, samples, width]`. Their numbers in the part are their numbers to the masks.
    ///
    /// # Errors
    /// A row that cannot be read; parameters that do not fit the net.
    pub fn outputs(
        &self,
        part: &Part,
        rows: Range<usize>,
        samples: Samples,
        store: &mut Store,
        team: &Team,
    ) -> Result<Vec<f32>, PassError> {
        let fixed = self.fixed(part, rows.clone(), store, team)?;
        self.outputs_from(&fixed, part, rows, samples, store, team)
    }

    /// The same from what [`fixed`](Self::fixed) gave for these rows.
    ///
    /// # Errors
    /// As [`outputs`](Self::outputs).
    pub fn outputs_from(
        &self,
        fixed: &[f32],
        part: &Part,
        rows: Range<usize>,
        samples: Samples,
        store: &mut Store,
        team: &Team,
    ) -> Result<Vec<f32>, PassError> {
        let inputs = cut_rows(&self.cut, part, rows.clone(), fixed)?;
        let count = samples.count as usize;
        let mut outputs = vec![0.0; rows.len() * count * self.width];
        run(&self.random, &inputs, &self.positions(rows.clone(), samples), store, &mut outputs, team)?;
        if !self.one_sample_a_step {
            return Ok(outputs);
        }
        let at = |row: usize, sample: usize| (sample * rows.len() + row) * self.width;
        let by_row = (0..rows.len()).flat_map(|row| (0..count).map(move |sample| at(row, sample)));
        Ok(by_row.flat_map(|at| &outputs[at..at + self.width]).copied().collect())
    }

    /// Rows first, so that a row's samples are neighbours; samples first where a step has one.
    fn positions(&self, rows: Range<usize>, samples: Samples) -> Positions {
        let (len, count) = (rows.len() as u32, samples.count);
        let positions = 0..len * count;
        let (order, of_sample): (Vec<u32>, Vec<u32>) = match self.one_sample_a_step {
            true => positions.map(|p| (p % len, p / len)).unzip(),
            false => positions.map(|p| (p / count, p % count)).unzip(),
        };
        let stream = |t: u32| {
            self.random
                .streams(|site| draws::predict_stream(samples.seed, site, u64::from(samples.first + t)))
        };
        Positions {
            batch: if self.one_sample_a_step {
                rows.len()
            } else {
                self.random.rows_of_step(BATCH).min(order.len())
            },
            order,
            samples: of_sample,
            streams: (0..count).flat_map(stream).collect(),
            first_row: rows.start as u64,
        }
    }

    /// Numbers of a row that no draw reaches and samples start from.
    pub fn fixed_width(&self) -> usize {
        columns(&self.cut)
    }

    /// These numbers of each row, `[rows, fixed_width]`; nothing where samples start from inputs.
    ///
    /// # Errors
    /// A row that cannot be read; parameters that do not fit the net.
    pub fn fixed(
        &self,
        part: &Part,
        rows: Range<usize>,
        store: &mut Store,
        team: &Team,
    ) -> Result<Vec<f32>, PassError> {
        let Some(fixed) = &self.fixed else { return Ok(Vec::new()) };
        let mut outputs = vec![0.0; rows.len() * self.fixed_width()];
        let positions = Positions {
            batch: fixed.rows_of_step(BATCH).min(rows.len()),
            order: rows.map(|row| row as u32).collect(),
            samples: Vec::new(),
            streams: fixed.streams(|_| 0),
            first_row: 0,
        };
        run(fixed, part, &positions, store, &mut outputs, team)?;
        Ok(outputs)
    }
}

/// Whether some site of the graph draws once for all rows.
fn draws_for_all_rows(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| match node.op {
        Op::RowKey(site) => graph.sites[site.index()].address == Address::Update,
        _ => false,
    })
}

/// Columns of the fixed part's output.
fn columns(cut: &[Cut]) -> usize {
    let len = |cut: &Cut| if let Cut::Columns { len, .. } = cut { *len } else { 0 };
    cut.iter().map(len).sum()
}

/// The random part's inputs for some rows of a part, of which `fixed` are the fixed part's outputs.
fn cut_rows(cut: &[Cut], part: &Part, rows: Range<usize>, fixed: &[f32]) -> Result<Part, DataError> {
    let width = columns(cut);
    let input = |cut: &Cut| match *cut {
        Cut::Input { slot } => part.inputs[slot as usize].of_rows(&part.numbers()[rows.clone()]),
        Cut::Columns { start, len } => {
            let data = fixed.chunks_exact(width.max(1)).flat_map(|row| &row[start..start + len]).copied();
            Ok(Input::floats("", &[len], data.collect()))
        }
    };
    let inputs = cut.iter().map(input).collect::<Result<_, _>>()?;
    Ok(Part::of_first(rows.len(), inputs, Target::NONE))
}

fn run(
    function: &Function,
    part: &Part,
    positions: &Positions,
    store: &mut Store,
    outputs: &mut [f32],
    team: &Team,
) -> Result<(), PassError> {
    let (rows, batch) = (positions.order.len(), positions.batch);
    if rows == 0 {
        return Ok(());
    }
    let steps = rows.div_ceil(batch);
    let info = |step: usize| StepInfo::of_prediction(batch.min(rows - step * batch));
    let words = |step: usize| function.scalars().iter().map(move |def| def.word(&info(step)));
    let scalars: Vec<u32> = (0..steps).flat_map(words).collect();
    let layout = Layout { order: &positions.order, batch, scalars: &scalars, streams: &positions.streams };
    function.run(Pass {
        samples: &positions.samples,
        first_row: positions.first_row,
        totals: &mut vec![0.0; function.graph().metrics.len()],
        ..Pass::once(part, layout, store, outputs, team)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
