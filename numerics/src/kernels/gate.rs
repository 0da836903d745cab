//! Where threads wait until somebody opens: for work, for its end, for each other at a barrier.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread spins at a gate before it parks.
const SPIN: Duration = Duration::from_micros(50);

/// Opens any number of times. Whoever waits spins first, then parks.
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
