//! Memory of a thread for what it gathers, kept from call to call.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use crate::kernels::aligned::AlignedVec;

thread_local! {
    static MEMORY: Cell<AlignedVec> = Cell::default();
}

/// The thread's memory, while it is lent.
#[derive(Default)]
pub(in crate::kernels) struct Room(AlignedVec);

impl Room {
    /// At least `len` elements, whose values are anything.
    pub fn of(len: usize) -> Self {
        let mut memory = MEMORY.take();
        if memory.len() < len {
            memory = AlignedVec::filled(len, 0.0);
        }
        Self(memory)
    }
}

impl Deref for Room {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        MEMORY.set(std::mem::take(&mut self.0));
    }
}
