//! Threads that wait for work: the members of a team beside its caller.
//!
//! Each has a gate of its own, so that a job wakes those it wants and no other; it is over when all of these have said so.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::gate::Gate;

/// What the threads run: `body(thread)`, threads counted from 1.
type Body<'a> = dyn Fn(usize) + Sync + 'a;

/// Opens for a thread when it has a job, and for the end. No two of them share what cores fetch together.
#[repr(align(128))]
struct Posted(Gate);

struct Shared {
    /// By thread, from 1.
    posted: Vec<Posted>,
    /// Opens when the last thread is done with a job.
    finished: Gate,
    /// Written by the caller while no thread looks: before gates open and after `left` is 0.
    job: Cell<Option<*const Body<'static>>>,
    /// Threads that are not done.
    left: AtomicUsize,
    panicked: AtomicBool,
    over: AtomicBool,
}

// SAFETY: `job` is written by the one caller that holds `Crew::caller`, while every thread waits at its gate; the gates' atomics order the
// writes before the reads. What the pointer in it names is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Shared {}

pub struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// One job at a time.
    caller: Mutex<()>,
}

impl Crew {
    /// Starts `threads` threads that wait.
    ///
    /// # Panics
    /// If the system gives no thread.
    pub fn new(threads: usize, spins: bool) -> Self {
        let shared = Arc::new(Shared {
            posted: (0..threads).map(|_| Posted(Gate::new(spins))).collect(),
            finished: Gate::new(spins),
            job: Cell::new(None),
            left: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let start = |thread| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || serve(&shared, thread))
        };
        let threads = (1..=threads).map(start).collect();
        Self { shared, threads, caller: Mutex::new(()) }
    }

    /// Runs `own` here and `body(1) .. body(members - 1)` on the threads, of which there are as many; returns when all are done.
    ///
    /// # Panics
    /// If one of them does.
    pub fn run(&self, members: usize, body: &Body<'_>, own: impl FnOnce()) {
        let _one_at_a_time = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. The pointer is used by threads until each has counted itself out of `left`, for which this
        // function waits whatever `own` does.
        let body: *const Body<'static> =
            unsafe { std::mem::transmute::<*const Body<'_>, *const Body<'static>>(body) };
        shared.job.set(Some(body));
        let wanted = &shared.posted[..members - 1];
        shared.left.store(wanted.len(), SeqCst);
        let before = shared.finished.generation();
        wanted.iter().for_each(|posted| posted.0.open());
        let result = catch_unwind(AssertUnwindSafe(own));
        if !wanted.is_empty() {
            shared.finished.pass(before);
        }
        shared.job.set(None);
        if let Err(panic) = result {
            resume_unwind(panic);
        }
        assert!(!shared.panicked.swap(false, SeqCst), "a thread of the team panicked");
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.over.store(true, SeqCst);
        self.shared.posted.iter().for_each(|posted| posted.0.open());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The life of a thread.
fn serve(shared: &Shared, thread: usize) {
    let mut seen = 0;
    loop {
        seen = shared.posted[thread - 1].0.pass(seen);
        if shared.over.load(SeqCst) {
            return;
        }
        if let Some(body) = shared.job.get() {
            // SAFETY: the caller keeps `body` alive until `left` is 0, and this thread has not counted itself out.
            let body = unsafe { &*body };
            if catch_unwind(AssertUnwindSafe(|| body(thread))).is_err() {
                shared.panicked.store(true, SeqCst);
            }
        }
        if shared.left.fetch_sub(1, SeqCst) == 1 {
            shared.finished.open();
        }
    }
}
