//! Steps of a loop over time that no row of a shard has.

use super::Args;

/// A part of each row of a buffer.
#[repr(C)]
#[derive(Clone, Copy)]
struct Line {
    start: *mut f32,
    stride: u64,
    len: u64,
}

impl Line {
    /// Its elements of a row.
    ///
    /// # Safety
    /// The buffer has this row.
    unsafe fn of(&self, row: usize) -> *mut f32 {
        // SAFETY: the caller's contract.
        unsafe { self.start.add(row * self.stride as usize) }
    }
}

/// The next run of shards of `first..last` that have a step to run, as `start << 32 | end`; `last << 32 | last` where there is none. In the shards
/// before it, what is carried stays as it is, and zeros are stacked.
///
/// The row of operands holds the rows of a shard, numbers of lines that are carried and stacked, and the lines: which steps are a row's own; what is
/// carried, before and behind the step; what is stacked.
///
/// # Safety
/// Called by native code of a loop over time only, on a row that `operands` made; shards `first..last` are this thread's.
pub(in crate::codegen) unsafe extern "C" fn rest(
    operands: *const u64,
    args: *const Args,
    first: u64,
    last: u64,
) -> u64 {
    // SAFETY: by the contract the row has these words; lines lie in rows of bound buffers (`Repeat::check`), which are this thread's own.
    unsafe {
        let [grain, carried, stacked] = [0, 1, 2].map(|i| *operands.add(i) as usize);
        let lines = std::slice::from_raw_parts(operands.add(3).cast::<Line>(), 1 + 2 * carried + stacked);
        let (carried, stacked) = lines[1..].split_at(2 * carried);
        let rows = (*args).rows as usize;
        let of = |shard: u64| (shard as usize * grain).min(rows)..((shard as usize + 1) * grain).min(rows);
        let runs = |shard: &u64| of(*shard).any(|row| *lines[0].of(row) != 0.0);
        let start = (first..last).find(runs).unwrap_or(last);
        let end = (start..last).find(|shard| !runs(shard)).unwrap_or(last);
        for row in of(first).start..of(start).start {
            for pair in carried.chunks_exact(2) {
                pair[1].of(row).copy_from_nonoverlapping(pair[0].of(row), pair[0].len as usize);
            }
            for line in stacked {
                line.of(row).write_bytes(0, line.len as usize);
            }
        }
        start << 32 | end
    }
}
