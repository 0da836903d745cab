//! General permutations of axes.

use crate::loops::SHARD_ROWS;
use crate::loops::calls::transpose::{AxisParams, TransposeParams};

use super::{Args, params};

/// Operands: source and result. Parts are 32 indices of the result's first axis.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn transpose(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has two addresses and the parameters of a transpose, whose axes follow it.
    let (axes, from, to, batch) = unsafe {
        let call = params::<TransposeParams>(operands, 2);
        let axes = std::ptr::from_ref(call).add(1).cast::<AxisParams>();
        (
            std::slice::from_raw_parts(axes, call.rank as usize),
            *operands as *const f32,
            *operands.add(1) as *mut f32,
            (*args).rows as usize,
        )
    };
    let extents = || axes.iter().map(|a| if a.extent == 0 { batch } else { a.extent as usize });
    let steps = axes.iter().map(|a| a.step as usize * if a.times_batch != 0 { batch } else { 1 });
    let outer = extents().next().unwrap_or(1);
    let row: usize = extents().skip(1).product();
    let begin = (first as usize * SHARD_ROWS).min(outer) * row;
    let end = (last as usize * SHARD_ROWS).min(outer) * row;
    for index in begin..end {
        let mut rest = index;
        let mut source = 0;
        for (extent, step) in extents().rev().zip(steps.clone().rev()) {
            source += rest % extent.max(1) * step;
            rest /= extent.max(1);
        }
        // SAFETY: `check` proved that both buffers have the product of the extents; each thread writes its own indices.
        unsafe { *to.add(index) = *from.add(source) };
    }
}
