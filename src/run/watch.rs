//! Long work that somebody watches: how far it has come, and whether it is to end.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

/// What worker and watcher share. Work that nobody watches has a [`Default`] one.
#[derive(Debug, Default)]
pub struct Watch {
    stage: Mutex<Stage>,
    done: AtomicU64,
    stop: Arc<AtomicU32>,
}

/// What is being done, and in how many parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    pub what: &'static str,
    pub parts: u64,
}

/// Work was to end before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl Watch {
    /// Work that ends when `stop` is set.
    pub fn until(stop: Arc<AtomicU32>) -> Self {
        Self { stop, ..Self::default() }
    }

    /// Something new is begun.
    pub fn begin(&self, what: &'static str, parts: u64) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Stage { what, parts };
        self.done.store(0, Ordering::Relaxed);
    }

    /// So many more parts of it are done.
    ///
    /// # Errors
    /// As [`go_on`](Self::go_on).
    pub fn step(&self, parts: u64) -> Result<(), Interrupted> {
        self.done.fetch_add(parts, Ordering::Relaxed);
        self.go_on()
    }

    /// # Errors
    /// If the work is to end.
    pub fn go_on(&self) -> Result<(), Interrupted> {
        if self.stop.load(Ordering::Acquire) == 0 { Ok(()) } else { Err(Interrupted) }
    }

    /// What is being done, and how many of its parts are.
    pub fn far(&self) -> (Stage, u64) {
        (*self.stage.lock().unwrap_or_else(PoisonError::into_inner), self.done.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watcher_sees_how_far_it_is_and_ends_it() {
        let stop = Arc::new(AtomicU32::new(0));
        let watch = Watch::until(stop.clone());
        watch.begin("rows", 5);
        assert_eq!(watch.step(2), Ok(()));
        assert_eq!(watch.far(), (Stage { what: "rows", parts: 5 }, 2));
        stop.store(1, Ordering::SeqCst);
        assert_eq!((watch.step(1), watch.go_on()), (Err(Interrupted), Err(Interrupted)));
        watch.begin("more", 1);
        assert_eq!(watch.far(), (Stage { what: "more", parts: 1 }, 0));
    }
}
