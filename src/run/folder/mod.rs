//! The folder of a run: a net opened with its data, where training begins or goes on, what is written there, and the trained net that is read back.

pub mod agreement;
pub(in crate::run) mod calibration;
pub(in crate::run) mod dir;
pub(in crate::run) mod events;
pub(in crate::run) mod fitness;
pub(in crate::run) mod guard;
pub(in crate::run) mod home;
pub(in crate::run) mod open;
pub(in crate::run) mod place;
pub(in crate::run) mod report;
pub(in crate::run) mod standing;
pub(in crate::run) mod start;
pub(in crate::run) mod trained;
pub(in crate::run) mod vectors;
pub(in crate::run) mod weights;
