//! The owner of a program's code and temporaries, and the safe call.

use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, PoisonError};

use crate::kernels::team::{Barrier, Team};
use crate::loops::{Kernel, Operand, Program, Work};

use super::abi::{self, Args, RunFn};
use super::bind::{Bind, Bound};
use super::clock::{self, Clock, Spent};
use super::jit::Code;
use super::layout::{Arena, LINE, Table};
use super::needs::Needs;
use super::schedule::Task;
use super::shape::Shape;
use super::unit::Units;
use super::{CodegenError, Options, Storage, Times};

/// How a pass ended. `next` is the first step that was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    /// `stop` was seen after a step.
    Stopped {
        next: usize,
    },
    /// Metric 0 of step `step` is not finite. Parameters, slots and states are as they were before that step, unless the program
    /// updates some of them before the metric is known.
    NonFinite {
        step: usize,
    },
}

/// A cache line of temporaries.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Line([f32; LINE]);

/// Native code of one program.
pub struct Compiled {
    program: Program,
    options: Options,
    code: Code,
    table: Table,
    needs: Needs,
    /// Elements and multiplications of a row of a batch, and of a step besides.
    work: Work,
    tasks: Vec<Task>,
    arena: Mutex<Vec<Line>>,
    times: Times,
    /// Of the last pass, where the code is profiled.
    spent: Mutex<Vec<Spent>>,
}

