//! One compiled function of a model: its graph, native code and the definitions of its per-step scalars.

use std::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use super::{
    augment,
    feed::Feed,
    ranks::{Dealt, anywhere},
    store::Store,
};
use crate::kernels::team::Team;
use crate::{
    codegen::{self, Bind, CodegenError, Compiled, Options, Storage, Tensor},
    data::{DataError, Input, Numbers, Numeric, Part, Target},
    graph::{Graph, Op, ScalarDef, Stored},
    loops,
    lower::Lowered,
    memory::product,
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
    pub layout: Layout<'a>,
    /// The position that each position is mixed with, of the same minibatch.
    pub partner: Option<&'a [u32]>,
    /// What each position counts as where masks are drawn; empty where it is the position itself.
    pub places: &'a [u32],
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
    /// Who looks on, if anybody does.
    pub watch: Option<Watch<'a>>,
    pub team: &'a Team,
    /// What is done to the rows before the net sees them.
    pub augment: Option<Augmented<'a>>,
}

/// Changed rows, and who looks at them.
pub struct Augmented<'a> {
    pub epoch: augment::Epoch<'a>,
    /// Called with the rows of each block as they are fed, and their positions.
    pub witness: &'a mut dyn FnMut(Range<usize>, Numbers<'_>),
}

/// How rows are laid out in the steps of a pass.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// Row of the part at each position.
    pub order: &'a [u32],
    pub batch: usize,
    /// Step-major words of the scalars, of the steps to run.
    pub scalars: &'a [u32],
    pub streams: &'a [u64],
}

/// What a pass tells while it runs, and what it is told.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Number of the next step.
    pub done: &'a AtomicU64,
    /// Not 0 to end after the current step.
    pub stop: &'a AtomicU32,
}

impl<'a> Pass<'a> {
    /// All steps of a layout without targets, of which nothing is mixed, sampled, summed or watched.
    pub fn once(
        part: &'a Part,
        layout: Layout<'a>,
        store: &'a mut Store,
        outputs: &'a mut [f32],
        team: &'a Team,
    ) -> Self {
        let steps = layout.order.len().div_ceil(layout.batch) as u64;
        Self {
            part,
            with_target: false,
            layout,
            partner: None,
            places: &[],
            samples: &[],
            first_row: 0,
            steps: 0..steps,
            first_update: 0,
            store,
            outputs,
            totals: &mut [],
            watch: None,
            team,
            augment: None,
        }
    }
}

impl Pass<'_> {
    /// Positions of the steps to run.
    fn positions(&self) -> Range<usize> {
        self.position(self.steps.start)..self.position(self.steps.end)
    }

    /// The position that a step begins with.
    fn position(&self, step: u64) -> usize {
        (step as usize * self.layout.batch).min(self.layout.order.len())
    }

    /// Whether whoever watches has asked to end after the step, in this process or another.
    fn is_stopped(&self) -> bool {
        let here = self.watch.is_some_and(|watch| watch.stop.load(Ordering::Acquire) != 0);
        anywhere(self.team, here)
    }
}

/// Why a pass ended early.
#[derive(Debug)]
pub enum PassError {
    Codegen(CodegenError),
    /// A row that cannot be read.
    Data(DataError),
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PassError::Codegen(error) => error.fmt(f),
            PassError::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PassError {}

impl From<CodegenError> for PassError {
    fn from(error: CodegenError) -> Self {
        PassError::Codegen(error)
    }
}

impl From<DataError> for PassError {
    fn from(error: DataError) -> Self {
        PassError::Data(error)
    }
}

/// How a pass ended: `next` is the step to go on with, `step` the one whose objective is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Stopped { next: u64 },
    NonFinite { step: u64 },
}

/// Bytes that a step outside of training may take.
const ROOM: usize = 512 << 20;
/// Bytes of values that stay in a cache from kernel to kernel.
const CACHE: usize = 8 << 20;
/// Rows below which a step is not cut for the cache's sake: products of fewer have not the library's speed, and loops over time are cut by rows alone.
const FEWEST: usize = 8;
const FEWEST_OVER_TIME: usize = 32;

