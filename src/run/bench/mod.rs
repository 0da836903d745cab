//! How long a training step takes, where its time goes, and how far each kernel is from the machine's roofline.
//!
//! Steps are timed in blocks by code without clocks; the division among kernels comes from a second pass by code that reads one after
//! every kernel. Both train from fresh weights, so nothing is written anywhere.

mod predictions;
mod ranks;

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

pub use predictions::{Calls, PATIENCE, PredictTime, ROOM, SampleTime};
pub use ranks::{Foretold, Unforetold, foretell};

use super::Ready;
use crate::run::folder::start;
use crate::{
    check::{Env, check_source},
    codegen::{CodegenError, Compiled, StepPart},
    data::{DataError, Part},
    draws,
    kernels::{
        machine::{self, Roofline},
        team::Team,
    },
    loops::{self, Cost, Kernel},
    lower::{LOSS, STEPS, lower_train},
    model::Train,
    peers::Peers,
    runtime::{
        function::{Function, Layout, Pass, PassError, Status},
        order::Visits,
        plan::{self, Shape},
        prefix::{Compile, Prefix},
        progress::Progress,
        ranks::anywhere,
        store::Store,
    },
};

/// Of the weights and of the order of rows.
const SEED: u64 = 0;

/// What stages of the compiler took, in order.
pub struct StageTimes(pub Vec<(&'static str, Duration)>);

impl StageTimes {
    pub fn total(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }
}

/// One kernel of the step.
pub struct KernelTime {
    pub name: String,
    /// Whether it is a call of the product library.
    pub product: bool,
    /// A step's, averaged over threads.
    pub time: Duration,
    pub cost: Cost,
    /// The least time that the roofline leaves.
    pub bound: Duration,
}

/// What depends on data alone, computed once over the training rows.
pub struct Once {
    pub rows: usize,
    pub bytes: u64,
    pub time: Duration,
}

/// What was measured.
pub struct Bench {
    /// That steps were offered, and that were at work in the last of them.
    pub offered: usize,
    pub threads: usize,
    pub batch: usize,
    /// That the rows of a minibatch are cut into, and processes that they are dealt to.
    pub blocks: usize,
    pub ranks: usize,
    /// Steps timed.
    pub steps: usize,
    /// Medians over blocks, without clocks.
    pub step: Duration,
    /// Mean loss of the last steps that were timed.
    pub loss: f64,
    /// A step with clocks.
    pub profiled_step: Duration,
    pub kernels: Vec<KernelTime>,
    /// A step's time at barriers, and between kernels.
    pub waiting: Duration,
    pub between: Duration,
    /// What is computed before the first step, where anything is.
    pub once: Option<Once>,
    /// Of one process: where several have blocks of the step, none.
    pub predictions: Vec<PredictTime>,
    /// Of Monte-Carlo dropout; none where nothing is live, and of several processes.
    pub samples: Vec<SampleTime>,
    pub roofline: Roofline,
    /// Between two cores; none where one thread works.
    pub round_trip: Option<Duration>,
    pub stages: StageTimes,
}

/// What cannot be timed.
#[derive(Debug)]
pub enum BenchError {
    NoSection(&'static str),
    Diverged,
    /// Memory that is lacking.
    NoRoom(String),
    Codegen(CodegenError),
    /// A row that cannot be read.
    Data(DataError),
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BenchError::NoSection(name) => {
                write!(f, "the file has no `{name}` section, so it has no step to time")
            }
            BenchError::Diverged => f.write_str("training diverged while it was timed"),
            BenchError::NoRoom(why) => f.write_str(why),
            BenchError::Codegen(error) => write!(f, "{error}"),
            BenchError::Data(error) => write!(f, "{error}"),
        }
    }
}

impl From<CodegenError> for BenchError {
    fn from(error: CodegenError) -> Self {
        BenchError::Codegen(error)
    }
}

impl From<DataError> for BenchError {
    fn from(error: DataError) -> Self {
        BenchError::Data(error)
    }
}

impl From<PassError> for BenchError {
    fn from(error: PassError) -> Self {
        match error {
            PassError::Codegen(error) => BenchError::Codegen(error),
            PassError::Data(error) => BenchError::Data(error),
        }
    }
}

/// Times the training step of a net for about `budget`, and `calls`, on so many threads, of each of the processes that the net's blocks are dealt to if there are several.
///
/// # Errors
/// See [`BenchError`].
pub fn bench(
    source: &str,
    sets: &[(String, String)],
    ready: &Ready,
    (threads, peers): (usize, Option<Arc<dyn Peers>>),
    budget: Duration,
    calls: &Calls,
) -> Result<Bench, BenchError> {
    let section = ready.model.train.as_ref().ok_or(BenchError::NoSection("train"))?;
    let config = ready.model.data.as_ref().ok_or(BenchError::NoSection("data"))?;
    start::has_room(&ready.model, &ready.dataset).map_err(BenchError::NoRoom)?;
    let rows = ready.dataset.train.rows();
    // Whole minibatches only: a short one would blur the time of a step.
    let picture = ready.model.picture().map_or([0, 0], |(_, [height, width, _])| [height, width]);
    let (batch, goes_on) = (config.batch().rows.min(rows), ready.dataset.train.streams().is_some());
    let shape = Shape { rows, batch, drop_last: true, seed: SEED, picture, goes_on };
    let visits = Visits::of(&ready.model, section, &ready.dataset.train)?;
    let team = Team::among(threads, peers.clone());
    let stages = stages(source, sets, ready)?;
    let (roofline, round_trip) = (Roofline::measure(&team), machine::round_trip(&team));
    let limit = ready.model.training_prefix_limit();
    let compiled =
        |compile: Compile| Prefix::divide(lower_train(&ready.model), &ready.dataset.train, limit, compile);
    let (prefix, plain) = compiled(Function::new)?;
    let (part, once) = read(prefix, ready, &plain, &team)?;
    let mut stepper = Stepper::new(ready, section, &part, &plain, (shape, &visits));
    let each = stepper.calibrate(&team)?;
    let mut blocks = Vec::new();
    let begun = Instant::now();
    while anywhere(&team, begun.elapsed() < budget || blocks.len() < 5) {
        blocks.push(stepper.run(each, &team)? / each as u32);
    }
    blocks.sort();
    let (predictions, samples) = match peers.is_some() {
        true => (Vec::new(), Vec::new()),
        false => (
            predictions::times(&ready.model, &ready.dataset, &stepper.store, &team, calls)?,
            predictions::samples(&ready.model, &ready.dataset, &stepper.store, &team, calls)?,
        ),
    };
    let mut bench = Bench {
        offered: threads,
        threads: plain.native().threads(&team, shape.batch),
        batch: shape.batch,
        blocks: config.batch().blocks.count(),
        ranks: peers.as_ref().map_or(1, |peers| peers.size()),
        steps: each * blocks.len(),
        step: blocks[blocks.len() / 2],
        loss: stepper.loss(each),
        profiled_step: Duration::ZERO,
        kernels: Vec::new(),
        waiting: Duration::ZERO,
        between: Duration::ZERO,
        once,
        predictions,
        samples,
        roofline,
        round_trip,
        stages,
    };
    // Code with clocks runs on all threads that it is given.
    let team = Team::among(bench.threads, peers);
    let (_, profiled) = compiled(Function::profiled)?;
    let mut clocked = Stepper::new(ready, section, &part, &profiled, (shape, &visits));
    clocked.run(each, &team)?;
    bench.profiled_step = clocked.run(each, &team)? / each as u32;
    bench.divide(profiled.native(), each as u32);
    Ok(bench)
}

/// The training part as steps read it, and what it took: what depends on data alone is computed before any of them is timed.
fn read(
    prefix: Option<Prefix>,
    ready: &Ready,
    function: &Function,
    team: &Team,
) -> Result<(Part, Option<Once>), PassError> {
    let part = &ready.dataset.train;
    let Some(prefix) = prefix else { return Ok((part.clone(), None)) };
    let mut store = Store::fresh(&ready.model, function.graph(), SEED);
    let (begun, nobody_stops) = (Instant::now(), AtomicU32::new(0));
    let kept = prefix.part(part, &mut store, team, &nobody_stops)?;
    let once = Once { rows: part.rows(), bytes: prefix.bytes(part.rows()), time: begun.elapsed() };
    Ok((kept.unwrap_or_else(|| part.clone()), Some(once)))
}

impl Bench {
    /// Divides the last pass of `steps` steps among its kernels.
    fn divide(&mut self, profiled: &Compiled, steps: u32) {
        let program = profiled.program();
        for spent in profiled.spent() {
            let time = spent.time / steps;
            match spent.part {
                StepPart::Waiting => self.waiting = time,
                StepPart::Between => self.between = time,
                StepPart::Kernel(i) => {
                    let kernel = &program.kernels[i];
                    let cost = program.cost(kernel, self.batch);
                    let product = matches!(kernel, Kernel::Call { call, .. } if call.multiplies());
                    let bound = self.roofline.bound(if product { cost.flops } else { 0 }, cost.bytes);
                    self.kernels.push(KernelTime { name: kernel.name().into(), product, time, cost, bound });
                }
            }
        }
    }
}

/// Compiles the text once more, stage by stage.
fn stages(source: &str, sets: &[(String, String)], ready: &Ready) -> Result<StageTimes, BenchError> {
    let mut times = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |name, times: &mut Vec<(&'static str, Duration)>| {
        times.push((name, clock.elapsed()));
        clock = Instant::now();
    };
    let env = Env { sets: sets.to_vec(), attributes: ready.attributes.clone(), pedantic: false };
    std::hint::black_box(check_source(source, &env));
    lap("parse and check", &mut times);
    let lowered = lower_train(&ready.model);
    lap("lower and differentiate", &mut times);
    let program = loops::fuse(&lowered.graph).map_err(CodegenError::from)?;
    lap("fuse", &mut times);
    let compiled = crate::codegen::compile(&program, &Default::default())?;
    times.push(("build CLIF", compiled.times().build));
    times.push(("machine code", compiled.times().link));
    Ok(StageTimes(times))
}

/// Runs steps of a net from fresh weights, epoch after epoch.
struct Stepper<'a> {
    section: &'a Train,
    part: &'a Part,
    function: &'a Function,
    shape: Shape,
    visits: &'a Visits,
    store: Store,
    /// Numbers of a row's output.
    width: usize,
    outputs: Vec<f32>,
    totals: Vec<f64>,
}

