//! `dropnet train`: fits a net to its data, into the folder of a run.

mod failures;
mod said;
mod watched;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicU32},
};

use dropnet::internal::{
    data::Search,
    run::{self, OpenError, Ready, Request, RunDir},
    runtime::train::{self, Event, Job, Observer, Options, TrainError},
    shell,
};

use super::{
    Outcome, data, interrupts, last, numbers,
    progress::Lines,
    ranks::{self, Ranks},
    screen::{self, Screen, now},
    source::{self, File, Source},
    ui::{Exit, Failure, Ui},
    watch::Watching,
};
use failures::faulty;
pub use failures::{diverged, failure, unstarted};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    file: File,
    /// Folder of the run [default: runs/NAME-DATE-TIME-HASH]; with `--resume` also `@last`, the newest
    #[arg(short, long, value_name = "DIR", conflicts_with = "watch", value_parser = last::path)]
    out: Option<PathBuf>,
    /// Seed of every random decision [default: that of the file, or 0]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// Train so many nets, with seeds one after the other, into a folder `seed-N` each: `eval`, `predict` and `audit` average them
    #[arg(long, value_name = "N", value_parser = numbers::between::<2, 1000>, conflicts_with = "watch")]
    seeds: Option<u64>,
    /// Train to the end of this epoch, before or (with `--resume`) behind that of the file; schedules keep the length that the file gives them
    #[arg(long, value_name = "N", value_parser = numbers::whole::<1>)]
    epochs: Option<u64>,
    #[command(flatten)]
    threads: Threads,
    /// Go on with an earlier run: that of `--out`, or the newest of this file
    #[arg(long, conflicts_with = "watch")]
    resume: bool,
    /// Write one JSON object a line: each epoch, then the result
    #[arg(long)]
    json: bool,
    /// Write the figures of each epoch for TensorBoard too, into the folder of the run
    #[arg(long)]
    tensorboard: bool,
    /// Draw no progress bar
    #[arg(long)]
    no_progress: bool,
    #[command(flatten)]
    watching: Watching,
}

/// What a process does with the events of a run that another shows.
struct Aside;

impl Observer for Aside {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Compiled { .. } = event {
            interrupts::heeded();
        }
    }
}

/// How a run ended.
enum Ended {
    Done,
    /// Its checkpoint is written.
    Interrupted {
        epoch: u64,
        step: u64,
        dir: RunDir,
    },
}

#[derive(clap::Args)]
pub struct Threads {
    /// Threads to run on, at most: fewer work where that is faster; results do not depend on it [default: all cores]
    #[arg(long = "threads", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    count: Option<u16>,
}

impl Threads {
    /// Whether a number was asked for.
    pub fn given(&self) -> bool {
        self.count.is_some()
    }

    pub fn count(&self) -> usize {
        self.count.map_or_else(dropnet::internal::kernels::team::cores, usize::from)
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        Ranks::together(ui, |ranks, ui| self.run_as(ranks, ui))
    }

