//! Matrices that are known before any data.

use crate::graph::Table;
use crate::loops::calls::table::TableParams;

use super::{Args, params};

/// Operands: the matrix. Its only part is the whole.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn table(operands: *const u64, _args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has one address, the parameters and the words of a description; `check` proved that the buffer has so
    // many elements, and the only part is this thread's.
    unsafe {
        let call = params::<TableParams>(operands, 1);
        let words = params::<[u64; Table::WORDS]>(operands, 2);
        let to = std::slice::from_raw_parts_mut(*operands as *mut f32, call.len as usize);
        let weights = Table::of_words(words).weights();
        to.iter_mut().zip(weights).for_each(|(to, weight)| *to = weight as f32);
    }
}
