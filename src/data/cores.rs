//! Rows that take work, by all cores: each where its number says, so nothing depends on how many there are.

use std::num::NonZero;
use std::thread;

use super::error::DataError;

/// What `of` makes of each of some rows by all cores: each fills so many bytes of `into`. Answers what it says, in order.
///
/// # Errors
/// What `of` says; of several the first.
pub(super) fn side_by_side<T: Sync, R: Send>(
    all: &[T],
    row: usize,
    into: &mut [u8],
    of: impl Fn(&T, &mut [u8]) -> Result<R, DataError> + Sync,
) -> Result<Vec<R>, DataError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = all.len().div_ceil(threads).max(1);
    let of_share = |(all, into): (&[T], &mut [u8])| -> Result<Vec<R>, DataError> {
        all.iter().zip(into.chunks_exact_mut(row)).map(|(one, into)| of(one, into)).collect()
    };
    let outcomes: Vec<Result<Vec<R>, DataError>> = thread::scope(|scope| {
        let shares = all.chunks(share).zip(into.chunks_mut(share * row));
        let working: Vec<_> = shares.map(|share| scope.spawn(|| of_share(share))).collect();
        let joined = working.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut said = Vec::with_capacity(all.len());
    for outcome in outcomes {
        said.extend(outcome?);
    }
    Ok(said)
}
