//! dropnet: a declarative language and native compiler for neural networks in which dropout is part of the language.
//!
//! Modules stand in the order of the pipeline; see ARCHITECTURE.md.
#![deny(unsafe_code)]

pub mod data;
pub mod diag;
pub mod graph;
pub mod loops;
pub mod syntax;
pub mod vocab;
