//! Nodes of sums over rows, exchanged with the other processes.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::kernels::moments::Joined;
use crate::loops::calls::exchange::{ExchangeParams, NodesParams};
use crate::peers::{Exchange, Join, Part, Slice};

use super::{Args, Blocks, blocks, params};

/// In front of the operands, which are partials, stands how many there are. There is one part. What goes on beside other kernels is given to the courier, or left to [`arrive`]
/// where there is none.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn exchange(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract; partials are nobody's until what is only begun here was waited for (`loops/verify`): before the pass is over, and with it what `args` points to.
    unsafe {
        let errand = errand(operands, &*args);
        match ((*args).courier.as_ref(), params::<ExchangeParams>(operands, 0).beside) {
            (_, 0) => errand(),
            (Some(courier), _) => courier.give(errand),
            (None, _) => {}
        }
    }
}

/// Waits for what a courier does; where there is none, does it.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn arrive(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract.
    unsafe {
        match (*args).courier.as_ref() {
            Some(courier) => courier.wait(),
            None => errand(operands, &*args)(),
        }
    }
}

/// What exchanges the partials of a row.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
unsafe fn errand(operands: *const u64, args: &Args) -> impl FnOnce() {
    // SAFETY: by the contract the row has the words in front, as many addresses and as many parameters of values; `bind` proved that a program that exchanges has peers.
    // Partials have room for each block of this process, and are the one's who does this alone until the next barrier.
    unsafe {
        let call = params::<ExchangeParams>(operands, 0);
        let addresses = operands.add(size_of::<ExchangeParams>() / 8);
        let values = call.values as usize;
        let of_values = addresses.add(values).cast::<NodesParams>();
        let blocks = blocks(call.blocks, call.ranks, args);
        let part = |i: usize| part(*addresses.add(i) as *mut f32, &*of_values.add(i), &blocks);
        let parts: Vec<Part> = (0..values).map(part).collect();
        let tells = call.is_last != 0;
        let stop = if tells { (*args.stop).load(Ordering::Acquire) } else { 0 };
        let (peers, runs, agreed) = (*args.peers, blocks.runs, &*args.agreed);
        move || {
            let told = Exchange { peers, runs, parts: &parts }.run(stop);
            if tells {
                AtomicU32::store(agreed, told, Ordering::Release);
            }
        }
    }
}

fn part(start: *mut f32, own: &NodesParams, blocks: &Blocks) -> Part {
    let cols = own.cols as usize;
    let rows = match own.grain {
        0 => own.shards as usize,
        grain => blocks.room.div_ceil(grain as usize),
    };
    let join = match (own.places as usize, own.is_max) {
        (0, 0) => Join::Sum,
        (0, _) => Join::Max,
        (places, _) => Join::Moments(Joined {
            channels: cols / 2,
            shard: own.grain as usize * places,
            block: blocks.rows * places,
            room: rows,
            places: blocks.all * places,
        }),
    };
    let slice = Slice { first: own.first_shard as usize, all: own.all_shards as usize };
    Part { start, cols, apart: rows * cols, join, slice: (slice.all > 0).then_some(slice) }
}
