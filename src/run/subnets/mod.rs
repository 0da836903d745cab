//! Which units a row saw, what they said and which gradient they got, and that sub-network as a net of its own.

pub(in crate::run) mod drawn;
pub(in crate::run) mod export;
pub(in crate::run) mod inspected;
pub(in crate::run) mod subnet;
pub(in crate::run) mod thinned;
