//! The command line through the real binary: what a user types, what comes back on either stream, and the exit code.

mod support;

mod check;
mod explain;
mod new;
mod streams;
mod summary;
