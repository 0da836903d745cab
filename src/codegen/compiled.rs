//! The owner of a program's code and temporaries, and the safe call.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, PoisonError};

use crate::graph::SlotId;
use crate::kernels::{
    aligned::AlignedVec,
    pace::{Pace, Pacing},
    team::Team,
};
use crate::loops::{BufferKind, Call, Kernel, LoopKernel, Program, Work, traffic};
use crate::peers::{self, Courier, Slice};

use super::abi::RunFn;
use super::bind::{Bind, Bound};
use super::clock::{self, Clock, Spent};
use super::jit::Code;
use super::layout::{Arena, LINE, Table};
use super::needs::Needs;
use super::operands;
use super::pass::{Pass, Shared};
use super::schedule::Task;
use super::shape::row_len;
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
    arena: Mutex<AlignedVec>,
    /// By the rows of a whole step and the most threads: how many are at work.
    paces: Mutex<BTreeMap<(usize, usize), Pace>>,
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
            tasks: functions.schedule.step,
            needs: Needs::of(program),
            work: Work::of(program),
            arena: Mutex::default(),
            paces: Mutex::default(),
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

    /// Numbers of a row's predictions; 0 where the program has none.
    pub fn output_width(&self) -> usize {
        let output = self.program.buffers.iter().find(|buffer| matches!(buffer.kind, BufferKind::Output));
        output.map_or(0, row_len)
    }

    /// Threads of `team` that a batch of `batch` rows may be worth, by an estimate of its work.
    pub fn most_threads(&self, team: &Team, batch: usize) -> usize {
        if self.work.total(batch) < WORTH_A_THREAD { 1 } else { team.threads() }
    }

    /// Threads of `team` that are at work in steps of `batch` rows: measured, once such steps have run.
    pub fn threads(&self, team: &Team, batch: usize) -> usize {
        let most = self.most_threads(team, batch);
        let paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.get(&(batch, most)).map_or(most, Pace::threads)
    }

    /// Runs the steps of `bind`, on as many threads of the team as are fastest. One pass at a time: a second caller waits for the
    /// temporaries.
    pub fn run(&self, team: &Team, bind: Bind<'_>) -> Result<Status, CodegenError> {
        let rows = bind.rows.min(bind.batch);
        let most = self.most_threads(team, rows);
        if most == 1 || self.options.profile {
            return self.run_at(team, &mut Pace::fixed(most), bind);
        }
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry((rows, most)).or_insert_with(|| Pace::new(most));
        pace.begin();
        self.run_at(team, pace, bind)
    }

    /// The same on numbers of threads that `pace` names, at most those of the team; one number where kernels have clocks.
    pub(super) fn run_at(
        &self,
        team: &Team,
        pace: &mut dyn Pacing,
        mut bind: Bind<'_>,
    ) -> Result<Status, CodegenError> {
        let places = Arena::new(&self.program, bind.batch);
        let mut arena = self.arena.lock().unwrap_or_else(PoisonError::into_inner);
        let elements = places.lines * LINE;
        if arena.len() < elements {
            // What it had goes first.
            *arena = AlignedVec::default();
            *arena = AlignedVec::try_filled(elements, 0.0).map_err(|_| {
                let gigabytes = (elements * size_of::<f32>()) as f64 / 1e9;
                CodegenError::Memory(format!(
                    "a minibatch of {} rows needs {gigabytes:.1} GB for the values of its layers\nhelp: a smaller `batch`, or narrower layers",
                    bind.batch
                ))
            })?;
        }
        let address = arena.as_mut_ptr() as u64;
        let shared = self.shared(team)?;
        let rank = shared.as_ref().map_or(0, |shared| shared.peers.rank());
        let bound = self.bound(&mut bind, &places, (address, rank))?;
        let operands = self.operand_table(&bound)?;
        let clocks: Vec<Clock> = match self.options.profile {
            true => (0..pace.next(1).threads).map(|_| Clock::new(self.tasks.len())).collect(),
            false => Vec::new(),
        };
        let mut pass = Pass { run: self.code.run(), team, bind, operands: &operands, shared };
        // SAFETY: `check` and `bound` proved the extents; the code lives as long as `self`.
        let status = unsafe { pass.steps(pace, &clocks) };
        if self.options.profile {
            let spent = clock::spent(&self.program, &self.tasks, &clocks);
            *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = spent;
        }
        Ok(status)
    }

    /// How passes are shared with other processes: with those that the program's blocks are dealt to.
    fn shared<'t>(&self, team: &'t Team) -> Result<Option<Shared<'t>>, CodegenError> {
        let blocks = self.program.blocks;
        if blocks.ranks() == 1 {
            return Ok(None);
        }
        match team.peers().filter(|peers| peers.size() == blocks.ranks()) {
            Some(peers) => {
                let first_block = peers.rank() * blocks.own();
                // All have one or none: where a step is broken off, what is under way must be so everywhere.
                let lacks = u32::from(peers.cores() <= team.threads());
                let courier = (self.is_beside() && peers::agree(peers, lacks) == 0).then(Courier::new);
                Ok(Some(Shared { peers, first_block, courier, agreed: AtomicU32::new(0) }))
            }
            None => Err(CodegenError::Bind {
                buffer: "rows".into(),
                reason: format!("are dealt to {} processes", blocks.ranks()),
            }),
        }
    }

    /// Whether some exchange goes on beside other kernels.
    fn is_beside(&self) -> bool {
        let is_beside = |kernel: &Kernel| matches!(kernel, Kernel::Call { call: Call::Arrive(_), .. });
        self.program.kernels.iter().any(is_beside)
    }

    /// A checked pass of the process of a rank, whose temporaries are at `arena`.
    pub(super) fn bound(
        &self,
        bind: &mut Bind<'_>,
        places: &Arena,
        (arena, rank): (u64, usize),
    ) -> Result<Bound, CodegenError> {
        Bound::new(&self.program, &self.options, &self.needs, bind, places, (arena, rank))
    }

    /// Optimizer slots of which each of several processes has changed a slice behind a pass.
    pub fn sliced_slots(&self) -> BTreeMap<SlotId, Slice> {
        let mut slots = BTreeMap::new();
        for kernel in &self.program.kernels {
            let Kernel::Loop(LoopKernel { slice: Some(slice), .. }) = kernel else { continue };
            for id in traffic(kernel).1 {
                if let BufferKind::Slot(slot) = self.program.buffers[id.0 as usize].kind {
                    slots.insert(slot, *slice);
                }
            }
        }
        slots
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
        operands::table(&self.program, &self.options, &self.table, bound)
    }
}
