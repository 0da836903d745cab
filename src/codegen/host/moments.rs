//! Moments of channels, by shards and of all.

use crate::kernels::moments::{Joined, Shard};
use crate::loops::calls::join_moments::JoinMomentsParams;
use crate::loops::calls::moments::MomentsParams;

use super::{Args, blocks, params};

/// Operands: the maps, a row of moments a shard. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn moments(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has two addresses and the parameters.
    let (call, from, to, batch) = unsafe {
        let call = params::<MomentsParams>(operands, 2);
        (call, *operands as *const f32, *operands.add(1) as *mut f32, (*args).rows as usize)
    };
    let (grain, channels) = (call.grain as usize, call.channels as usize);
    for part in first as usize..last as usize {
        let rows = part * grain..((part + 1) * grain).min(batch);
        let places = rows.len() * call.places as usize;
        // SAFETY: `check` proved that the maps have so many places and that there is a row of moments a shard; nobody writes the maps
        // before the next barrier, and the shard is this thread's.
        unsafe {
            let start = from.add(rows.start * call.places as usize * channels);
            Shard { start, places, channels }.moments(to.add(part * 2 * channels));
        }
    }
}

/// Operand: the rows of moments. There is one part.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn join(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has an address and the parameters; the buffer has a row a shard of each block, which is this thread's alone
    // until the next barrier.
    unsafe {
        let (call, args) = (params::<JoinMomentsParams>(operands, 1), &*args);
        let (grain, places, channels) = (call.grain as usize, call.places as usize, call.channels as usize);
        let blocks = blocks(call.blocks, call.ranks, args);
        let joined = Joined {
            channels,
            shard: grain * places,
            block: blocks.rows * places,
            room: blocks.room.div_ceil(grain),
            places: blocks.all * places,
        };
        let own = blocks.runs.of(blocks.run);
        let Some(last) = own.clone().last() else { return };
        let shards = (own.len() - 1) * joined.room + blocks.rows_of(last).div_ceil(grain);
        let rows = std::slice::from_raw_parts_mut(*operands as *mut f32, shards * 2 * channels);
        joined.join_run(rows, blocks.runs, blocks.run);
    }
}
