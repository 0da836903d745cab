//! Ctrl-C, and signals that ask for an end as it does: what can be taken up again comes to such an end; where nothing would be lost, the program ends at once.
//!
//! Data are read and decoded, nets are compiled and sounds are loaded by code that looks at no flag. Nothing is kept of that before training
//! has begun, so nobody has to wait for its end.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use super::ui::{Exit, Failure};

/// Whether something goes on that looks at the flag, and has something to keep.
static HEEDED: AtomicBool = AtomicBool::new(false);

/// Whether all is said, and the process about to end.
static LEAVES: AtomicBool = AtomicBool::new(false);

/// From now on nothing is said of an interruption: all is done.
pub fn leaving() {
    LEAVES.store(true, Ordering::SeqCst);
}

/// What commands look at that may stand in a session, which goes on when they end.
pub fn of_commands() -> Arc<AtomicU32> {
    static STOP: OnceLock<Arc<AtomicU32>> = OnceLock::new();
    STOP.get_or_init(Arc::default).clone()
}

/// Whether such a command is under way: asks it to end. Not if it was asked already.
pub fn ends_command() -> bool {
    HEEDED.load(Ordering::SeqCst) && of_commands().swap(1, Ordering::SeqCst) == 0
}

/// How long those have who look at the flag, where all that they have done is written down already.
const PATIENCE: Duration = Duration::from_millis(500);

/// While it lives, whoever trains may say that it heeds the flag.
pub struct Heed(());

impl Heed {
    pub fn begin() -> Self {
        Self(())
    }

    /// Of a command, which heeds its flag from its beginning on.
    pub fn of_command() -> Self {
        of_commands().store(0, Ordering::SeqCst);
        heeded();
        Self(())
    }
}

/// From now on, until the [`Heed`] goes, Ctrl-C is heard at the end of a step.
pub fn heeded() {
    HEEDED.store(true, Ordering::SeqCst);
}

impl Drop for Heed {
    fn drop(&mut self) {
        HEEDED.store(false, Ordering::SeqCst);
    }
}

/// The first Ctrl-C asks the loop to finish its step, if there is one; the second does not wait.
/// Where there is none, `said` is said.
pub fn stop_on_interrupt(stop: Arc<AtomicU32>, said: &'static str) -> Result<(), Failure> {
    watch(move || {
        if stop.swap(1, Ordering::SeqCst) != 0 {
            std::process::exit(Exit::Interrupted as i32);
        }
        if !HEEDED.load(Ordering::SeqCst) {
            end(if LEAVES.load(Ordering::SeqCst) { "" } else { said });
        }
    })
}

/// Ctrl-C asks for an end, and makes one if what goes on does not look: what is done is recorded.
pub fn end_on_interrupt(stop: Arc<AtomicU32>, said: String) -> Result<(), Failure> {
    watch(move || {
        stop.store(1, Ordering::SeqCst);
        std::thread::sleep(PATIENCE);
        end(&said);
    })
}

/// Ctrl-C ends what has nothing to keep.
pub fn leave_on_interrupt() -> Result<(), Failure> {
    watch(|| end(""))
}

fn watch(handler: impl FnMut() + Send + 'static) -> Result<(), Failure> {
    let unheard = |e: &dyn std::fmt::Display| Failure::data(format!("cannot watch for Ctrl-C: {e}"));
    ctrlc::set_handler(handler).map_err(|e| unheard(&e))?;
    hear_of_warnings().map_err(|e| unheard(&e))
}

/// Queues of clusters warn a job by SIGUSR1 some time before they end it: it is heard as their SIGTERM would be.
#[cfg(unix)]
fn hear_of_warnings() -> std::io::Result<()> {
    use signal_hook::{consts, low_level};
    use std::{io::Read, os::unix::net::UnixStream};
    let (mut warned, warning) = UnixStream::pair()?;
    low_level::pipe::register(consts::SIGUSR1, warning)?;
    std::thread::Builder::new().name("warnings".into()).spawn(move || {
        while warned.read_exact(&mut [0]).is_ok() {
            let _ = low_level::raise(consts::SIGTERM);
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
fn hear_of_warnings() -> std::io::Result<()> {
    Ok(())
}

/// Others hold the streams, and never let go of them.
fn end(said: &str) -> ! {
    use std::io::Write;
    let _ = std::io::stderr().write_all(said.as_bytes());
    std::process::exit(Exit::Interrupted as i32)
}