    fn run_as(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Outcome {
        let stop = Arc::new(AtomicU32::new(0));
        let speaks = !self.watching.watch && ranks.is_none_or(Ranks::is_first);
        let said = if speaks { "interrupted before training began\n" } else { "" };
        interrupts::stop_on_interrupt(stop.clone(), said)?;
        if self.watching.watch {
            if ranks.is_some() {
                return Err(Failure::usage(
                    "`--watch` is for one process\nhelp: leave `mpirun` or `--watch` out",
                ));
            }
            return self.watched(&stop, ui);
        }
        let opened = self.opened(ui);
        let (source, mut ready) = match ranks {
            None => opened?,
            Some(ranks) => ranks.all(opened, ui)?,
        };
        let request = self.request(&source)?;
        if let Some(ranks) = ranks {
            let facts = ranks.all(ranks::facts(&request, self.epochs, &ready), ui)?;
            ranks.have_the_same(&facts)?;
            ranks.deal(|count| ready.model.deal(count))?;
        }
        let Some(count) = self.seeds else {
            let ended = self.train(&source, &ready, &request, ranks, &stop, ui)?;
            return Ok(self.said(&ended, ui));
        };
        let folder = self.folder(&source, &ready)?;
        may_hold_seeds(&folder, &source.text)?;
        let first = run::seed_of(&self.request(&source)?, &ready);
        for seed in seeds(first, count)? {
            let out = folder.of_seed(seed);
            let resume = self.resume && RunDir::at(&out).has_checkpoint();
            let member = Request { seed: Some(seed), out: Some(&out), resume, ..self.request(&source)? };
            let ended = self.train(&source, &ready, &member, ranks, &stop, ui)?;
            if self.said(&ended, ui) == Exit::Interrupted {
                return Ok(Exit::Interrupted);
            }
        }
        ui.talk(format_args!(
            "{count} runs: `dropnet eval {}` scores their mean",
            shell::path(folder.path())
        ));
        Ok(Exit::Done)
    }

    /// The text, and the net and its data that are ready.
    fn opened(&self, ui: &mut Ui) -> Result<(Source, Ready), Failure> {
        let source = Source::read(&self.file.path)?;
        let goes_on = self.seeds.is_none() && run::goes_on(&self.request(&source)?);
        let ready = match goes_on {
            true => opened_by(run::open_again, &self.file, &source, ui)?,
            false => opened(&self.file, &source, ui)?,
        };
        Ok((source, ready))
    }

    /// The folder of several runs.
    fn folder(&self, source: &Source, ready: &Ready) -> Result<RunDir, Failure> {
        if let Some(out) = &self.out {
            return Ok(RunDir::at(out));
        }
        match self.resume {
            true => Err(Failure::usage("`--resume` of several runs needs their folder: `-o DIR`")),
            false => Ok(RunDir::at(&run::stamped_folder(&self.request(source)?, ready))),
        }
    }

    fn train(
        &self,
        source: &Source,
        ready: &Ready,
        request: &Request<'_>,
        ranks: Option<&Ranks>,
        stop: &Arc<AtomicU32>,
        ui: &mut Ui,
    ) -> Result<Ended, Failure> {
        let started = match ranks {
            None => run::start(request, ready).map_err(|error| unstarted(error, ui))?,
            Some(ranks) => {
                let started = run::start_together(request, ready, &*ranks.peers());
                let started = ranks.all(started.map_err(|error| unstarted(error, ui)), ui)?;
                // None where another has failed, which `all` has heard of.
                let Some(started) = started else { return Err(Failure::Reported(Exit::Data)) };
                started
            }
        };
        self.heading(source, ready, &started, ranks, ui);
        let (dir, seed, meta) = (started.dir.clone(), started.meta.seed, started.meta);
        let writes = ranks.is_none_or(Ranks::is_first);
        let job = Job {
            model: &ready.model,
            dataset: &ready.dataset,
            dir: writes.then_some(dir.path()),
            meta,
            peers: ranks.map(Ranks::peers),
        };
        let options = Options { threads: self.threads.count(), epochs: self.epochs, figures: true };
        let mut screen = Screen {
            events: self.tensorboard.then(|| screen::events(&dir)).transpose()?,
            dir: &dir,
            json: self.json,
            seed: self.seeds.map(|_| seed),
            bars: !self.no_progress,
            ui,
            bar: None,
            pace: None,
            lines: Lines::new(),
            failure: None,
            unlogged: false,
        };
        let _heed = interrupts::Heed::begin();
        let observer: &mut dyn Observer = if writes { &mut screen } else { &mut Aside };
        let result = train::train(job, started.checkpoint, &options, stop, observer);
        screen.bar = None;
        if let Some(failure) = screen.failure {
            return Err(failure);
        }
        let alone = matches!(result, Err(TrainError::Rows(_) | TrainError::Codegen(_)));
        let ended = match result {
            Ok(outcome) if writes => self.done(&dir, &outcome, ui).map(|()| Ended::Done),
            Ok(_) => Ok(Ended::Done),
            Err(TrainError::Interrupted { epoch, step }) => Ok(Ended::Interrupted { epoch, step, dir }),
            Err(TrainError::Rows(error)) => Err(data::failure(&error, Some(source), ui)),
            Err(error) => Err(failure(error, &dir, ready, ui)),
        };
        // Then the others wait for what this process has not computed.
        Ranks::settled(ranks.filter(|_| alone), ended, ui)
    }

    fn request<'a>(&'a self, source: &'a Source) -> Result<Request<'a>, Failure> {
        Ok(Request {
            source: &source.text,
            file: &self.file.path,
            sets: &self.file.sets.sets,
            seed: self.seed,
            out: self.out.as_deref(),
            resume: self.resume,
            working: working()?,
            now: now() as u64,
        })
    }
}

/// Seeds one after the other.
pub fn seeds(first: u64, count: u64) -> Result<std::ops::RangeInclusive<u64>, Failure> {
    let last = first.checked_add(count - 1);
    last.map(|last| first..=last).ok_or_else(|| {
        Failure::usage(format!(
            "{count} seeds from {first} on end beyond {}\nhelp: begin at a smaller seed",
            u64::MAX
        ))
    })
}

pub fn working() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::data(format!("no working directory: {e}")))
}

/// Refuses a folder whose runs would be taken for more of this net's.
fn may_hold_seeds(folder: &RunDir, text: &str) -> Result<(), Failure> {
    let path = folder.path().display();
    let other = |run: &PathBuf| std::fs::read(RunDir::at(run).net()).is_ok_and(|own| own != text.as_bytes());
    let what = match () {
        () if folder.has_checkpoint() => "a run",
        () if folder.members().iter().any(other) => "runs of another net",
        () => return Ok(()),
    };
    Err(Failure::usage(format!("{path} holds {what} already\nhelp: choose another folder")))
}

/// A net that trains, its data loaded and its warnings said.
pub fn opened(file: &File, source: &Source, ui: &mut Ui) -> Result<Ready, Failure> {
    opened_by(run::open, file, source, ui)
}

/// How a text and its data become a net that is ready.
type Open = fn(&str, &[(String, String)], &Search) -> Result<Ready, OpenError>;

fn opened_by(open: Open, file: &File, source: &Source, ui: &mut Ui) -> Result<Ready, Failure> {
    file.sets.check()?;
    let search = data::search(&file.path);
    match open(&source.text, &file.sets.sets, &search) {
        Ok(ready) => {
            source::report(&ready.warnings, source, ui);
            if ready.model.train.is_none() {
                return Err(faulty(source, &OpenError::NoSection("train")));
            }
            Ok(ready)
        }
        Err(OpenError::Net(diagnostics)) => {
            source::report(&diagnostics, source, ui);
            Err(Failure::Reported(Exit::Faulty))
        }
        Err(OpenError::Data(error)) => Err(data::failure(&error, Some(source), ui)),
        Err(error) => Err(faulty(source, &error)),
    }
}
