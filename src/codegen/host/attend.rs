//! Attention, forward and in the gradient.

use crate::draws;
use crate::kernels::attention::{Draws, Heads, Lane, Row};
use crate::loops::calls::attend::AttendParams;

use super::{Args, params, row_key};

/// Operands: packed numbers, result, turns, lengths, flow, what flows on. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn attend(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has six addresses and the parameters.
    let (call, args) = unsafe { (params::<AttendParams>(operands, AttendParams::OPERANDS), &*args) };
    let is = |flag: u64| call.flags & flag != 0;
    let heads = form(call);
    let (grain, rows) = (call.grain as usize, args.rows as usize);
    for row in (first as usize * grain).min(rows)..(last as usize * grain).min(rows) {
        // SAFETY: `check` proved that the buffers have so many rows of so many elements; rows of these parts are this thread's. The step has its
        // scalars, and the key's tables are those that `needs` asks for.
        unsafe {
            let at = |operand: usize, len: usize| (*operands.add(operand) as *const f32).add(row * len);
            let len = heads.queries * heads.heads * heads.width;
            let draws = is(AttendParams::DROPPED).then(|| {
                let key = row_key(call.site, is(AttendParams::BY_UPDATE), args, row as u64);
                Draws { key: draws::halves(key), q: *args.step_scalars.add(call.scalar as usize) }
            });
            // What is no number of places counts as none.
            let length = if is(AttendParams::PADDED) { (*at(3, 1)).ceil() as usize } else { heads.keys };
            let own = Row {
                packed: at(0, heads.row_len),
                turns: if is(AttendParams::TURNED) { at(2, 0) } else { std::ptr::null() },
                length,
                asked: if is(AttendParams::ACROSS) { heads.queries } else { length },
                draws,
            };
            match is(AttendParams::BACK) {
                false => heads.forward(&own, at(1, len).cast_mut()),
                true => heads.backward(&own, at(1, len), at(4, len), at(5, heads.row_len).cast_mut()),
            }
        }
    }
}

fn form(call: &AttendParams) -> Heads {
    let lane = |offset: u64, stride: u64| Lane { offset: offset as usize, stride: stride as usize };
    Heads {
        heads: call.heads as usize,
        groups: call.groups as usize,
        width: call.width as usize,
        queries: call.queries as usize,
        keys: call.keys as usize,
        query: lane(call.query_offset, call.query_stride),
        key: lane(call.key_offset, call.key_stride),
        value: lane(call.value_offset, call.value_stride),
        row_len: call.row_len as usize,
        causal: call.flags & AttendParams::CAUSAL != 0,
        slopes: call.flags & AttendParams::SLOPES != 0,
    }
}
