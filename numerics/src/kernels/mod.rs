//! What generated code cannot do itself: matrix products, aligned memory, the floating-point environment.
//!
//! Beside `codegen` the only place of `unsafe`; every use says what it relies on.
#![allow(unsafe_code)]

pub mod aligned;
pub mod attention;
pub mod barrier;
mod blank;
pub mod conv;
pub mod crew;
pub mod curve;
pub mod depthwise;
pub mod fpenv;
pub mod gate;
pub mod gemm;
mod lanes;
pub mod machine;
pub mod moments;
pub mod ordered;
pub mod pace;
pub mod packed;
mod panel;
pub mod peers;
pub mod pool;
mod row;
pub mod shared;
mod sparse;
pub mod squares;
pub mod team;
pub mod thinned;
pub mod tree;
mod upper;
pub mod wide;
