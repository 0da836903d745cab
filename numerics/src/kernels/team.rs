//! A team of threads that all run the same code.
//!
//! Invariant: subnormals are flushed while the body runs, on every thread.

use std::sync::{Arc, OnceLock};

use super::peers::Peers;
use super::{
    barrier::{Barrier, Lag},
    crew::Crew,
    fpenv::FlushSubnormals,
};

/// Cores of the machine. Asked once: the answer costs tens of microseconds.
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// More threads than cores never spin: they would take the time of those who have work.
fn spin(threads: usize) -> bool {
    threads <= cores()
}

/// A number of threads to run native code on, the caller being one of them. The others start with the first work that wants them
/// and wait for more.
#[derive(Clone)]
pub struct Team {
    threads: usize,
    lag: Option<Lag>,
    crew: Arc<OnceLock<Crew>>,
    peers: Option<Arc<dyn Peers>>,
}

impl std::fmt::Debug for Team {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Team({})", self.threads)
    }
}

impl Team {
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), lag: None, crew: Arc::default(), peers: None }
    }

    /// A team as on cores that are far apart: each meeting at a barrier takes `lag` nanoseconds more. What is said of such machines is
    /// tried with it (`benches/far.rs`) on one that is not.
    pub fn apart(threads: usize, lag: Lag) -> Self {
        Self { lag: Some(lag), ..Self::new(threads) }
    }

    /// The team of a process that works with others on the same minibatches.
    pub fn among(threads: usize, peers: Option<Arc<dyn Peers>>) -> Self {
        Self { peers, ..Self::new(threads) }
    }

    /// The other processes, if there are any.
    pub fn peers(&self) -> Option<&dyn Peers> {
        self.peers.as_deref()
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A barrier for `threads` of its threads.
    pub fn barrier(&self, threads: usize) -> Barrier {
        Barrier::new(threads, spin(threads), self.lag.clone())
    }

    /// Runs `body(thread)` on `threads` threads, at most those of the team; answers thread 0's result. The threads that are not
    /// wanted sleep on.
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
        let crew = self.crew.get_or_init(|| Crew::new(self.threads - 1, spin(self.threads)));
        let mut answer = None;
        crew.run(threads, &|thread| drop(member(thread)), || answer = Some(member(0)));
        answer.expect("thread 0 has run")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    #[test]
    fn everybody_sees_what_was_written_before_the_barrier() {
        for threads in [1, 2, 3, 8] {
            let words: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
            let team = Team::new(threads);
            let barrier = team.barrier(threads);
            team.run(threads, &|thread: usize| {
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
