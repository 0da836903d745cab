//! What trained nets say of rows: samples of one net or of several, their means and spreads, as text.

pub(in crate::run) mod abstain;
pub(in crate::run) mod committee;
pub(in crate::run) mod enumerated;
pub(in crate::run) mod likelihood;
pub(in crate::run) mod mc;
pub(in crate::run) mod own_units;
pub(in crate::run) mod pass;
pub(in crate::run) mod plan;
pub(in crate::run) mod predict;
pub(in crate::run) mod sampling;
mod settle;
pub(in crate::run) mod speak;
mod steps;
pub(in crate::run) mod views;
pub(in crate::run) mod written;
