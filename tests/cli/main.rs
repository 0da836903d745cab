//! The command line through the real binary: what a user types, what comes back on either stream, and the exit code.

mod support;

mod audit;
mod bench;
mod calibrate;
mod check;
mod committee;
mod emit;
mod experiment;
mod explain;
mod fmt;
#[cfg(target_os = "linux")]
mod limits;
mod new;
mod plot;
mod predict;
mod repl;
mod rng;
mod streams;
mod subnet;
mod summary;
mod train;
mod watch;
