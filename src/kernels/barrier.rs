//! The team's barrier as native code calls it.

use super::team::Barrier;

/// Waits at the barrier.
///
/// # Safety
/// `at` points to a barrier that lives until every thread of its team has returned from its last wait.
pub unsafe extern "C" fn barrier(at: *const Barrier) {
    // SAFETY: by the contract; `wait` never unwinds.
    unsafe { (*at).wait() }
}
