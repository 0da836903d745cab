//! Where the threads of a team wait for each other.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use super::gate::Gate;

/// Nanoseconds that every meeting takes longer than it must: cores that are far apart, simulated.
pub type Lag = Arc<AtomicU64>;

#[derive(Debug)]
pub struct Barrier {
    threads: usize,
    arrived: AtomicUsize,
    gate: Gate,
    lag: Option<Lag>,
}

impl Barrier {
    /// For `threads` threads, which spin before they park if they have a core each.
    pub fn new(threads: usize, spins: bool, lag: Option<Lag>) -> Self {
        Self { threads, arrived: AtomicUsize::new(0), gate: Gate::new(spins), lag }
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
        if let Some(lag) = &self.lag {
            linger(Duration::from_nanos(lag.load(Relaxed)));
        }
    }
}

fn linger(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        spin_loop();
    }
}

/// Waits at the barrier, as native code does.
///
/// # Safety
/// `at` points to a barrier that lives until every thread of its team has returned from its last wait.
pub unsafe extern "C" fn barrier(at: *const Barrier) {
    // SAFETY: by the contract; `wait` never unwinds.
    unsafe { (*at).wait() }
}
