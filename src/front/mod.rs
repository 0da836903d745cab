//! The front door: what a program that uses the crate sees of it. Everything else is private.
//!
//! Invariant: small, documented, the same between versions; no type of another folder is part of it.

mod cell;
mod error;
mod net;
mod predicted;
mod search;
pub mod told;
mod training;

pub use cell::{Cell, Row};
pub use error::{Error, ErrorKind};
pub use net::{Net, load};
pub use predicted::{Iter, Prediction, Predictions};
pub use search::search;
pub use training::{Epoch, Outcome, Training};
