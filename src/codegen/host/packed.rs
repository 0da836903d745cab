//! Products of a few rows with a packed matrix.

use crate::kernels::packed::{Rows, multiply};
use crate::loops::calls::packed::PackedParams;

use super::{Args, params};

/// Operands: a, b and c. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn packed(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three addresses and the parameters; `check` proved that rows and panels lie in their buffers, the
    // rows are this thread's own.
    unsafe {
        let call = params::<PackedParams>(operands, 3);
        let (rows, grain) = ((*args).rows as usize, call.grain as usize);
        let (from, to) = ((first as usize * grain).min(rows), (last as usize * grain).min(rows));
        let (a_stride, c_stride) = (call.a_stride as usize, call.c_stride as usize);
        let a = (*operands as *const f32).add(call.a_offset as usize + from * a_stride);
        let c = (*operands.add(2) as *mut f32).add(call.c_offset as usize + from * c_stride);
        let sizes = (to - from, call.n as usize, call.k as usize);
        multiply(
            sizes,
            Rows { start: c, stride: c_stride },
            Rows { start: a, stride: a_stride },
            *operands.add(1) as *const f32,
        );
    }
}
