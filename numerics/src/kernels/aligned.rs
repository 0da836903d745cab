//! Vectors of f32 on cache lines, so that native code may rely on 64-byte alignment and bits depend on no allocator.

use std::collections::TryReserveError;
use std::ops::{Deref, DerefMut};

use super::shared::{self, Block};

/// f32 elements of a line.
const LINE: usize = 16;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// A fixed number of f32, starting at a multiple of 64 bytes. Where other processes of the machine work on the same, long ones lie where those can read them.
#[derive(Default)]
pub struct AlignedVec {
    lines: Lines,
    len: usize,
}

enum Lines {
    Own(Vec<Line>),
    Shared(Block),
}

impl Default for Lines {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Lines {
    /// Zeros that others can read.
    fn shared(len: usize) -> Option<Self> {
        shared::zeros(len.div_ceil(LINE) * size_of::<Line>()).map(Self::Shared)
    }

    fn start(&self) -> *const f32 {
        match self {
            Self::Own(lines) => lines.as_ptr().cast(),
            Self::Shared(block) => block.start().cast_const().cast(),
        }
    }

    fn start_mut(&mut self) -> *mut f32 {
        match self {
            Self::Own(lines) => lines.as_mut_ptr().cast(),
            Self::Shared(block) => block.start().cast(),
        }
    }
}

impl AlignedVec {
    pub fn filled(len: usize, value: f32) -> Self {
        match Lines::shared(len) {
            Some(lines) => Self { lines, len }.over(value),
            None => Self { lines: Lines::Own(vec![Line([value; LINE]); len.div_ceil(LINE)]), len },
        }
    }

    /// The same, unless the allocator has no room for them.
    ///
    /// # Errors
    /// If it has none.
    pub fn try_filled(len: usize, value: f32) -> Result<Self, TryReserveError> {
        if let Some(lines) = Lines::shared(len) {
            return Ok(Self { lines, len }.over(value));
        }
        let mut lines = Vec::new();
        lines.try_reserve_exact(len.div_ceil(LINE))?;
        lines.resize(len.div_ceil(LINE), Line([value; LINE]));
        Ok(Self { lines: Lines::Own(lines), len })
    }

    pub fn of(values: &[f32]) -> Self {
        let mut vec = Self::filled(values.len(), 0.0);
        vec.copy_from_slice(values);
        vec
    }

    /// Writes the value over zeros.
    fn over(mut self, value: f32) -> Self {
        if value.to_bits() != 0 {
            self.fill(value);
        }
        self
    }
}

impl Clone for AlignedVec {
    fn clone(&self) -> Self {
        Self::of(self)
    }
}

impl Deref for AlignedVec {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: there are at least `len` consecutive f32: `Line` is `repr(C)` over them and exactly 64 bytes long, and a block has as many lines.
        unsafe { std::slice::from_raw_parts(self.lines.start(), self.len) }
    }
}

impl DerefMut for AlignedVec {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`; the borrow of `self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.start_mut(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_on_a_line_and_holds_what_it_is_given() {
        for len in [0, 1, 15, 16, 17, 1000] {
            let values: Vec<f32> = (0..len).map(|i| i as f32).collect();
            let vec = AlignedVec::of(&values);
            assert_eq!(&vec[..], &values[..]);
            assert!(len == 0 || (vec.as_ptr() as usize).is_multiple_of(64));
        }
    }
}
