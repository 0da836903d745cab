//! The command line through the real binary: what a user types, what comes back on either stream, and the exit code.

mod support;

mod audit;
mod averages;
mod bench;
#[cfg(target_os = "linux")]
mod by_row;
mod calibrate;
mod check;
mod committee;
mod data;
mod embedded;
mod emit;
mod experiment;
mod explain;
mod flags;
mod fmt;
mod groups;
mod inspect;
mod interrupts;
mod judged;
#[cfg(unix)]
mod kills;
mod levels;
#[cfg(target_os = "linux")]
mod limits;
mod loaded;
mod naming;
mod new;
mod open_sizes;
mod pictures;
mod places;
mod plot;
mod predict;
mod repl;
mod rng;
mod runs;
mod scores;
mod sizes;
mod sounds;
mod streams;
mod subnet;
mod summary;
mod texts;
mod train;
mod views;
mod watch;
mod weights;
