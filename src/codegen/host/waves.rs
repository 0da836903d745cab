//! Tables of sines and cosines.

use crate::loops::calls::waves::WavesParams;
use crate::math;

use super::{Args, params};

/// Operands: the table. Its only part is the whole.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn waves(operands: *const u64, _args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has one address and the parameters.
    let (call, to) = unsafe { (params::<WavesParams>(operands, 1), *operands as *mut f32) };
    let table = math::waves(call.places as usize, call.width as usize, call.apart != 0);
    // SAFETY: `check` proved that the buffer has so many elements; the only part is this thread's.
    unsafe { to.copy_from_nonoverlapping(table.as_ptr(), table.len()) };
}
