//! Squares of zeros in maps.

use crate::draws;
use crate::kernels::squares::{below, cleared};
use crate::loops::calls::squares::DropSquaresParams;

use super::{Args, params, row_key};

/// Operands: the maps and what becomes of them. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn squares(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has two addresses and the parameters; the step has its scalars.
    let (call, from, to, args, threshold) = unsafe {
        let (call, args) = (params::<DropSquaresParams>(operands, 2), &*args);
        let threshold = *args.step_scalars.add(call.scalar as usize);
        (call, *operands as *const f32, *operands.add(1) as *mut f32, args, threshold)
    };
    let squares = call.squares();
    let width = squares.rows * squares.cols * squares.channels;
    let seeds: usize = squares.seeds().iter().product();
    let (grain, rows) = (call.grain as usize, args.rows as usize);
    for row in (first as usize * grain).min(rows)..(last as usize * grain).min(rows) {
        // SAFETY: `check` proved that both maps have so many rows of so many elements; rows of these parts are this thread's. The key's tables
        // are those that `needs` asks for.
        unsafe {
            let (from, to) = (from.add(row * width), to.add(row * width));
            to.copy_from_nonoverlapping(from, width);
            let key = row_key(call.site, call.by_update != 0, args, row as u64);
            below(draws::halves(key), seeds, threshold, |seed| {
                squares.lines(seed).for_each(|(at, len, step)| cleared(to.add(at), len, step));
            });
        }
    }
}
