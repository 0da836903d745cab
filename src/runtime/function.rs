//! One compiled function of a model: its graph, native code and the definitions of its per-step scalars.

use std::{
    ops::Range,
    sync::atomic::{AtomicU32, AtomicU64},
};

use super::store::Store;
use crate::kernels::team::Team;
use crate::{
    codegen::{self, Bind, CodegenError, Compiled, Options, Storage, Tensor},
    data::{self, Part},
    graph::{Graph, ScalarDef},
    loops,
    lower::Lowered,
};

pub struct Function {
    graph: Graph,
    scalars: Vec<ScalarDef>,
    compiled: Compiled,
}

/// One pass over rows; see [`Bind`] for what the fields mean.
pub struct Pass<'a> {
    pub part: &'a Part,
    pub with_target: bool,
    /// Row of the part at each position.
    pub order: &'a [u32],
    pub partner: Option<&'a [u32]>,
    pub batch: usize,
    /// Step-major words of the scalars, of the steps to run.
    pub scalars: &'a [u32],
    pub streams: &'a [u64],
    /// Sample of each position, in functions that are sampled.
    pub samples: &'a [u32],
    /// Number of row 0 where rows have keys.
    pub first_row: u64,
    /// Steps to run, of those of the pass.
    pub steps: Range<u64>,
    /// Ordinal of the pass's first update in the run.
    pub first_update: u64,
    pub store: &'a mut Store,
    /// Of the steps to run alone.
    pub outputs: &'a mut [f32],
    pub totals: &'a mut [f64],
    pub done: &'a AtomicU64,
    pub stop: &'a AtomicU32,
    pub team: &'a Team,
}

/// How a pass ended: `next` is the step to go on with, `step` the one whose objective is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Stopped { next: u64 },
    NonFinite { step: u64 },
}

impl Function {
    /// Fuses and compiles a graph for inputs that are stored as in `part`.
    pub fn new(lowered: Lowered, part: &Part) -> Result<Self, CodegenError> {
        Self::compile(lowered, part, Options::default())
    }

    /// The same with a clock behind every kernel: see [`Compiled::spent`].
    pub fn profiled(lowered: Lowered, part: &Part) -> Result<Self, CodegenError> {
        Self::compile(lowered, part, Options { profile: true, ..Options::default() })
    }

    /// The same for passes over pairs of a row and a sample: see [`Bind::samples`].
    pub fn sampled(lowered: Lowered, part: &Part) -> Result<Self, CodegenError> {
        Self::compile(lowered, part, Options { sampled: true, ..Options::default() })
    }

    fn compile(lowered: Lowered, part: &Part, options: Options) -> Result<Self, CodegenError> {
        let program = loops::fuse(&lowered.graph);
        let inputs = part.inputs.iter().map(|input| match input.data {
            data::Storage::F32(_) => Storage::Words,
            data::Storage::U8(_) => Storage::Bytes,
        });
        let options = Options { inputs: inputs.collect(), ..options };
        let compiled = codegen::compile(&program, &options)?;
        Ok(Self { graph: lowered.graph, scalars: lowered.scalars, compiled })
    }

    pub fn native(&self) -> &Compiled {
        &self.compiled
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn scalars(&self) -> &[ScalarDef] {
        &self.scalars
    }

    /// A stream key for each site, from the site's hash.
    pub fn streams(&self, key: impl Fn(u64) -> u64) -> Vec<u64> {
        self.graph.sites.iter().map(|site| key(site.hash)).collect()
    }

    /// Runs the steps natively.
    pub fn run(&self, pass: Pass<'_>) -> Result<Status, CodegenError> {
        let width = self.scalars.len();
        let first = pass.steps.start as usize;
        let inputs = pass.part.inputs.iter().map(|input| match &input.data {
            data::Storage::F32(values) => codegen::Array::F32(values),
            data::Storage::U8(bytes) => codegen::Array::U8 { bytes, scale: input.scale, shift: input.shift },
        });
        let target = match &pass.part.target {
            _ if !pass.with_target => codegen::Target::None,
            data::Target::Classes(classes) => codegen::Target::Classes(bytemuck::cast_slice(classes)),
            data::Target::Real { data, .. } | data::Target::Bits { data, .. } => {
                codegen::Target::Values(data)
            }
        };
        let bind = Bind {
            inputs: inputs.collect(),
            target,
            params: pass.store.params.iter_mut().map(|t| Tensor::Write(t)).collect(),
            slots: pass.store.slots.iter_mut().map(|t| Tensor::Write(t)).collect(),
            states: pass.store.states.iter_mut().map(|t| Tensor::Write(t)).collect(),
            output: pass.outputs,
            rows: pass.order.len(),
            batch: pass.batch,
            steps: first..pass.steps.end as usize,
            order: pass.order,
            partner: pass.partner.unwrap_or(&[]),
            scalars: pass.scalars,
            scalar_count: width,
            streams: pass.streams,
            samples: pass.samples,
            stream_count: self.graph.sites.len(),
            position_base: pass.first_row,
            update_base: pass.first_update + pass.steps.start,
            totals: pass.totals,
            done: pass.done,
            stop: pass.stop,
        };
        let status = self.compiled.run(pass.team, bind)?;
        Ok(match status {
            codegen::Status::Done => Status::Done,
            codegen::Status::Stopped { next } => Status::Stopped { next: next as u64 },
            codegen::Status::NonFinite { step } => Status::NonFinite { step: step as u64 },
        })
    }
}
