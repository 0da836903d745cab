//! The `dropnet` command. All it does is parse arguments, call the library, and say what happened; see `cli`.
#![deny(unsafe_code)]

mod cli;

/// The compiler makes millions of small values and drops them again: half the time of the system's allocator, and pages are given back later.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
