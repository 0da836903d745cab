//! What is exchanged while others compute: a thread that does one exchange after the other.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::super::fpenv::FlushSubnormals;

type Errand = Box<dyn FnOnce() + Send>;

/// Runs errands in the order in which they are given. Whoever gives them collects each one in the same order.
pub struct Courier {
    errands: Option<Sender<Errand>>,
    done: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    #[must_use]
    pub fn new() -> Self {
        let (errands, given) = channel::<Errand>();
        let (finished, done) = channel();
        let work = move || {
            // As the threads of a team compute.
            let _flush = FlushSubnormals::begin();
            for errand in given {
                errand();
                if finished.send(()).is_err() {
                    return;
                }
            }
        };
        Self { errands: Some(errands), done: Mutex::new(done), thread: Some(std::thread::spawn(work)) }
    }

    /// Gives an errand.
    ///
    /// # Safety
    /// What it touches is there until it was waited for, and nobody else touches it meanwhile.
    pub unsafe fn give<'e>(&self, errand: impl FnOnce() + 'e) {
        let errand: Box<dyn FnOnce() + 'e> = Box::new(errand);
        // SAFETY: the contract: it does not outlive what it borrows, and has for itself what it touches.
        let errand = unsafe { std::mem::transmute::<Box<dyn FnOnce() + 'e>, Errand>(errand) };
        if let Some(errands) = &self.errands {
            // The thread ends when this is gone, or with an errand that has failed: then nobody gets an answer.
            let _ = errands.send(errand);
        }
    }

    /// Waits for the first errand that was not waited for.
    ///
    /// # Panics
    /// If an errand did.
    pub fn wait(&self) {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.recv().expect("errands do not fail");
    }
}

impl Default for Courier {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        drop(self.errands.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errands_are_done_in_order_while_others_work() {
        let courier = Courier::new();
        let log = Mutex::new(Vec::new());
        for i in 0..5 {
            let log = &log;
            // SAFETY: all are waited for below; the log is locked.
            unsafe { courier.give(move || log.lock().expect("a log").push(i)) };
        }
        (0..5).for_each(|_| courier.wait());
        assert_eq!(*log.lock().expect("a log"), [0, 1, 2, 3, 4]);
    }
}
