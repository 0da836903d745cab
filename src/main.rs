//! The `dropnet` command. All it does is parse arguments, call the library, and say what happened; see `cli`.
#![deny(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
