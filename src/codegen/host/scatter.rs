//! Sums of what stands at each token.

use crate::loops::calls::scatter::ScatterAddParams;

use super::{Args, params};

/// Operands: what is summed, the tokens of the data, the sums. Parts are rows of the sums.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn scatter_add(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has three addresses and the parameters.
    let (call, from, tokens, to, args) = unsafe {
        let call = params::<ScatterAddParams>(operands, 3);
        let (from, tokens) = (*operands as *const f32, *operands.add(1) as *const i32);
        (call, from, tokens, *operands.add(2) as *mut f32, &*args)
    };
    let (width, steps) = (call.width as usize, call.steps as usize);
    let (grain, rows) = (call.grain as usize, call.rows as usize);
    let mine = (first as usize * grain).min(rows)..(last as usize * grain).min(rows);
    // SAFETY: `check` has proved that there are so many sums; these are this thread's.
    unsafe { to.add(mine.start * width).write_bytes(0, mine.len() * width) };
    for row in 0..args.rows as usize {
        // SAFETY: `bind` has proved that the order has this position, and the data the row that it names.
        let own = unsafe { tokens.add(*args.order.add(args.position as usize + row) as usize * steps) };
        for step in 0..steps {
            // SAFETY: `check` has proved the extents of tokens and summands.
            let token = unsafe { *own.add(step) }.cast_unsigned() as usize;
            if !mine.contains(&token) {
                continue;
            }
            // SAFETY: as above; the sum is of this thread's rows.
            unsafe {
                let (sum, x) = (to.add(token * width), from.add((row * steps + step) * width));
                for i in 0..width {
                    *sum.add(i) += *x.add(i);
                }
            }
        }
    }
}
