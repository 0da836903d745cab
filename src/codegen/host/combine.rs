//! The tree over shards' partials, and over those of blocks of rows.

use crate::kernels::tree::{NEAR, Tree};
use crate::loops::calls::combine::{COMBINE_COLUMNS, CombineParams};

use super::{Args, blocks, params};

/// Operand: the partials. Parts are cache lines of columns.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn combine(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has an address and the parameters of a combine.
    let (partials, call, args) =
        unsafe { (*operands as *mut f32, params::<CombineParams>(operands, 1), &*args) };
    let cols = call.cols as usize;
    let shards = |rows: usize| match call.grain {
        0 => call.shards as usize,
        grain => rows.div_ceil(grain as usize),
    };
    let blocks = blocks(call.blocks, call.ranks, args);
    let (own, room) = (blocks.runs.of(blocks.run), shards(blocks.room));
    let (mut from, to) =
        ((first as usize * COMBINE_COLUMNS).min(cols), (last as usize * COMBINE_COLUMNS).min(cols));
    while from < to {
        let len = NEAR.min(to - from);
        let tree = Tree { partials, cols, from, len, is_max: call.is_max != 0 };
        let first = |block: usize| (block - own.start) * room;
        // SAFETY: the buffer has `room` rows of `cols` elements for each block of this process; columns are this thread's own.
        unsafe {
            for block in own.clone() {
                tree.over(first(block), shards(blocks.rows_of(block)));
            }
            for pair in blocks.runs.within(blocks.run) {
                tree.join(first(pair.low), first(pair.high));
            }
        }
        from += len;
    }
}
