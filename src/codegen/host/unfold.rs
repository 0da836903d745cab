//! Windows as they are, and the sums of what overlaps of them.

use crate::loops::calls::unfold::UnfoldParams;

use super::{Args, params, slides};

/// Operands: the value and its windows. There is one part.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn unfold(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has two addresses, the parameters and those of two axes.
    let (call, [rows, cols], value, windows, batch) = unsafe {
        let call = params::<UnfoldParams>(operands, 2);
        (call, slides::axes(call), *operands as *mut f32, *operands.add(1) as *mut f32, (*args).rows as usize)
    };
    let outer = call.outer_len as usize * if call.outer_batch != 0 { batch } else { 1 };
    let (rest, taps) = (call.rest as usize, rows.size * cols.size);
    let (elements, pad) = (rows.len * cols.len * rest, f32::from_bits(call.pad as u32));
    if call.sums != 0 {
        // SAFETY: `check` proved that the value has so many elements; so below, of the windows too.
        unsafe { value.write_bytes(0, outer * elements) };
    }
    let mut window = windows;
    for o in 0..outer {
        for place in 0..rows.count * cols.count {
            let (row, col) = (place / cols.count, place % cols.count);
            let (lines, places) = (rows.inside(row), cols.inside(col));
            for tap in 0..taps {
                let (line, at) = (tap / cols.size, tap % cols.size);
                let inside = lines.contains(&line) && places.contains(&at);
                for r in 0..rest {
                    // SAFETY: as above; taps inside are elements of the value.
                    unsafe {
                        if inside {
                            let own = rows.element(row, line) * cols.len + cols.element(col, at);
                            let own = value.add(o * elements + own * rest + r);
                            match call.sums {
                                0 => *window = *own,
                                _ => *own += *window,
                            }
                        } else if call.sums == 0 {
                            *window = pad;
                        }
                        window = window.add(1);
                    }
                }
            }
        }
    }
}