impl Function {
    /// Rows of a step outside of training: `most`, or a half of it, a quarter, ... where what they make stays in a cache then, and in memory. Parameters are read
    /// once a step, so it does not get smaller than them. It goes by the net alone, so that figures are the same on every machine.
    pub fn rows_of_step(&self, most: usize) -> usize {
        let bytes = |param: &Stored| size_of::<f32>() * param.dims.iter().product::<usize>();
        let parameters: usize = self.graph.params.iter().map(bytes).sum();
        let loops = self.graph.nodes.iter().any(|node| matches!(node.op, Op::Scan(_)));
        let fewest = if loops { FEWEST_OVER_TIME } else { FEWEST };
        let cached = self.rows_within(most, CACHE.max(2 * parameters)).max(fewest);
        self.rows_within(most, ROOM).min(cached)
    }

    fn rows_within(&self, most: usize, room: usize) -> usize {
        let read = self.graph.inputs.iter().map(|input| {
            let sizes = input.ty.dims.iter().filter_map(|dim| dim.size());
            product(&sizes.chain([size_of::<f32>()]).collect::<Vec<_>>())
        });
        let read = read.fold(0, u64::saturating_add);
        let takes = |rows: usize| {
            let own = self.compiled.program().peak_bytes(rows) as u64;
            own.saturating_add(read.saturating_mul(rows as u64))
        };
        // Blocks that are dealt to processes are shares of what they are for every net.
        let divides = self.graph.blocks.are_one();
        let mut rows = most;
        while divides && rows > 1 && takes(rows) > room as u64 {
            rows /= 2;
        }
        rows
    }

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
        let program = loops::fuse(&lowered.graph)?;
        let inputs = part.inputs.iter().map(|input| match input.store.form().numeric {
            Numeric::F32 | Numeric::I32 => Storage::Words,
            Numeric::U8 => Storage::Bytes,
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

    /// Runs the steps natively: on arrays where they lie, or on blocks of rows that are read from elsewhere. Where blocks of the minibatches are dealt to processes each
    /// runs its own, and all have all outputs in the end.
    ///
    /// # Errors
    /// A row that cannot be read; what code generation says.
    pub fn run(&self, mut pass: Pass<'_>) -> Result<Status, PassError> {
        let status = self.run_own(&mut pass)?;
        let next = match status {
            Status::Done => pass.steps.end,
            Status::Stopped { next } => next,
            Status::NonFinite { .. } => return Ok(status),
        };
        if let Some(dealt) = self.dealt(&pass) {
            let positions = pass.position(next) - pass.positions().start;
            dealt.outputs(pass.outputs, self.compiled.output_width(), positions);
            dealt.slots(&mut pass.store.slots, &self.compiled.sliced_slots());
            let carried = self.graph.states.iter().zip(&mut pass.store.states);
            carried.filter(|(state, _)| state.by_row).for_each(|(_, values)| dealt.carried(values));
        }
        Ok(status)
    }

    /// How minibatches are dealt to processes, if they are.
    fn dealt<'p>(&self, pass: &Pass<'p>) -> Option<Dealt<'p>> {
        let (blocks, batch) = (self.graph.blocks, pass.layout.batch);
        let peers = pass.team.peers().filter(|_| blocks.ranks() > 1)?;
        Some(Dealt { peers, blocks, batch })
    }

    fn run_own(&self, pass: &mut Pass<'_>) -> Result<Status, PassError> {
        let positions = pass.positions();
        let numbers = pass.part.numbers();
        let row = |position: usize| numbers[pass.layout.order[position] as usize];
        let order: Vec<u32> = positions.clone().map(row).collect();
        // Where rows are brought to this process, those of the others stay away.
        let read = self.dealt(pass).map(|dealt| {
            let partner = pass.partner.map(|partner| &partner[positions.clone()]);
            dealt.read(positions.len(), positions.start, partner)
        });
        if let Some(augmented) = pass.augment.take() {
            let epoch = augmented.epoch.only(positions.start, read);
            return self.augmented(pass, Augmented { epoch, ..augmented }, &order);
        }
        if !pass.part.is_held() {
            return self.fed(pass, &order, read.as_deref());
        }
        let partner = pass.partner.map(|partner| &partner[positions]).unwrap_or_default();
        let partner: Vec<u32> = partner.iter().map(|position| row(*position as usize)).collect();
        let arrays = Arrays::in_place(pass.part, pass.with_target);
        let steps = pass.steps.clone();
        self.steps(pass, &arrays, Gather { order: &order, partner: &partner }, steps)
    }

