//! Random draws, each a pure function of an address: nothing depends on what was drawn before, on threads or on minibatches.
//!
//! `hash` is the counter hash behind every mask, read by the interpreter and emitted as native code; [`rng`] the streams of the host:
//! shuffles, initial weights, shares of mixup; [`rate`](quantise) the rates of dropping; `units` the numbers of what is drawn for, [`Squares`] what is dropped in
//! squares.
//!
//! Invariant: what an address gives never changes within edition 1; known answers are tested.

mod hash;
mod rate;
pub mod rng;
mod squares;
#[cfg(test)]
mod tests;
mod units;
mod words;

pub use hash::*;
pub use rate::{RateError, keep, quantise, scale, threshold};
pub use squares::Squares;
pub use units::{counted_units, unit_weights, units};
pub use words::{Words, key_of_row};
