//! What is to be said of rows that were read otherwise than they stand there.

use crate::data::{Converted, Unread};

/// What became of pictures among so many rows that were no colours in bytes.
#[must_use]
pub fn of_pictures(rows: usize, converted: Converted) -> Option<String> {
    let told = converted.told();
    let (pictures, told) = (if rows == 1 { "picture" } else { "pictures" }, told.join("; "));
    (!told.is_empty()).then(|| format!("warning[W0503]: of {rows} {pictures} {told}"))
}

/// What of texts and sounds is in no row.
#[must_use]
pub fn of_texts(rows: usize, unread: Unread) -> Vec<String> {
    unread.told(rows).into_iter().map(|(code, told)| format!("warning[{code}]: {told}")).collect()
}
