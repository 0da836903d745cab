//! Limits that the system sets to the process.

/// A file that grows beyond the limit on its size (`ulimit -f`) is an error of whoever writes it, like a full disk. Unheard, the signal that
/// comes with that error would end the program without a word.
#[cfg(unix)]
pub fn hear_of_full_files() {
    use std::sync::{Arc, atomic::AtomicBool};
    // Nobody looks at the flag: that there is a handler is enough. Without one the program runs as well, until such a limit is met.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

#[cfg(not(unix))]
pub fn hear_of_full_files() {}