    /// Runs the steps on blocks of rows; `order` is the row of the stores at each position of the steps.
    fn fed(&self, pass: &mut Pass<'_>, order: &[u32], read: Option<&[bool]>) -> Result<Status, PassError> {
        debug_assert!(pass.samples.is_empty(), "samples name rows by their numbers, which blocks have not");
        let feed = Feed::new(pass.part, pass.with_target, (order, read), pass.layout.batch);
        let ended = feed.each_block(|block, positions| self.block(pass, &block.arrays(&feed), positions))?;
        Ok(ended.unwrap_or(Status::Done))
    }

    /// The same on rows that are changed first.
    fn augmented(
        &self,
        pass: &mut Pass<'_>,
        augmented: Augmented<'_>,
        order: &[u32],
    ) -> Result<Status, PassError> {
        let Augmented { epoch, witness } = augmented;
        let (first, part, team) = (pass.positions().start, pass.part, pass.team);
        let ended = epoch.each_block(part, order, first, team, |block, positions| {
            witness(first + positions.start..first + positions.end, block.changed());
            self.block(pass, &block.arrays(), positions)
        })?;
        Ok(ended.unwrap_or(Status::Done))
    }

    /// Runs the steps of a block, whose positions count from that of the pass's first step; answers how they ended if not as usual.
    fn block(
        &self,
        pass: &mut Pass<'_>,
        arrays: &Arrays<'_>,
        positions: Range<usize>,
    ) -> Result<Option<Status>, PassError> {
        let (batch, first) = (pass.layout.batch, pass.positions().start);
        let start = first + positions.start;
        let places: Vec<u32> = (0..positions.len() as u32).collect();
        let partner = pass.partner.map(|partner| &partner[start..first + positions.end]);
        let partner: Vec<u32> =
            partner.unwrap_or_default().iter().map(|position| position - start as u32).collect();
        let gather = Gather { order: &places, partner: &partner };
        let steps = (start / batch) as u64..(first + positions.end).div_ceil(batch) as u64;
        let next = steps.end;
        let status = match self.steps(pass, arrays, gather, steps)? {
            // Native code looks between steps that it runs in one go, never behind the last of them: a block may hold one step.
            Status::Done if next < pass.steps.end && pass.is_stopped() => Status::Stopped { next },
            status => status,
        };
        Ok(Some(status).filter(|status| *status != Status::Done))
    }

    /// Runs some of the steps on arrays that lie in memory.
    fn steps(
        &self,
        pass: &mut Pass<'_>,
        arrays: &Arrays<'_>,
        gather: Gather<'_>,
        steps: Range<u64>,
    ) -> Result<Status, PassError> {
        let width = self.scalars.len();
        let position = |step: u64| (step as usize * pass.layout.batch).min(pass.layout.order.len());
        let before = (position(steps.start) - position(pass.steps.start)) * self.compiled.output_width();
        let (done, stop) = (AtomicU64::new(0), AtomicU32::new(0));
        let watch = pass.watch.unwrap_or(Watch { done: &done, stop: &stop });
        let bind = Bind {
            inputs: arrays.inputs.clone(),
            target: arrays.target,
            params: pass.store.params.iter_mut().map(|t| Tensor::Write(t)).collect(),
            slots: pass.store.slots.iter_mut().map(|t| Tensor::Write(t)).collect(),
            states: pass.store.states.iter_mut().map(|t| Tensor::Write(t)).collect(),
            output: &mut pass.outputs[before..],
            rows: pass.layout.order.len(),
            batch: pass.layout.batch,
            steps: steps.start as usize..steps.end as usize,
            order: gather.order,
            partner: gather.partner,
            places: pass.places.get(position(steps.start)..).unwrap_or_default(),
            scalars: &pass.layout.scalars[(steps.start - pass.steps.start) as usize * width..],
            scalar_count: width,
            streams: pass.layout.streams,
            samples: pass.samples.get(steps.start as usize * pass.layout.batch..).unwrap_or_default(),
            stream_count: self.graph.sites.len(),
            position_base: pass.first_row,
            update_base: pass.first_update + steps.start,
            totals: pass.totals,
            done: watch.done,
            stop: watch.stop,
        };
        let status = self.compiled.run(pass.team, bind)?;
        Ok(match status {
            codegen::Status::Done => Status::Done,
            codegen::Status::Stopped { next } => Status::Stopped { next: next as u64 },
            codegen::Status::NonFinite { step } => Status::NonFinite { step: step as u64 },
        })
    }
}

