//! A team of threads that all run the same code, and the barrier at which they meet.
//!
//! Invariant: subnormals are flushed while the body runs, on every thread.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use super::barrier::barrier;
use super::{crew::Crew, fpenv::FlushSubnormals};

/// How long a thread spins at a barrier before it parks.
const SPIN: Duration = Duration::from_micros(50);

/// Where threads wait until somebody opens it, any number of times. Whoever waits spins first, then parks.
#[derive(Debug)]
pub struct Gate {
    spins: bool,
    generation: AtomicUsize,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Gate {
    pub fn new(spins: bool) -> Self {
        Self {
            spins,
            generation: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// How often it was opened.
    pub fn generation(&self) -> usize {
        self.generation.load(SeqCst)
    }

    pub fn open(&self) {
        self.generation.fetch_add(1, SeqCst);
        // A sleeper counts itself before it looks at the generation, so one of the two sees the other.
        if self.sleepers.load(SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Returns when it has been opened since `generation`; answers the generation it is at.
    pub fn pass(&self, generation: usize) -> usize {
        if !(self.spins && self.spin(generation)) {
            self.park(generation);
        }
        self.generation()
    }

    /// Whether it was opened while spinning.
    fn spin(&self, generation: usize) -> bool {
        let start = Instant::now();
        loop {
            for _ in 0..128 {
                if self.generation() != generation {
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
        while self.generation() == generation {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }
}

/// Cores of the machine. Asked once: the answer costs tens of microseconds.
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A team larger than the machine never spins: it would take the time of those who have work.
fn spins(threads: usize) -> bool {
    threads <= cores()
}

/// Where the threads of a team wait for each other.
#[derive(Debug)]
pub struct Barrier {
    threads: usize,
    arrived: AtomicUsize,
    gate: Gate,
}

impl Barrier {
    pub fn new(threads: usize) -> Self {
        Self { threads, arrived: AtomicUsize::new(0), gate: Gate::new(spins(threads)) }
    }

    /// Returns when all threads have come. What they wrote before is visible to all after.
    pub fn wait(&self) {
        if self.threads == 1 {
            return;
        }
        let generation = self.gate.generation();
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.threads {
            self.arrived.store(0, SeqCst);
            self.gate.open();
        } else {
            self.gate.pass(generation);
        }
    }
}

/// A number of threads to run native code on, the caller being one of them. The others start with the first work that wants them
/// and wait for more.
#[derive(Clone)]
pub struct Team {
    threads: usize,
    crew: Arc<OnceLock<Crew>>,
}

impl Team {
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), crew: Arc::default() }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `body(thread)` on `threads` threads, at most those of the team; answers thread 0's result.
    ///
    /// # Panics
    /// If the body does.
    pub fn run<R>(&self, threads: usize, body: &(impl Fn(usize) -> R + Sync)) -> R {
        let member = |thread| {
            let _flush = FlushSubnormals::begin();
            body(thread)
        };
        let threads = threads.min(self.threads);
        if threads <= 1 {
            return member(0);
        }
        let crew = self.crew.get_or_init(|| Crew::new(self.threads - 1, spins(self.threads)));
        let mut answer = None;
        crew.run(threads, &|thread| drop(member(thread)), || answer = Some(member(0)));
        answer.expect("thread 0 has run")
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

    #[test]
    fn a_team_works_again_and_again_and_on_fewer_threads() {
        for threads in [1, 2, 3, 8] {
            let team = Team::new(threads);
            for round in 0..200 {
                let wanted = 1 + round % threads;
                let calls = AtomicU64::new(0);
                let answer = team.run(wanted, &|thread| {
                    calls.fetch_add(1 << (8 * thread), SeqCst);
                    10 * thread + 7
                });
                let each_once = (0..wanted).map(|thread| 1 << (8 * thread)).sum::<u64>();
                assert_eq!((answer, calls.load(SeqCst)), (7, each_once));
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(3);
        for bad in 0..3 {
            let run = || team.run(3, &|thread| assert!(thread != bad, "thread {thread}"));
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
            assert_eq!(team.run(3, &|thread| thread), 0);
        }
    }
}
