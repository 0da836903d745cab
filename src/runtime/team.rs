//! A team of threads that all run the same code, and the barrier at which they meet.
//!
//! Invariants: subnormals are flushed while the body runs, on every thread; a panic on one thread opens the barrier for good, so that the
//! others leave, and goes on in the caller.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
    open: AtomicBool,
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
            open: AtomicBool::new(false),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// Returns when all threads have come. What they wrote before is visible to all after.
    pub fn wait(&self) {
        if self.threads == 1 || self.open.load(SeqCst) {
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
        while self.generation.load(SeqCst) == generation && !self.open.load(SeqCst) {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }

    /// Nobody waits here any more.
    fn open(&self) {
        self.open.store(true, SeqCst);
        self.advance();
    }
}

/// Opens the barrier if its thread panics.
struct OpenOnPanic<'b>(&'b Barrier);

impl Drop for OpenOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.open();
        }
    }
}

/// Runs `body(thread, barrier)` on `threads` threads, the caller being thread 0; answers thread 0's result.
pub fn run<R>(threads: usize, body: impl Fn(usize, &Barrier) -> R + Sync) -> R {
    let barrier = Barrier::new(threads.max(1));
    let member = |thread| {
        let _open = OpenOnPanic(&barrier);
        let _flush = FlushSubnormals::begin();
        body(thread, &barrier)
    };
    std::thread::scope(|scope| {
        for thread in 1..threads {
            let member = &member;
            scope.spawn(move || {
                member(thread);
            });
        }
        member(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn everybody_sees_what_was_written_before_the_barrier() {
        for threads in [1, 2, 3, 8] {
            let words: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
            run(threads, |thread, barrier| {
                for round in 1..=200 {
                    words[thread].store(round, SeqCst);
                    barrier.wait();
                    assert!(words.iter().all(|w| w.load(SeqCst) >= round));
                    barrier.wait();
                }
            });
        }
    }

    #[test]
    fn a_panic_frees_the_others_and_reaches_the_caller() {
        let result = std::panic::catch_unwind(|| {
            run(3, |thread, barrier| {
                assert!(thread != 1, "thread 1 gives up");
                barrier.wait();
                barrier.wait();
            });
        });
        assert!(result.is_err());
    }
}
