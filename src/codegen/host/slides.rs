//! Windows as they stand in an operand row.

use crate::kernels::conv::Axis;
use crate::loops::calls::slides::SlideParams;

/// The two axes of windows that stand behind the parameters of a call.
///
/// # Safety
/// `call` lies in an operand row, with the words of two axes behind it.
pub(super) unsafe fn axes<P>(call: &P) -> [Axis; 2] {
    // SAFETY: by the contract.
    let both = unsafe { &*std::ptr::from_ref(call).add(1).cast::<[SlideParams; 2]>() };
    both.map(|axis| Axis {
        len: axis.len as usize,
        count: axis.count as usize,
        size: axis.size as usize,
        stride: axis.stride as usize,
        dilation: axis.dilation as usize,
        before: axis.before as usize,
    })
}
