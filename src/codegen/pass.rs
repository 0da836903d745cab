//! A checked pass on the threads of a team: its steps in stretches, each on as many threads as are at work.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::kernels::pace::Pacing;
use crate::kernels::{barrier::Barrier, team::Team};
use crate::peers::{Courier, Peers};

use super::abi::{self, Args, RunFn};
use super::bind::Bind;
use super::clock::Clock;
use super::compiled::Status;
use super::host;

/// What native `run` is called with, proved to fit.
pub(super) struct Pass<'p, 'b> {
    pub run: RunFn,
    pub team: &'p Team,
    pub bind: Bind<'b>,
    pub operands: &'p [u64],
    /// The other processes, where some blocks of the rows are theirs, and the first that is not.
    pub shared: Option<Shared<'p>>,
}

/// How a pass is shared with other processes.
pub(super) struct Shared<'p> {
    pub peers: &'p dyn Peers,
    pub first_block: usize,
    /// Who exchanges beside the threads that compute, where a core is left for it.
    pub courier: Option<Courier>,
    /// What the processes agreed on in the last step: whether any of them wants to leave.
    pub agreed: AtomicU32,
}

impl Pass<'_, '_> {
    /// Runs the steps of the pass. Native code is left between stretches only; `clocks`, one a thread or none, go through all of them.
    ///
    /// # Safety
    /// Operands and arrays are those of a program that was compiled to `run`, and fit the pass.
    pub unsafe fn steps(&mut self, pace: &mut dyn Pacing, clocks: &[Clock]) -> Status {
        let Range { start, end } = self.bind.steps;
        // A short last step says nothing of the others: it is not timed.
        let whole = (self.bind.rows / self.bind.rows.min(self.bind.batch).max(1)).clamp(start, end);
        let mut next = start;
        while next < end {
            let timed = next < whole;
            let last = if timed { whole } else { end };
            let stretch = pace.next((last - next) as u64);
            let steps = next..next + stretch.steps as usize;
            let started = Instant::now();
            // SAFETY: by the contract; the steps are some of the pass's.
            let status = unsafe { self.stretch(steps.clone(), stretch.threads, clocks) };
            if status != Status::Done {
                return status;
            }
            if timed {
                pace.took(stretch, started.elapsed());
            }
            next = steps.end;
            // Stretches are each process's own business, the step behind which all leave is not.
            let stop = self.shared.as_ref().map_or(self.bind.stop, |shared| &shared.agreed);
            if next < end && stop.load(Ordering::Acquire) != 0 {
                return Status::Stopped { next };
            }
        }
        Status::Done
    }

    /// # Safety
    /// As for [`steps`](Self::steps); `steps` are within those of the pass.
    unsafe fn stretch(&mut self, steps: Range<usize>, threads: usize, clocks: &[Clock]) -> Status {
        let verdict = [AtomicU32::new(0), AtomicU32::new(0)];
        let barrier = self.team.barrier(threads);
        let start = self.bind.steps.start;
        let shared = self.shared.as_ref();
        let peers = shared.map(|shared| shared.peers);
        let args = |thread| Args {
            first_block: shared.map_or(0, |shared| shared.first_block as u64),
            peers: peers.as_ref().map_or(std::ptr::null(), |peers| std::ptr::from_ref(peers).cast()),
            courier: shared
                .and_then(|shared| shared.courier.as_ref())
                .map_or(std::ptr::null(), std::ptr::from_ref),
            agreed: shared.map_or(std::ptr::null(), |shared| std::ptr::from_ref(&shared.agreed)),
            binds: u64::from(steps.start == start),
            first_step: steps.start as u64,
            last_step: steps.end as u64,
            clock: clocks.get(thread).map_or(std::ptr::null(), std::ptr::from_ref),
            ..args(&mut self.bind, steps.start, self.operands, &verdict, &barrier, thread, threads)
        };
        let mut args: Vec<Args> = (0..threads).map(args).collect();
        let each = Each(args.as_mut_ptr());
        let answer = self.team.run(threads, &|thread: usize| {
            // SAFETY: `thread < threads`, each number once, so each thread has its own `Args`. Their pointers are valid until `team.run`
            // returns; by the contract the extents are proved; the schedule separates conflicting accesses of different threads by
            // barriers, which all `threads` threads pass.
            unsafe { (self.run)(each.at(thread)) }
        });
        status(answer)
    }
}

/// The threads' arguments, given out one each.
struct Each(*mut Args);

// SAFETY: an `Args` is used by the one thread that has its number; what the pointers in it share is atomic, constant during the call, or
// divided between threads by the schedule.
unsafe impl Sync for Each {}

impl Each {
    fn at(&self, thread: usize) -> *mut Args {
        self.0.wrapping_add(thread)
    }
}

/// Arguments of one thread for the steps of a pass from `first` on. A session writes them for every row that it is asked for.
#[inline]
pub(super) fn args(
    bind: &mut Bind<'_>,
    first: usize,
    operands: &[u64],
    verdict: &[AtomicU32; 2],
    barrier: &Barrier,
    thread: usize,
    threads: usize,
) -> Args {
    let since = first - bind.steps.start;
    // Native code counts positions from the beginning of the pass, and reads none but those of its steps.
    let position = bind.positions().start;
    let table = |of: &[u32]| of.as_ptr().wrapping_sub(position);
    Args {
        operands: operands.as_ptr(),
        rows_total: bind.rows as u64,
        batch: bind.batch as u64,
        binds: 0,
        curve: host::curve,
        first_block: 0,
        peers: std::ptr::null(),
        courier: std::ptr::null(),
        agreed: std::ptr::null(),
        first_step: first as u64,
        last_step: bind.steps.end as u64,
        order: table(bind.order),
        partner: table(bind.partner),
        places: if bind.places.is_empty() { std::ptr::null() } else { table(bind.places) },
        scalars: bind.scalars[since * bind.scalar_count..].as_ptr(),
        scalar_stride: 4 * bind.scalar_count as u64,
        streams: bind.streams.as_ptr(),
        samples: if bind.samples.is_empty() { std::ptr::null() } else { table(bind.samples) },
        sample_stride: 8 * bind.stream_count as u64,
        position_base: bind.position_base,
        update_base: bind.update_base + since as u64,
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