/// Below this a step is over before a second thread has woken.
const WORTH_A_THREAD: f64 = 1e6;
impl Compiled {
    pub(super) fn new(
        program: &Program,
        options: &Options,
        code: Code,
        functions: Units,
        times: Times,
    ) -> Self {
        Self {
            program: program.clone(),
            options: options.clone(),
            code,
            table: functions.table,
            tasks: functions.tasks,
            needs: Needs::of(program),
            work: Work::of(program),
            arena: Mutex::new(Vec::new()),
            times,
            spent: Mutex::default(),
        }
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    pub fn times(&self) -> Times {
        self.times
    }

    /// Where the last pass spent its time, if the code was compiled with `Options::profile`; else nothing.
    pub fn spent(&self) -> Vec<Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Threads of `team` that a batch of `batch` rows keeps busy.
    pub fn threads(&self, team: &Team, batch: usize) -> usize {
        if self.work.total(batch) < WORTH_A_THREAD { 1 } else { team.threads() }
    }

    /// Runs the steps of `bind`. One pass at a time: a second caller waits for the temporaries.
    pub fn run(&self, team: &Team, bind: Bind<'_>) -> Result<Status, CodegenError> {
        let threads = self.threads(team, bind.batch);
        self.run_on(team, threads, bind)
    }

    /// The same with a given number of threads, at most those of the team.
    pub(super) fn run_on(
        &self,
        team: &Team,
        threads: usize,
        mut bind: Bind<'_>,
    ) -> Result<Status, CodegenError> {
        let places = Arena::new(&self.program, bind.batch);
        let mut arena = self.arena.lock().unwrap_or_else(PoisonError::into_inner);
        if arena.len() < places.lines {
            arena.clear();
            arena.try_reserve_exact(places.lines).map_err(|_| {
                let gigabytes = (places.lines * size_of::<Line>()) as f64 / 1e9;
                CodegenError::Memory(format!(
                    "a minibatch of {} rows needs {gigabytes:.1} GB for the values of its layers\nhelp: a smaller `batch`, or narrower layers",
                    bind.batch
                ))
            })?;
            arena.resize(places.lines, Line([0.0; LINE]));
        }
        let address = arena.as_mut_ptr() as u64;
        let bound = self.bound(&mut bind, &places, address)?;
        let operands = self.operand_table(&bound)?;
        Ok(self.call(team, threads, &mut bind, &operands))
    }

    fn call(&self, team: &Team, threads: usize, bind: &mut Bind<'_>, operands: &[u64]) -> Status {
        let verdict = [AtomicU32::new(0), AtomicU32::new(0)];
        let barrier = Barrier::new(threads);
        let clocks: Vec<Clock> = match self.options.profile {
            true => (0..threads).map(|_| Clock::new(self.tasks.len())).collect(),
            false => Vec::new(),
        };
        let mut args: Vec<Args> =
            (0..threads).map(|t| args(bind, operands, &verdict, &barrier, t, threads)).collect();
        args.iter_mut().zip(&clocks).for_each(|(args, clock)| args.clock = clock);
        let run = self.code.run();
        let each = Shared(args.as_mut_ptr());
        let answer = team.run(threads, &|thread: usize| {
            // SAFETY: `thread < threads`, each number once, so each thread has its own `Args`. Their pointers are valid until `team.run`
            // returns; `check` and `Bound` proved the extents; the code lives as long as `self`; the schedule separates conflicting
            // accesses of different threads by barriers, which all `threads` threads pass.
            unsafe { run(each.at(thread)) }
        });
        if self.options.profile {
            let spent = clock::spent(&self.program, &self.tasks, &clocks);
            *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = spent;
        }
        status(answer)
    }

    /// A checked pass, whose temporaries are at `arena`.
    pub(super) fn bound(
        &self,
        bind: &mut Bind<'_>,
        places: &Arena,
        arena: u64,
    ) -> Result<Bound, CodegenError> {
        Bound::new(&self.program, &self.options, &self.needs, bind, places, arena)
    }

    pub(super) fn native(&self) -> RunFn {
        self.code.run()
    }

    /// How the inputs are stored.
    pub(super) fn storages(&self) -> &[Storage] {
        &self.options.inputs
    }

    /// Sums that a pass adds to.
    pub(super) fn totals(&self) -> usize {
        self.needs.totals
    }

    /// The operand table for the buffers of a pass.
    pub(super) fn operand_table(&self, bound: &Bound) -> Result<Vec<u64>, CodegenError> {
        let mut words = Vec::with_capacity(self.table.words);
        words.extend_from_slice(&bound.addresses);
        let address = |id: crate::loops::BufferId| bound.addresses[id.0 as usize];
        for kernel in &self.program.kernels {
            match kernel {
                Kernel::Loop(k) => {
                    let shape = Shape::new(k, &self.program.buffers, &self.options)?;
                    words.extend(k.operands.iter().map(|o| match *o {
                        Operand::Buffer(id) => address(id),
                        Operand::Scalar(s) => 4 * u64::from(s.0),
                        Operand::Site(s) => u64::from(s.0),
                    }));
                    words.extend(shape.byte_operands().map(|o| self.affine(bound, &k.operands, o)));
                }
                Kernel::Call { call, .. } => {
                    words.extend(call.operands().iter().map(|o| address(o.buffer)));
                    words.extend(call.params());
                }
                Kernel::Total { .. } => {}
            }
        }
        debug_assert_eq!(words.len(), self.table.words);
        Ok(words)
    }

    /// The affine map of a byte operand.
    fn affine(&self, bound: &Bound, operands: &[Operand], operand: u32) -> u64 {
        let Some(Operand::Buffer(id)) = operands.get(operand as usize) else { return 0 };
        match self.program.buffers[id.0 as usize].kind {
            crate::loops::BufferKind::Input { slot } => bound.affine.get(slot as usize).copied().unwrap_or(0),
            _ => 0,
        }
    }
}

/// The threads' arguments, given out one each.
struct Shared(*mut Args);

// SAFETY: an `Args` is used by the one thread that has its number; what the pointers in it share is atomic, constant during the call, or
// divided between threads by the schedule.
unsafe impl Sync for Shared {}

impl Shared {
    fn at(&self, thread: usize) -> *mut Args {
        self.0.wrapping_add(thread)
    }
}

pub(super) fn args(
    bind: &mut Bind<'_>,
    operands: &[u64],
    verdict: &[AtomicU32; 2],
    barrier: &Barrier,
    thread: usize,
    threads: usize,
) -> Args {
    // Native code counts positions from the beginning of the pass, and reads none but those of its steps.
    let first = bind.positions().start;
    let table = |of: &[u32]| of.as_ptr().wrapping_sub(first);
    Args {
        operands: operands.as_ptr(),
        rows_total: bind.rows as u64,
        batch: bind.batch as u64,
        first_step: bind.steps.start as u64,
        last_step: bind.steps.end as u64,
        order: table(bind.order),
        partner: table(bind.partner),
        scalars: bind.scalars.as_ptr(),
        scalar_stride: 4 * bind.scalar_count as u64,
        streams: bind.streams.as_ptr(),
        samples: table(bind.samples),
        sample_stride: 8 * bind.stream_count as u64,
        position_base: bind.position_base,
        update_base: bind.update_base,
        totals: bind.totals.as_mut_ptr(),
        done: bind.done,
        stop: bind.stop,
        verdict,
        barrier,
        clock: std::ptr::null(),
        thread: thread as u64,
        threads: threads as u64,
        rows: 0,
        position: 0,
        step_scalars: std::ptr::null(),
        update: 0,
    }
}

fn status(answer: u64) -> Status {
    let next = (answer >> 2) as usize;
    match (answer & 3) as i64 {
        abi::STOPPED => Status::Stopped { next },
        abi::NON_FINITE => Status::NonFinite { step: next },
        _ => Status::Done,
    }
}
