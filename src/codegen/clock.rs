//! Where a step's time goes. Code compiled with `Options::profile` reads its thread's clock after every task of the schedule; other code
//! has no clock and no trace of one.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::loops::{Kernel, Program};

use super::abi::Args;
use super::schedule::Task;

/// One thread's clock: the time since the last reading goes to the task that has just ended.
pub(super) struct Clock {
    last: Cell<Instant>,
    /// By task; one more for what stands between two steps.
    spent: Vec<Cell<Duration>>,
}

impl Clock {
    pub fn new(tasks: usize) -> Self {
        Self { last: Cell::new(Instant::now()), spent: vec![Cell::default(); tasks + 1] }
    }

    fn read(&self, task: usize) {
        let now = Instant::now();
        if let Some(spent) = self.spent.get(task) {
            spent.set(spent.get() + (now - self.last.get()));
        }
        self.last.set(now);
    }
}

/// Called by native code at the end of task `task`.
///
/// # Safety
/// `args` are the thread's own, and their clock lives during the call.
pub(super) unsafe extern "C" fn read(args: *const Args, task: u64) {
    // SAFETY: by the contract; a clock belongs to one thread.
    unsafe { (*(*args).clock).read(task as usize) }
}

/// What the threads spent on one part of the steps, on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    pub part: StepPart,
    pub time: Duration,
}

/// Whose time it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// A kernel of the program, by its place.
    Kernel(usize),
    /// For other threads.
    Waiting,
    /// Totals, verdicts, the loop itself.
    Between,
}

/// Sums over the tasks of each part: kernels in order, then the rest.
pub(super) fn spent(program: &Program, tasks: &[Task], clocks: &[Clock]) -> Vec<Spent> {
    let mut sums = vec![Duration::ZERO; program.kernels.len() + 2];
    let (waiting, between) = (program.kernels.len(), program.kernels.len() + 1);
    for clock in clocks {
        for (i, time) in clock.spent.iter().enumerate() {
            let part = match tasks.get(i) {
                Some(Task::Call { kernel, .. }) => *kernel,
                Some(Task::Barrier) => waiting,
                _ => between,
            };
            sums[part] += time.get();
        }
    }
    let part = |i: usize| match i {
        i if i == waiting => StepPart::Waiting,
        i if i == between => StepPart::Between,
        i => StepPart::Kernel(i),
    };
    let has_time = |i: &usize| program.kernels.get(*i).is_none_or(|k| !matches!(k, Kernel::Total { .. }));
    let threads = clocks.len().max(1) as u32;
    (0..sums.len()).filter(has_time).map(|i| Spent { part: part(i), time: sums[i] / threads }).collect()
}
