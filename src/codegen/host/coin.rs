//! Coins that drop a branch for a whole minibatch.

use super::{Args, row_key};
use crate::draws;

/// 1 where the coin of a site keeps in this step, by the threshold that is the step's scalar `q`; else 0.
///
/// # Safety
/// Called by native `run` only: `args` are the thread's own, with tables that have this site and this scalar (`Needs`).
pub(in crate::codegen) unsafe extern "C" fn coin(args: *const Args, site: u64, q: u64) -> u64 {
    // SAFETY: by the contract.
    unsafe {
        let q = *(*args).step_scalars.add(q as usize);
        u64::from(draws::kept(row_key(site, true, &*args, 0), 0, q))
    }
}
