//! Rows of a table that tokens name.

use crate::loops::calls::gather::GatherParams;

use super::{Args, params};

/// Operands: the table, the tokens of the data, what was looked up. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn gather(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has three addresses and the parameters.
    let (call, table, tokens, to, args) = unsafe {
        let call = params::<GatherParams>(operands, 3);
        let (table, tokens) = (*operands as *const f32, *operands.add(1) as *const i32);
        (call, table, tokens, *operands.add(2) as *mut f32, &*args)
    };
    let (width, steps, rows) = (call.width as usize, call.steps as usize, args.rows as usize);
    let grain = call.grain as usize;
    for row in (first as usize * grain).min(rows)..(last as usize * grain).min(rows) {
        // SAFETY: `bind` has proved that the order has this position, and the data the row that it names.
        let own = unsafe { tokens.add(*args.order.add(args.position as usize + row) as usize * steps) };
        for step in 0..steps {
            // SAFETY: `check` has proved the extents of tokens, table and result; rows of these parts are this thread's. A token below 0 is
            // one above all rows.
            unsafe {
                let token = (*own.add(step)).cast_unsigned() as usize;
                let to = to.add((row * steps + step) * width);
                if token < call.rows as usize {
                    to.copy_from_nonoverlapping(table.add(token * width), width);
                } else {
                    to.write_bytes(0, width);
                }
            }
        }
    }
}