/// Rows of bound arrays by position.
#[derive(Clone, Copy)]
struct Gather<'a> {
    order: &'a [u32],
    partner: &'a [u32],
}

/// What native code reads rows from.
pub(super) struct Arrays<'a> {
    inputs: Vec<codegen::Array<'a>>,
    target: codegen::Target<'a>,
}

impl<'a> Arrays<'a> {
    /// Numbers of rows for each input, and the targets of these rows where they are read.
    pub fn new(inputs: impl Iterator<Item = (&'a Input, Numbers<'a>)>, target: Option<&'a Target>) -> Self {
        let array = |(input, numbers): (&Input, Numbers<'a>)| match numbers {
            Numbers::F32(floats) => codegen::Array::F32(floats),
            Numbers::I32(whole) => codegen::Array::I32(whole),
            Numbers::U8(bytes) => codegen::Array::U8 { bytes, scale: input.scale, shift: input.shift },
        };
        let target = match target {
            None => codegen::Target::None,
            Some(Target::Classes(classes)) => codegen::Target::Classes(bytemuck::cast_slice(classes)),
            // Rows that do not lie behind one another are fed in blocks, in which they do.
            Some(Target::Tokens(tokens)) => {
                tokens.whole().map_or(codegen::Target::None, codegen::Target::Classes)
            }
            Some(Target::Real { data, .. } | Target::Bits { data, .. }) => codegen::Target::Values(data),
        };
        Self { inputs: inputs.map(array).collect(), target }
    }

    /// The stores of a part as they lie in memory.
    fn in_place(part: &'a Part, with_target: bool) -> Self {
        let inputs = part.inputs.iter().filter_map(|input| Some((input, input.store.whole()?)));
        Self::new(inputs, with_target.then_some(&*part.target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        graph::Mode,
        lower::lower_predict,
    };

    fn predicting(body: &str, sizes: &[usize]) -> Function {
        let source = format!("net {{\n{body}\n  dense 3\n  output y: class[3]\n}}\n");
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        let part = Part::of_first(0, vec![Input::floats("x", sizes, Vec::new())], Target::NONE);
        Function::new(lower_predict(&model, Mode::Eval), &part).expect("native code")
    }

    #[test]
    fn a_step_has_as_many_rows_as_a_cache_holds() {
        let maps = |side: usize| {
            let body = format!(
                "  input x: real[{side}, {side}, 3]\n  conv 32, 3x3 -> relu\n  conv 32, 3x3 -> relu -> global_avg_pool"
            );
            predicting(&body, &[side, side, 3])
        };
        let takes = |function: &Function, side: usize, rows: usize| {
            function.compiled.program().peak_bytes(rows) + rows * side * side * 3 * 4
        };
        let small = maps(16);
        let room = takes(&small, 16, 64);
        assert_eq!([room, room - 1, 0].map(|room| small.rows_within(256, room)), [64, 32, 1]);
        let rows = small.rows_of_step(256);
        assert!(takes(&small, 16, rows) <= CACHE && takes(&small, 16, 2 * rows) > CACHE, "{rows} rows");
        // Two maps of 224x224x32 take 12.8 MB of each row, of 1024x1024x32 268 MB.
        assert_eq!([224, 1024].map(|side| maps(side).rows_of_step(256)), [FEWEST, 1]);
        assert_eq!(maps(4).rows_of_step(256), 256);
    }

    #[test]
    fn a_step_has_rows_that_are_worth_reading_its_parameters_or_looping_over_time() {
        let wide = predicting("  input x: real[4096]\n  dense 4096 -> relu\n  dense 4096 -> relu", &[4096]);
        assert_eq!((wide.rows_within(256, CACHE), wide.rows_of_step(256)), (128, 256));
        let long = predicting("  input x: real[2048, 8]\n  lstm 64, output=last", &[2048, 8]);
        assert_eq!(long.rows_of_step(256), FEWEST_OVER_TIME);
    }
}
