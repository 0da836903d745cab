//! Slices of values, from the processes that have changed them.

use crate::loops::calls::collect::{CollectParams, SlicedParams};
use crate::peers::{Piece, Slice, collect as collect_pieces};

use super::{Args, params};

/// In front of the operands stands how many there are. There is one part.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn collect(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has the word in front, as many addresses and as many parameters of values; `bind` proved that a program of several processes has peers.
    // Values have as many elements as they say, apart from each other, and are this thread's alone until the next barrier.
    unsafe {
        let values = params::<CollectParams>(operands, 0).values as usize;
        let addresses = operands.add(size_of::<CollectParams>() / 8);
        let of_values = addresses.add(values).cast::<SlicedParams>();
        let peers = *(*args).peers;
        let of = |rank: usize| {
            let piece = |i: usize| {
                let (start, own) = (*addresses.add(i) as *mut f32, &*of_values.add(i));
                let slice = Slice { first: own.first_shard as usize, all: own.all_shards as usize };
                let elements = slice.elements(own.len as usize, rank, peers.size());
                Piece { start: start.add(elements.start), len: elements.len() }
            };
            (0..values).map(piece).collect()
        };
        collect_pieces(peers, of);
    }
}
