//! Processes that `mpirun` has started together: the first speaks and writes, the others are silent, and all end in the same way.

use dropnet::internal::{
    kernels::team::Team,
    peers::{self, Peers},
    run::{self, Fact, Ready, Request, Shard},
};
use std::{path::Path, sync::Arc};

use super::{
    Outcome, interrupts,
    source::STDIN,
    ui::{Exit, Failure, Ui},
};

/// How many processes were started together, as far as their environment says.
fn started() -> usize {
    let number = |name: &str| std::env::var(name).ok()?.parse::<usize>().ok();
    let by_slurm = || std::env::var_os("PMIX_RANK").and_then(|_| number("SLURM_STEP_NUM_TASKS"));
    number("OMPI_COMM_WORLD_SIZE").or_else(|| number("PMI_SIZE")).or_else(by_slurm).unwrap_or(1)
}

/// This process among those that were started with it.
pub struct Ranks {
    peers: Arc<dyn Peers>,
    /// Ends all with this code.
    end_all: EndAll,
}

type EndAll = Box<dyn Fn(i32)>;

type Joined = Option<(Arc<dyn Peers>, EndAll)>;

/// Joins the processes that were started together, of which there are several.
#[cfg(not(feature = "mpi"))]
fn joined() -> Result<Joined, Failure> {
    Err(Failure::usage(format!(
        "{} processes were started together, and this dropnet was built without MPI\nhelp: build it by `cargo build --release --features mpi`",
        started()
    )))
}

/// Joins the processes that were started together, of which there are several.
#[cfg(feature = "mpi")]
fn joined() -> Result<Joined, Failure> {
    let Some(peers) = peers::Mpi::join(lost) else { return Ok(None) };
    let peers = Arc::new(peers::Near::new(peers));
    let all = peers.clone();
    Ok(Some((peers, Box::new(move |code| all.inner().end_all(code)))))
}

impl Ranks {
    /// Joins the processes that were started together; none where this one is alone.
    fn join(ui: &mut Ui) -> Result<Option<Self>, Failure> {
        if started() <= 1 {
            return Ok(None);
        }
        let Some((peers, end_all)) = joined()? else { return Ok(None) };
        if peers.rank() > 0 {
            ui.hold_back();
        }
        Ok(Some(Self { peers, end_all }))
    }

    pub fn peers(&self) -> Arc<dyn Peers> {
        self.peers.clone()
    }

    pub fn is_first(&self) -> bool {
        self.peers.rank() == 0
    }

    pub fn count(&self) -> usize {
        self.peers.size()
    }

    /// Does what this process does, as one of those that were started together if there are any: all have said what they say before one of them ends.
    pub fn together(ui: &mut Ui, work: impl FnOnce(Option<&Self>, &mut Ui) -> Outcome) -> Outcome {
        let Some(ranks) = Self::join(ui)? else { return work(None, ui) };
        let done = work(Some(&ranks), ui).and_then(|exit| ui.finish().map(|()| exit));
        let done = done.map_err(|failure| Failure::Reported(ui.fail(&failure)));
        interrupts::leaving();
        peers::agree(&*ranks.peers, 0);
        done
    }

    /// Refuses an input that one process alone has.
    pub fn can_all_read(ranks: Option<&Self>, input: &Path) -> Result<(), Failure> {
        match ranks.is_some() && input == Path::new(STDIN) {
            true => Err(Failure::usage(
                "of several processes one alone has standard input\nhelp: name a file that all can read",
            )),
            false => Ok(()),
        }
    }

    /// The share of this process of what is dealt one by one.
    pub fn shard(&self) -> Shard {
        Shard { index: self.peers.rank() + 1, of: self.count() }
    }

    /// Whether this holds in any of the processes.
    pub fn anywhere(&self, here: bool) -> bool {
        peers::agree(&*self.peers, u32::from(here)) != 0
    }

