//! A team of threads that all run the same code, and the barrier at which they meet.
//!
//! Invariant: subnormals are flushed while the body runs, on every thread.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use super::kernels::barrier::barrier;
use super::kernels::fpenv::FlushSubnormals;

/// How long a thread spins at a barrier before it parks.
const SPIN: Duration = Duration::from_micros(50);

/// Where the threads of a team wait for each other.
#[derive(Debug)]
pub struct Barrier {
    threads: usize,
    spins: bool,
    arrived: AtomicUsize,
    generation: AtomicUsize,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Barrier {
    /// A team larger than the machine never spins: it would take the time of those who have work.
    pub fn new(threads: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads,
            spins: threads <= cores,
            arrived: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// Returns when all threads have come. What they wrote before is visible to all after.
    pub fn wait(&self) {
        if self.threads == 1 {
            return;
        }
        let generation = self.generation.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.threads {
            self.arrived.store(0, SeqCst);
            self.advance();
        } else if !(self.spins && self.spin(generation)) {
            self.park(generation);
        }
    }

    fn advance(&self) {
        self.generation.fetch_add(1, SeqCst);
        // A sleeper counts itself before it looks at the generation, so one of the two sees the other.
        if self.sleepers.load(SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Whether the others came while spinning.
    fn spin(&self, generation: usize) -> bool {
        let start = Instant::now();
        loop {
            for _ in 0..128 {
                if self.generation.load(SeqCst) != generation {
                    return true;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > SPIN {
                return false;
            }
        }
    }

    fn park(&self, generation: usize) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, SeqCst);
        while self.generation.load(SeqCst) == generation {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }
}

/// A number of threads to run native code on, the caller being one of them.
#[derive(Clone, Copy, Debug)]
pub struct Team {
    threads: usize,
}

impl Team {
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }

    /// As many threads as the machine has cores.
    pub fn of_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `body(thread)` on `threads` threads, at most those of the team; answers thread 0's result.
    pub fn run<R>(&self, threads: usize, body: &(impl Fn(usize) -> R + Sync)) -> R {
        let member = |thread| {
            let _flush = FlushSubnormals::begin();
            body(thread)
        };
        std::thread::scope(|scope| {
            for thread in 1..threads.min(self.threads) {
                let member = &member;
                scope.spawn(move || {
                    member(thread);
                });
            }
            member(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn everybody_sees_what_was_written_before_the_barrier() {
        for threads in [1, 2, 3, 8] {
            let words: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
            let barrier = Barrier::new(threads);
            Team::new(threads).run(threads, &|thread: usize| {
                for round in 1..=200 {
                    words[thread].store(round, SeqCst);
                    barrier.wait();
                    assert!(words.iter().all(|w| w.load(SeqCst) >= round));
                    barrier.wait();
                }
            });
        }
    }
}
