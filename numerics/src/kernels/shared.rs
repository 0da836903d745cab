//! Memory of this process that others of its machine may read: what they are told by a message is then no more than where it lies.
//!
//! Invariant: a process writes its own heap alone; those of others are mapped for reading, whole and once.

#[cfg_attr(not(target_os = "linux"), path = "shared/nowhere.rs")]
#[cfg_attr(target_os = "linux", path = "shared/linux.rs")]
mod heap;

pub use heap::{Block, Heap, Seen};

use std::sync::OnceLock;

/// Bytes from which on memory is taken from the heap, where there is one.
pub const LONG: usize = 16 << 10;

static HEAP: OnceLock<Option<Heap>> = OnceLock::new();

/// What another process needs to see this one's heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// Number of the process on its machine.
    pub process: u64,
    /// Of the open file that the heap is.
    pub file: u64,
    /// What stands in the first word of the heap; 0 where there is none.
    pub word: u64,
}

impl Key {
    pub const WORDS: usize = 3;

    pub fn words(self) -> [u64; Self::WORDS] {
        [self.process, self.file, self.word]
    }

    pub fn of([process, file, word]: [u64; Self::WORDS]) -> Self {
        Self { process, file, word }
    }
}

/// The heap of this process: from now on what is long is allocated there. None where the system gives none.
pub fn begin() -> Option<&'static Heap> {
    HEAP.get_or_init(|| Heap::new().ok()).as_ref()
}

/// Zeros at the beginning of a page of the heap, if this process has one with room for them, and there are enough.
pub fn zeros(bytes: usize) -> Option<Block> {
    if bytes < LONG {
        return None;
    }
    HEAP.get()?.as_ref()?.zeros(bytes)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn heap() -> &'static Heap {
        Box::leak(Box::new(Heap::new().expect("a heap")))
    }

    #[test]
    fn what_is_written_is_seen_and_what_is_given_back_is_zero_again() {
        let heap = heap();
        let seen = Seen::new(heap.key()).expect("another's view of it");
        let block = heap.zeros(3 * LONG).expect("room");
        let place = heap.place(block.start(), 3 * LONG).expect("it is in the heap");
        // SAFETY: the block is as long, and nobody else has it.
        let own = unsafe { std::slice::from_raw_parts_mut(block.start(), 3 * LONG) };
        assert!(own.iter().all(|byte| *byte == 0));
        own.iter_mut().enumerate().for_each(|(i, byte)| *byte = i as u8);
        // SAFETY: it lies there; bytes are read one by one, since they change.
        let is = |i: usize| unsafe { seen.at(place + i, 1).expect("within it").read_volatile() };
        assert!((0..3 * LONG).all(|i| is(i) == i as u8));
        drop(block);
        assert!((0..3 * LONG).all(|i| is(i) == 0));
        let again = heap.zeros(3 * LONG).expect("room");
        assert_eq!(heap.place(again.start(), 1), Some(place));
    }

    #[test]
    fn only_a_heap_is_seen_and_nothing_behind_it() {
        let heap = heap();
        let (key, other) = (heap.key(), 7_u64);
        let seen = Seen::new(key).expect("another's view of it");
        assert_eq!(seen.at(usize::MAX - 5, 10), None);
        assert_eq!(heap.place((&raw const other).cast(), 8), None);
        for wrong in [Key { word: key.word ^ 2, ..key }, Key { file: 0, ..key }, Key::default()] {
            assert!(Seen::new(wrong).is_none(), "{wrong:?}");
        }
    }
}
