//! Pools and their derivatives.

use crate::kernels::conv::Maps;
use crate::kernels::pool::{Pool, Sizes};
use crate::loops::calls::pool::PoolParams;

use super::{Args, params, slides};

/// Operands: pictures, maps of the windows; of a derivative, the gradients of the windows and what they become. Parts are shards of pictures.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn pool(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three addresses, the parameters of a pool and those of two axes.
    let (call, [rows, cols], batch) = unsafe {
        let call = params::<PoolParams>(operands, 3);
        (call, slides::axes(call), (*args).rows as usize)
    };
    let sizes = Sizes { rows, cols, channels: call.channels as usize };
    let pool = if call.is_max != 0 { Pool::Max } else { Pool::Sum };
    let (grain, each) = (call.grain as usize, call.pictures as usize);
    let pictures = (first as usize * grain).min(batch) * each..(last as usize * grain).min(batch) * each;
    // SAFETY: `check` proved that the maps lie in their buffers and `Compiled::run` that the buffers are bound; the pictures that are written
    // are this thread's, and the schedule has no writer of the others since the last barrier.
    unsafe {
        let map = |i: usize, offset: u64, pixel: u64| Maps {
            start: (*operands.add(i) as *mut f32).add(offset as usize),
            pixel: pixel as usize,
        };
        let x = map(0, call.x_offset, call.x_pixel);
        let y = map(1, call.y_offset, call.y_pixel);
        let read = |maps: Maps<*mut f32>| Maps { start: maps.start.cast_const(), pixel: maps.pixel };
        match call.backward {
            0 => sizes.forward(pool, pictures, read(x), y),
            _ => sizes.backward(pool, pictures, read(x), read(y), map(2, 0, call.channels)),
        }
    }
}
