//! Which units a row saw, and that sub-network as a net of its own.

pub(in crate::run) mod drawn;
pub(in crate::run) mod export;
pub(in crate::run) mod subnet;
pub(in crate::run) mod thinned;