    /// All go on, or none: of the processes that have failed the first says why.
    pub fn all<T>(&self, own: Result<T, Failure>, ui: &mut Ui) -> Result<T, Failure> {
        let peers = &*self.peers;
        let code = own.as_ref().err().map_or(0, |failure| failure.exit() as u8);
        let codes = peers::gather(peers, &[code], 1);
        match codes.iter().position(|code| *code != 0) {
            None => own,
            Some(rank) if rank == peers.rank() => {
                ui.speak(rank);
                own
            }
            Some(rank) => Err(Failure::Reported(Exit::of(codes[rank]))),
        }
    }

    /// Ends all where one has something else than the first.
    pub fn have_the_same(&self, facts: &[Fact]) -> Result<(), Failure> {
        let differs = run::difference(&*self.peers, facts).map(|(rank, what)| {
            Failure::data(format!(
                "process {rank} has not the same as process 0: {what}\nhelp: start all processes with the same program, file, flags and data, on machines of one kind"
            ))
        });
        match differs {
            Some(differs) if self.is_first() => Err(differs),
            Some(differs) => Err(Failure::Reported(differs.exit())),
            None => Ok(()),
        }
    }

    /// Deals the blocks of minibatches to the processes: `deal` does, and answers how many there are where that does not come out even.
    pub fn deal(&self, deal: impl FnOnce(usize) -> Result<(), usize>) -> Result<(), Failure> {
        let count = self.count();
        deal(count).map_err(|blocks| undealt(blocks, count))
    }

    /// A team of so many threads in each process.
    pub fn team(ranks: Option<&Self>, threads: usize) -> Team {
        Team::among(threads, ranks.map(Self::peers))
    }

    /// How what all compute together has ended here: who has failed ends all.
    pub fn settled<T>(ranks: Option<&Self>, done: Result<T, Failure>, ui: &mut Ui) -> Result<T, Failure> {
        match (ranks, done) {
            (Some(ranks), Err(failure)) => Err(Failure::Reported(ranks.abandon(&failure, ui))),
            (_, done) => done,
        }
    }

    /// Ends all at once: this process has failed while others compute.
    fn abandon(&self, failure: &Failure, ui: &mut Ui) -> Exit {
        let rank = self.peers.rank();
        if rank > 0 {
            // What fails everywhere is said by the first.
            std::thread::sleep(std::time::Duration::from_secs(1));
            ui.speak(rank);
        }
        let exit = ui.fail(failure);
        (self.end_all)(exit as i32);
        exit
    }
}

/// So many blocks cannot be dealt to so many processes.
pub fn undealt(blocks: usize, count: usize) -> Failure {
    let fits = blocks.next_multiple_of(count);
    let has = match blocks {
        1 => "the file says nothing of them".to_string(),
        blocks => format!("the minibatch has {blocks} blocks"),
    };
    Failure::usage(format!(
        "{count} processes need as many blocks of rows each, and {has}\nhelp: `batch ROWS, blocks={fits}` in `data`, or another number of processes"
    ))
}

/// Another process is gone, and this one waits for it.
#[cfg(feature = "mpi")]
fn lost(rank: usize) -> std::convert::Infallible {
    use std::io::Write;
    // Who leaves with words of its own has all ended, this one before it says that somebody is gone.
    std::thread::sleep(std::time::Duration::from_secs(1));
    // The first says it, or the second if that is gone.
    let own = std::env::var("OMPI_COMM_WORLD_RANK").ok().and_then(|rank| rank.parse().ok()).unwrap_or(0);
    if own == 0 || (own == 1 && rank == 0) {
        let _ = writeln!(
            std::io::stderr(),
            "error: process {rank} of this run has ended\nhelp: what was trained is in the last checkpoint: the same command with `--resume` goes on from there"
        );
    }
    std::process::exit(Exit::Lost as i32)
}

/// What all processes of a run must have alike.
pub fn facts(request: &Request<'_>, epochs: Option<u64>, ready: &Ready) -> Result<Vec<Fact>, Failure> {
    let mut facts = run::facts_of_request(request, epochs);
    facts.extend(run::facts_of_data(ready).map_err(|error| Failure::data(error.plain()))?);
    Ok(facts)
}
