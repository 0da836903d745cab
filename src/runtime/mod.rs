//! Running: checkpoints, and the drivers of training, evaluation and prediction.
//!
//! Invariant: nothing here parses or checks a net.

pub mod augment;
pub mod checkpoint;
pub mod checksum;
pub mod container;
pub mod counts;
pub mod evaluate;
mod feed;
pub mod figures;
pub mod footprint;
pub mod function;
pub mod initial;
pub mod keeper;
pub mod order;
pub mod plan;
pub mod predictive;
pub mod prefix;
pub mod progress;
pub(crate) mod ranks;
pub mod sample;
pub mod session;
pub mod store;
pub mod train;
