//! What a session of experiments knows beside its screen: the text of the net as it grows line by line, and which weights an edited net keeps.
//!
//! Pure: nothing here reads, writes or trains.

pub mod buffer;
pub mod kept;

pub use buffer::{Buffer, Change, Refused};
pub use kept::Kept;
