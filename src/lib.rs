//! dropnet: a declarative language and native compiler for neural networks in which dropout is part of the language.
//!
//! Modules stand in the order of the pipeline; see ARCHITECTURE.md.
#![deny(unsafe_code)]

pub mod atomic;
pub mod diag;
pub mod memory;
pub mod shell;
pub mod syntax;
pub mod vocab;

pub mod model;

pub mod check;
pub mod layers;
pub mod lint;
pub mod train;

pub mod draws;
pub mod graph;
pub mod kernels;
pub mod lower;
pub mod math;
pub mod sound;

pub mod codegen;
pub mod loops;

pub mod data;
pub mod manual;
pub mod plot;
pub mod repl;
pub mod runtime;

pub mod run;
