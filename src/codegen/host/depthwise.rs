//! Convolutions of each channel by itself, and their derivatives.

use crate::kernels::conv::Maps;
use crate::kernels::depthwise::{Sizes, forward, inputs, weights};
use crate::loops::calls::conv::Side;
use crate::loops::calls::depthwise::DepthwiseParams;

use super::conv::pictures;
use super::{Args, params, slides};

/// Operands: pictures, weights and maps of the result. Parts are those of the kernel's side.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn depthwise(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three addresses, the parameters of a depthwise convolution and those of two axes.
    let (call, [rows, cols], x, w, y, batch) = unsafe {
        let call = params::<DepthwiseParams>(operands, 3);
        (
            call,
            slides::axes(call),
            (*operands as *mut f32).add(call.x_offset as usize),
            *operands.add(1) as *mut f32,
            (*operands.add(2) as *mut f32).add(call.y_offset as usize),
            (*args).rows as usize,
        )
    };
    let sizes = Sizes { rows, cols, channels: call.channels as usize };
    let (x, y) =
        (Maps { start: x, pixel: call.x_pixel as usize }, Maps { start: y, pixel: call.y_pixel as usize });
    let read = |maps: Maps<*mut f32>| Maps { start: maps.start.cast_const(), pixel: maps.pixel };
    let each = call.pictures as usize;
    for part in first..last {
        let shard = pictures(part, call.grain as usize, batch, each);
        // SAFETY: `check` proved that maps and weights lie in their buffers and `Compiled::run` that the buffers are bound; what is
        // written is this part's own, and the schedule has no writer of what is read since the last barrier.
        unsafe {
            match call.side {
                Side::FORWARD => forward(&sizes, shard, read(x), w.cast_const(), y),
                Side::INPUTS => inputs(&sizes, shard, x, w.cast_const(), read(y)),
                _ => {
                    let group = pictures(part, batch.div_ceil(call.groups as usize), batch, each);
                    let elements = rows.size * cols.size * sizes.channels;
                    weights(&sizes, group, read(x), w.add(part as usize * elements), read(y));
                }
            }
        }
    }
}
