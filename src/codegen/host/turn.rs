//! Filters turned for Winograd's convolutions.

use crate::kernels::conv::winograd::{CHANNELS, Filters};
use crate::loops::calls::turn::TurnParams;

use super::{Args, params};

/// Operands: the filters and the turned ones. Parts are runs of channels.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn turn(operands: *const u64, _: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has two addresses and the parameters of a turn.
    let filters = unsafe {
        let call = params::<TurnParams>(operands, 2);
        Filters {
            channels: call.channels as usize,
            filters: call.filters as usize,
            inputs: call.inputs != 0,
            from: *operands as *const f32,
            to: *operands.add(1) as *mut f32,
        }
    };
    for part in first as usize..last as usize {
        let channels = part * CHANNELS..((part + 1) * CHANNELS).min(filters.channels);
        // SAFETY: `check` proved that both lie in their buffers and `Compiled::run` that the buffers are bound; the channels are this part's own.
        unsafe { filters.turn(channels) };
    }
}
