//! `dropnet train`: fits a net to its data, into the folder of a run.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use dropnet::{
    model::summary::{grouped, number},
    run::{self, OpenError, Ready, Request, RunDir, StartError, Started},
    runtime::train::{self, Job, Options, Outcome as Trained, TrainError},
    shell,
};

use super::{
    Outcome, check, data, numbers, progress,
    screen::{self, Screen, now, unwritable},
    source::{self, File, Source},
    ui::{Exit, Failure, Ui},
    watch::{self, Watched, Watching},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    file: File,
    /// Folder of the run [default: runs/NAME-DATE-TIME-HASH]
    #[arg(short, long, value_name = "DIR", conflicts_with = "watch")]
    out: Option<PathBuf>,
    /// Seed of every random decision [default: that of the file, or 0]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// Train so many nets, with seeds one after the other, into a folder `seed-N` each: `eval`, `predict` and `audit` average them
    #[arg(long, value_name = "N", value_parser = numbers::between::<2, 1000>, conflicts_with = "watch")]
    seeds: Option<u64>,
    /// Stop after this epoch; schedules keep the length that the file gives them
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
        self.count.map_or_else(dropnet::kernels::team::cores, usize::from)
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let stop = Arc::new(AtomicU32::new(0));
        stop_on_interrupt(stop.clone())?;
        if self.watching.watch {
            return self.watched(&stop, ui);
        }
        let source = Source::read(&self.file.path)?;
        let ready = opened(&self.file, &source, ui)?;
        let Some(count) = self.seeds else {
            let ended = self.train(&source, &ready, &self.request(&source)?, &stop, ui)?;
            return Ok(self.said(&ended, ui));
        };
        let folder = self.folder(&source, &ready)?;
        may_hold_seeds(&folder, &source.text)?;
        let first = run::seed_of(&self.request(&source)?, &ready);
        for seed in seeds(first, count)? {
            let out = folder.of_seed(seed);
            let resume = self.resume && RunDir::at(&out).has_checkpoint();
            let member = Request { seed: Some(seed), out: Some(&out), resume, ..self.request(&source)? };
            let ended = self.train(&source, &ready, &member, &stop, ui)?;
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

    /// Trains anew whenever the file is saved; what is under way then is of an older text, and ends.
    fn watched(&self, interrupted: &Arc<AtomicU32>, ui: &mut Ui) -> Outcome {
        let mut file = Watched::new([self.file.path.as_path()].into_iter())?;
        for round in 0.. {
            file.look();
            self.watching.begin(round == 0, &self.file.path.display().to_string(), ui);
            match self.until_saved(&file, interrupted, ui) {
                Err(Failure::PipeClosed) => return Err(Failure::PipeClosed),
                Err(failure) => drop(ui.fail(&failure)),
                Ok(()) => {}
            }
            ui.finish()?;
            if !file.wait(interrupted) {
                break;
            }
        }
        Ok(Exit::Interrupted)
    }

    /// One round: to its end, or until the file is saved or Ctrl-C is heard.
    fn until_saved(&self, file: &Watched, interrupted: &AtomicU32, ui: &mut Ui) -> Result<(), Failure> {
        let begun = Instant::now();
        let source = Source::read(&self.file.path)?;
        let ready = opened(&self.file, &source, ui)?;
        ui.talk(format_args!("checked, and the data loaded, in {}", check::elapsed(begun)));
        let stop = Arc::new(AtomicU32::new(0));
        let over = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let both = || interrupted.load(Ordering::SeqCst) != 0 || file.changed();
                while over.load(Ordering::SeqCst) == 0 && !both() {
                    std::thread::sleep(watch::PERIOD);
                }
                stop.store(1, Ordering::SeqCst);
            });
            // Ends the other thread however this one ends, or the scope would wait for it.
            let _over = watch::Over(&over);
            let ended =
                self.request(&source).and_then(|request| self.train(&source, &ready, &request, &stop, ui));
            let ended = ended?;
            if let Ended::Interrupted { epoch, step, .. } = ended
                && interrupted.load(Ordering::SeqCst) == 0
            {
                ui.talk(format_args!(
                    "{} was saved: stopped in epoch {epoch} after {step} steps",
                    source.name
                ));
            } else {
                self.said(&ended, ui);
            }
            Ok(())
        })
    }

    /// Says why a run ended before its time.
    fn said(&self, ended: &Ended, ui: &mut Ui) -> Exit {
        let Ended::Interrupted { epoch, step, dir } = ended else { return Exit::Done };
        ui.error_text(&format!(
            "interrupted in epoch {epoch} after {step} steps; the checkpoint is written\n"
        ));
        ui.talk(format_args!("help: `{}` goes on from there", self.resuming(dir)));
        Exit::Interrupted
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
        stop: &Arc<AtomicU32>,
        ui: &mut Ui,
    ) -> Result<Ended, Failure> {
        let started = run::start(request, ready).map_err(|error| unstarted(error, ui))?;
        self.heading(source, ready, &started, ui);
        let (dir, seed, meta) = (started.dir.clone(), started.meta.seed, started.meta);
        let job = Job { model: &ready.model, dataset: &ready.dataset, dir: Some(dir.path()), meta };
        let options = Options { threads: self.threads.count(), epochs: self.epochs, figures: true };
        let mut screen = Screen {
            events: self.tensorboard.then(|| screen::events(&dir)).transpose()?,
            dir: &dir,
            json: self.json,
            seed: self.seeds.map(|_| seed),
            bars: !self.no_progress,
            ui,
            bar: None,
            failure: None,
            unlogged: false,
        };
        let result = train::train(job, started.checkpoint, &options, stop, &mut screen);
        screen.bar = None;
        if let Some(failure) = screen.failure {
            return Err(failure);
        }
        match result {
            Ok(outcome) => self.done(&dir, &outcome, ui).map(|()| Ended::Done),
            Err(TrainError::Interrupted { epoch, step }) => Ok(Ended::Interrupted { epoch, step, dir }),
            Err(error) => Err(failure(error, &dir, ready, ui)),
        }
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

    fn heading(&self, source: &Source, ready: &Ready, started: &Started, ui: &mut Ui) {
        let rows = |part: Option<&dropnet::data::Part>, name: &str| {
            part.map_or(String::new(), |part| format!(" + {} {name}", grouped(part.rows())))
        };
        let (data, threads) = (&ready.dataset, self.threads.count());
        let groups = data.schema.groups.as_ref().map(|groups| {
            let parts = [groups.train, groups.valid, groups.test];
            let counts: Vec<String> = parts.into_iter().filter(|n| *n > 0).map(grouped).collect();
            format!(" ({} groups of `{}`)", counts.join(" + "), groups.column)
        });
        ui.talk(format_args!(
            "{} · {} parameters · {} training{}{} rows{} · seed {} · {threads} {}",
            source.name,
            grouped(ready.model.parameter_count()),
            grouped(data.train.rows()),
            rows(data.valid.as_ref(), "validation"),
            rows(data.test.as_ref(), "test"),
            groups.unwrap_or_default(),
            started.meta.seed,
            if threads == 1 { "thread" } else { "threads" },
        ));
        let at = &started.meta.progress;
        if started.checkpoint.is_some() {
            ui.talk(format_args!(
                "resuming {} after {}",
                started.dir.path().display(),
                progress::length(at.epoch, at.step)
            ));
        }
    }

    fn done(&self, dir: &RunDir, outcome: &Trained, ui: &mut Ui) -> Result<(), Failure> {
        let written = dir.metrics(&run::metrics_json(outcome));
        written.map_err(|e| unwritable(dir, &e))?;
        if self.json {
            return ui.data(&format!("{}\n", run::done_json(dir.path(), outcome)));
        }
        if let Some(test) = &outcome.test {
            let of = match (&outcome.best, outcome.tested) {
                (Some(best), "best") => format!("  (epoch {}, the best)", best.epoch),
                _ => String::new(),
            };
            ui.data(&format!("test  {}{of}\n", progress::figures(test)))?;
        }
        if let Some(precision) = outcome.precision {
            ui.data(&format!("fitted precision {}\n", number(precision)))?;
        }
        if outcome.already_done {
            ui.talk(format_args!(
                "nothing to do: {} has run its {}",
                dir.path().display(),
                progress::length(outcome.epochs, outcome.steps)
            ));
        } else {
            let (steps, compiling) = (progress::seconds(outcome.seconds), outcome.compile_seconds * 1e3);
            ui.talk(format_args!(
                "{steps} of training steps, {compiling:.0} ms of compiling; the run is in {}",
                dir.path().display()
            ));
        }
        Ok(())
    }

    /// The command line that takes the run up again.
    fn resuming(&self, dir: &RunDir) -> String {
        let mut line = format!("dropnet train {}", shell::path(&self.file.path));
        for (name, value) in &self.file.sets.sets {
            line += &format!(" --set {}", shell::word(&format!("{name}={value}")));
        }
        if let Some(epochs) = self.epochs {
            line += &format!(" --epochs {epochs}");
        }
        let folder = match self.seeds {
            None => dir.path(),
            Some(count) => {
                line += &self.seed.map_or(String::new(), |seed| format!(" --seed {seed}"));
                line += &format!(" --seeds {count}");
                dir.path().parent().unwrap_or(dir.path())
            }
        };
        line + &format!(" -o {} --resume", shell::path(folder))
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

/// Why a run could not begin.
pub fn unstarted(error: StartError, ui: &mut Ui) -> Failure {
    match error {
        StartError::Usage(message) => Failure::usage(message),
        StartError::Data(message) => Failure::data(message),
        StartError::Rows(error) => data::failure(&error, None, ui),
    }
}

/// What is said where training went astray, and of what is left.
pub fn diverged(epoch: u64, step: u64, kept: &str, ready: &Ready) -> Failure {
    let message = format!(
        "training diverged: the objective is no longer finite in epoch {epoch}, step {step}\n{kept}\n{}",
        run::cure(&ready.model, &ready.dataset)
    );
    Failure::Said(Exit::Diverged, message)
}

/// Why training ended before its time.
pub fn failure(error: TrainError, dir: &RunDir, ready: &Ready, ui: &mut Ui) -> Failure {
    match error {
        TrainError::Interrupted { epoch, step } => {
            Failure::Said(Exit::Interrupted, format!("interrupted in epoch {epoch} after {step} steps"))
        }
        TrainError::Diverged { epoch, step } => {
            let kept = match dir.has_checkpoint() {
                true => format!("the last good checkpoint is kept in {}", dir.path().display()),
                false => "no checkpoint had been written yet".into(),
            };
            diverged(epoch, step, &kept, ready)
        }
        TrainError::Checkpoint(error) => Failure::data(error),
        TrainError::Data(message) => Failure::data(message),
        TrainError::Rows(error) => data::failure(&error, None, ui),
        TrainError::Unwritten => Failure::data(format!("cannot write {}", dir.path().display())),
        TrainError::Codegen(error) => data::native(&error),
    }
}

/// A net that trains, its data loaded and its warnings said.
pub fn opened(file: &File, source: &Source, ui: &mut Ui) -> Result<Ready, Failure> {
    file.sets.check()?;
    let search = data::search(&file.path);
    match run::open(&source.text, &file.sets.sets, &search) {
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

fn faulty(source: &Source, error: &OpenError) -> Failure {
    Failure::Said(Exit::Faulty, format!("{}: {error}", source.name))
}

/// The first Ctrl-C asks the loop to finish its step; the second does not wait.
pub fn stop_on_interrupt(stop: Arc<AtomicU32>) -> Result<(), Failure> {
    let handler = move || {
        if stop.swap(1, Ordering::SeqCst) != 0 {
            std::process::exit(Exit::Interrupted as i32);
        }
    };
    ctrlc::set_handler(handler).map_err(|e| Failure::data(format!("cannot watch for Ctrl-C: {e}")))
}
