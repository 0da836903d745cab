//! Runs side by side: which there are, in what they differ, and what a difference of their figures is worth.

pub(in crate::run) mod bootstrap;
pub(in crate::run) mod compare;
pub(in crate::run) mod listed;
pub(in crate::run) mod same_rows;
pub(in crate::run) mod seeds;
pub(in crate::run) mod traits;
