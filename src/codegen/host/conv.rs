//! Convolutions and their derivatives.

use std::ops::Range;

use crate::kernels::conv::{
    Block, Maps, Sizes, WEIGHT_COLUMNS, forward, inputs, weights, weights_of, winograd,
};
use crate::kernels::gemm::Matrix;
use crate::loops::calls::conv::{ConvParams, Side};

use super::{Args, params, row_key, slides};

/// The pictures of part `part` of `rows` rows that are cut into parts of `size`.
pub(super) fn pictures(part: u64, size: usize, rows: usize, each: usize) -> Range<usize> {
    let part = part as usize;
    (part * size).min(rows) * each..((part + 1) * size).min(rows) * each
}

/// Calls `f` with what of the pictures' gradient is read, if a mask says that and drops enough.
///
/// # Safety
/// The key's tables are those that `needs` asks for; the step has its scalars.
unsafe fn read_through(call: &ConvParams, args: &Args, f: impl FnOnce(Option<winograd::Read<'_>>)) {
    if call.is_masked == 0 {
        return f(None);
    }
    // SAFETY: the caller's contract: pictures are of the step's rows.
    let (q, key) = unsafe {
        let row = |picture: usize| picture as u64 / call.pictures;
        let key = move |picture| row_key(call.site, call.by_update != 0, args, row(picture));
        (*args.step_scalars.add(call.scalar as usize), key)
    };
    let read = winograd::Read { key: &key, unit: call.unit as u32, q };
    f(winograd::pays(q).then_some(read));
}

/// Operands: pictures, weights and maps of the result. Parts are those of the kernel's side.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn conv(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has three addresses, the parameters of a convolution and those of two axes.
    let (call, [rows, cols], x, w, y, batch) = unsafe {
        let call = params::<ConvParams>(operands, 3);
        (
            call,
            slides::axes(call),
            (*operands as *mut f32).add(call.x_offset as usize),
            (*operands.add(1) as *mut f32).add(call.w_offset as usize),
            (*operands.add(2) as *mut f32).add(call.y_offset as usize),
            (*args).rows as usize,
        )
    };
    let sizes = Sizes { rows, cols, channels: call.channels as usize, filters: call.filters as usize };
    let (x, y) =
        (Maps { start: x, pixel: call.x_pixel as usize }, Maps { start: y, pixel: call.y_pixel as usize });
    let read = |maps: Maps<*mut f32>| Maps { start: maps.start.cast_const(), pixel: maps.pixel };
    let strides = (call.w_stride as usize, 1);
    let each = call.pictures as usize;
    for part in first..last {
        let shard = pictures(part, call.grain as usize, batch, each);
        let fixed = Matrix { start: w.cast_const(), strides };
        // SAFETY: `check` proved that maps and weights lie in their buffers and `Compiled::run` that the buffers are bound; what is
        // written is this part's own, and the schedule has no writer of what is read since the last barrier.
        unsafe {
            match (call.side, call.groups as usize) {
                (Side::FORWARD, _) if call.winograd != 0 => {
                    winograd::forward(&sizes, shard, read(x), (fixed.start, strides.0), y);
                }
                (Side::INPUTS, _) if call.winograd != 0 => {
                    let turned = (fixed.start, strides.0);
                    read_through(call, &*args, |mask| {
                        winograd::inputs(&sizes, shard, x, turned, read(y), mask)
                    });
                }
                (Side::FORWARD, _) => forward(&sizes, shard, read(x), fixed, y),
                (Side::INPUTS, _) => inputs(&sizes, shard, x, fixed, read(y)),
                (_, 0) if call.winograd != 0 => {
                    let filter = part as usize * WEIGHT_COLUMNS;
                    let own = Sizes { filters: WEIGHT_COLUMNS.min(sizes.filters - filter), ..sizes };
                    let y = Maps { start: y.start.add(filter), ..y };
                    winograd::weights(&own, 0..batch * each, read(x), (w.add(filter), strides.0), read(y));
                }
                (_, 0) => {
                    let panels = sizes.filters.div_ceil(WEIGHT_COLUMNS);
                    let (tap, filter) = (part as usize / panels, part as usize % panels * WEIGHT_COLUMNS);
                    let filters = filter..(filter + WEIGHT_COLUMNS).min(sizes.filters);
                    let block = Block { taps: tap..tap + 1, filters };
                    weights_of(
                        &sizes,
                        0..batch * each,
                        read(x),
                        Matrix { start: w, strides },
                        read(y),
                        block,
                    );
                }
                (_, groups) => {
                    let group = pictures(part, batch.div_ceil(groups), batch, each);
                    let start = w.add(part as usize * sizes.weights());
                    match call.winograd {
                        0 => weights(&sizes, group, read(x), Matrix { start, strides }, read(y)),
                        _ => winograd::weights(&sizes, group, read(x), (start, strides.0), read(y)),
                    }
                }
            }
        }
    }
}
