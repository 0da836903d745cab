//! The tree over shards' partials.

use crate::loops::calls::combine::{COMBINE_COLUMNS, CombineParams};

use super::{Args, params};

/// Operand: the partials. Parts are cache lines of columns.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn combine(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has an address and the parameters of a combine.
    let (partials, call, batch) =
        unsafe { (*operands as *mut f32, params::<CombineParams>(operands, 1), (*args).rows as usize) };
    let (cols, is_max) = (call.cols as usize, call.is_max != 0);
    let shards = if call.grain == 0 { call.shards as usize } else { batch.div_ceil(call.grain as usize) };
    let (from, to) =
        ((first as usize * COMBINE_COLUMNS).min(cols), (last as usize * COMBINE_COLUMNS).min(cols));
    let mut stride = 1;
    while stride < shards {
        let mut row = 0;
        while row + stride < shards {
            // SAFETY: both rows are among the buffer's `shards` rows of `cols` elements, and differ; columns are this thread's own.
            let (low, high) = unsafe {
                let low = partials.add(row * cols + from);
                let high = partials.add((row + stride) * cols + from);
                (std::slice::from_raw_parts_mut(low, to - from), std::slice::from_raw_parts(high, to - from))
            };
            for (a, &b) in low.iter_mut().zip(high) {
                *a = if !is_max {
                    *a + b
                } else if b < *a {
                    *a
                } else {
                    b
                };
            }
            row += 2 * stride;
        }
        stride *= 2;
    }
}
