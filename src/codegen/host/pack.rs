//! Matrices packed for products of a few rows.

use crate::kernels::packed::{COLUMNS, pack_panel};
use crate::loops::calls::pack::PackParams;

use super::{Args, params};

/// Operands: the matrix and its panels. Parts are panels.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn pack(operands: *const u64, _: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has two addresses and the parameters; `check` proved that the matrix and all panels lie in their
    // buffers, and panels are this thread's own.
    unsafe {
        let call = params::<PackParams>(operands, 2);
        let (from, to) = ((*operands as *const f32).add(call.offset as usize), *operands.add(1) as *mut f32);
        let (k, n) = (call.k as usize, call.n as usize);
        for panel in first as usize..last as usize {
            let col = panel * COLUMNS;
            let from = from.add(col * call.right as usize);
            let strides = (call.down as usize, call.right as usize);
            pack_panel(k, COLUMNS.min(n - col), (from, strides), to.add(col * k));
        }
    }
}