impl<'a> Stepper<'a> {
    fn new(
        ready: &'a Ready,
        section: &'a Train,
        part: &'a Part,
        function: &'a Function,
        (shape, visits): (Shape, &'a Visits),
    ) -> Self {
        let model = &ready.model;
        let store = Store::fresh(model, function.graph(), shape.seed);
        let totals = vec![0.0; function.graph().metrics.len()];
        let width = model.output.kind.judged_width();
        Self { section, part, function, shape, visits, width, store, outputs: Vec::new(), totals }
    }

    /// Steps that take about a fiftieth of a second, within one epoch; the code and the caches are warm after.
    fn calibrate(&mut self, team: &Team) -> Result<usize, BenchError> {
        let most = self.shape.steps();
        let mut steps = 1;
        loop {
            let time = self.run(steps, team)?;
            if steps == most || !anywhere(team, time < Duration::from_millis(20)) {
                return Ok(steps);
            }
            steps = (steps * 2).min(most);
        }
    }

    /// The mean loss of the last `steps` steps.
    fn loss(&self, steps: usize) -> f64 {
        let rows = (steps * self.shape.batch).min(self.shape.visited());
        let terms = self.totals.get(STEPS).copied().unwrap_or(rows as f64);
        self.totals.get(LOSS).map_or(f64::NAN, |total| total / terms)
    }

    /// The time of the first `steps` steps of an epoch.
    fn run(&mut self, steps: usize, team: &Team) -> Result<Duration, BenchError> {
        let laid = plan::Laid::new(self.section, self.function.scalars(), self.visits);
        let plan = plan::epoch(&laid, &self.shape, &Progress::default(), 1.0);
        let streams = self.function.streams(|site| draws::train_stream(self.shape.seed, site, 0));
        self.totals.fill(0.0);
        let layout =
            Layout { order: &plan.order, batch: self.shape.batch, scalars: &plan.scalars, streams: &streams };
        let visited = (steps * self.shape.batch).min(self.shape.visited());
        self.outputs.resize(visited * self.width, 0.0);
        let start = Instant::now();
        let status = self.function.run(Pass {
            with_target: true,
            partner: plan.partner.as_deref(),
            places: plan.places(),
            steps: 0..steps as u64,
            totals: &mut self.totals,
            ..Pass::once(self.part, layout, &mut self.store, &mut self.outputs, team)
        })?;
        let time = start.elapsed();
        if status == Status::Done { Ok(time) } else { Err(BenchError::Diverged) }
    }
}
