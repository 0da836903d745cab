//! Processes that talk by MPI, as `mpirun` starts them on one machine or many.

use std::time::{Duration, Instant};

use mpi::Threading;
use mpi::environment::Universe;
use mpi::request::scope;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Destination, Source};

use super::super::team::cores;
use super::{Peers, gather};

/// Polls before a process that waits lets others have its core, and naps between looks at whether the one it waits for is alive.
const POLLS: u32 = 2000;
const LOOKS: Duration = Duration::from_millis(100);

/// A process that MPI has started with others.
pub struct Mpi {
    world: SimpleCommunicator,
    rank: usize,
    size: usize,
    /// By rank: its machine and its number there.
    processes: Vec<Process>,
    /// Of its machine, on which threads may talk to others.
    cores: usize,
    /// What ends this process when another is gone, which has that rank. It does not come back.
    lost: fn(usize) -> std::convert::Infallible,
    /// Ends the library with it.
    _universe: Universe,
}

/// Where a process runs.
#[derive(Clone, Copy, PartialEq)]
struct Process {
    machine: u64,
    number: u32,
}

// SAFETY: the library was begun for threads that call it at any time; what is kept of it here are handles, which do not change.
unsafe impl Send for Mpi {}
// SAFETY: as above.
unsafe impl Sync for Mpi {}

impl Mpi {
    /// Joins the processes that were started together; none where the library was begun before. `lost` is called when one of them is gone.
    #[must_use]
    pub fn join(lost: fn(usize) -> std::convert::Infallible) -> Option<Self> {
        let (universe, threading) = mpi::initialize_with_threading(Threading::Multiple)?;
        // One thread at a time, but not always the same.
        let cores = if threading < Threading::Serialized { 1 } else { cores() };
        let world = universe.world();
        let (rank, size) = (world.rank() as usize, world.size() as usize);
        let name = mpi::environment::processor_name().unwrap_or_default();
        let own = Process { machine: crate::draws::site_key(&name), number: std::process::id() };
        let processes = vec![own; size];
        let mut joined = Self { world, rank, size, processes, cores, lost, _universe: universe };
        let bytes = [own.machine.to_ne_bytes().as_slice(), &own.number.to_ne_bytes(), &[0; 4]].concat();
        let all = gather(&joined, &bytes, bytes.len());
        joined.processes = all.chunks_exact(bytes.len()).map(Process::read).collect();
        Some(joined)
    }

    /// Ends all processes with this code, the way of MPI: for a process that cannot go on alone.
    pub fn end_all(&self, code: i32) -> ! {
        self.world.abort(code)
    }

    /// Whether a process is there, as far as can be seen: one of this machine.
    fn is_gone(&self, rank: usize) -> bool {
        let process = self.processes[rank];
        if process.machine != self.processes[self.rank].machine || !cfg!(target_os = "linux") {
            return false;
        }
        // Behind the name in brackets stands the state: a zombie has ended.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", process.number));
        state.map_or(true, |text| {
            text.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
        })
    }
}

impl Process {
    fn read(bytes: &[u8]) -> Self {
        let (mut machine, mut number) = ([0; 8], [0; 4]);
        machine.copy_from_slice(&bytes[..8]);
        number.copy_from_slice(&bytes[8..12]);
        Self { machine: u64::from_ne_bytes(machine), number: u32::from_ne_bytes(number) }
    }
}

impl Peers for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    /// Those that it may run on, divided among the processes of its machine: fewer than there are where each is bound to cores of its own.
    fn cores(&self) -> usize {
        let own = self.processes[self.rank].machine;
        self.cores / self.processes.iter().filter(|process| process.machine == own).count()
    }

    fn swap(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]) {
        let (mut polls, mut looked) = (0, Instant::now());
        let mut wait = || {
            polls += 1;
            if polls < POLLS {
                return std::hint::spin_loop();
            }
            std::thread::yield_now();
            if looked.elapsed() > LOOKS {
                looked = Instant::now();
                if let Some(gone) = [to, from].into_iter().find(|rank| self.is_gone(*rank)) {
                    (self.lost)(gone);
                }
            }
        };
        scope(|scope| {
            let (sender, receiver) =
                (self.world.process_at_rank(from as i32), self.world.process_at_rank(to as i32));
            let coming = into.iter_mut().filter(|piece| !piece.is_empty());
            let leaving = out.iter().filter(|piece| !piece.is_empty());
            let mut requests: Vec<_> =
                coming.map(|piece| sender.immediate_receive_into(scope, &mut **piece)).collect();
            requests.extend(leaving.map(|piece| receiver.immediate_send(scope, *piece)));
            // All go on while one of them is waited for.
            for mut request in requests {
                while let Err(goes_on) = request.test() {
                    request = goes_on;
                    wait();
                }
            }
        });
    }
}
