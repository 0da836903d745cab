//! Running: random streams, the thread team, products, checkpoints, and the drivers of training, evaluation and prediction.
//!
//! Invariant: nothing here parses or checks a net.

pub mod container;
pub mod kernels;
pub mod rng;
pub mod team;
