//! Curves of many numbers.

use crate::kernels::curve::{Before, Curve};
use crate::loops::calls::curved::CurvedParams;

use super::{Args, params};

/// Operands: the numbers, a bias, what becomes of them. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn curved(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three addresses and the parameters; `check` proved that the lines lie in their buffers, the rows are this
    // thread's own.
    unsafe {
        let call = params::<CurvedParams>(operands, 3);
        let (rows, grain) = ((*args).rows as usize, call.grain as usize);
        let (from, to) = (
            (*operands as *const f32).add(call.from_offset as usize),
            (*operands.add(2) as *mut f32).add(call.to_offset as usize),
        );
        let bias = if call.biased != 0 { *operands.add(1) as *const f32 } else { std::ptr::null() };
        let before = Before { bias, scale: f32::from_bits(call.scale as u32) };
        let (curve, width) = (Curve::ALL[call.curve as usize], call.width as usize);
        for row in (first as usize * grain).min(rows)..(last as usize * grain).min(rows) {
            let (from, to) =
                (from.add(row * call.from_stride as usize), to.add(row * call.to_stride as usize));
            for at in (0..call.len as usize).step_by(width) {
                curve.apply(width, (from.add(at), before), to.add(at));
            }
        }
    }
}
