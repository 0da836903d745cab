//! Curves of many numbers.

use crate::loops::calls::curved::CurvedParams;

use super::{Args, params};

/// Operands: the numbers and what becomes of them. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn curved(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has two addresses and the parameters; `check` proved that the lines lie in their buffers, the rows are this
    // thread's own.
    unsafe {
        let call = params::<CurvedParams>(operands, 2);
        let (rows, grain) = ((*args).rows as usize, call.grain as usize);
        let (from, to) = (
            (*operands as *const f32).add(call.from_offset as usize),
            (*operands.add(1) as *mut f32).add(call.to_offset as usize),
        );
        let curve = CurvedParams::CURVES[call.curve as usize];
        for row in (first as usize * grain).min(rows)..(last as usize * grain).min(rows) {
            let from = from.add(row * call.from_stride as usize);
            curve.apply(call.len as usize, from, to.add(row * call.to_stride as usize));
        }
    }
}
