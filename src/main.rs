//! The `dropnet` command. All it does is parse arguments, call the library, and say what happened; see `cli`.
#![deny(unsafe_code)]

mod cli;

/// Compiling makes and drops many small values: a deep net takes three quarters of the time that it takes with the system's allocator. Huge
/// pages stay off (a feature of the crate): with them a training run has a higher peak of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
