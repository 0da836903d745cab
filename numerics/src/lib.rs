//! What native code of dropnet calls, and the formulas that it shares with the interpreter: numbers alone, nothing of nets or files.
//!
//! A package of its own, so that it is optimised in builds for development too: tests of training spend their time here.
#![deny(unsafe_code)]

pub mod draws;
pub mod kernels;
pub mod math;
pub mod sound;
