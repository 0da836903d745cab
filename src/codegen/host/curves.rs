//! Curves inside of generated loops.

use crate::kernels::curve::Curve;

/// The curve with this number at each of `numbers`, in place.
///
/// # Safety
/// `numbers` are `len` and may be read and written.
pub(in crate::codegen) unsafe extern "C" fn curve(curve: u64, len: u64, numbers: *mut f32) {
    if let Some(curve) = Curve::ALL.get(curve as usize) {
        // SAFETY: the caller's contract.
        unsafe { curve.apply(len as usize, numbers) };
    }
}
