//! The training driver: epochs of the native loop, validation, early stopping, checkpoints, resume.
//!
//! Invariants: what is decided on the host is a function of (seed, epoch, update); checkpoints are written between updates only, and
//! after they were found finite; the test part is read once, after training.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

mod error;
mod judge;
mod parts;
mod told;

pub use error::TrainError;
pub use told::{EpochReport, Event, Observer, Outcome};

use super::{
    checkpoint::Checkpoint,
    counts,
    figures::{Reporter, Tallies, steps_of_block},
    function::{Function, Layout, Pass, PassError, Status, Watch},
    keeper::{self, Keeper},
    plan::{self, EpochPlan, Shape},
    progress::{Meta, Progress},
    store::Store,
};
use crate::kernels::team::Team;
use crate::{
    data::{DataConfig, Dataset},
    draws,
    model::{Model, Train},
};
use parts::Parts;

/// What is trained, on what, into which folder.
pub struct Job<'a> {
    pub model: &'a Model,
    pub dataset: &'a Dataset,
    /// The folder of the run; it exists. Without one nothing is written.
    pub dir: Option<&'a Path>,
    /// Source text, `--set` values, seed, data attributes and transform: what the checkpoint carries. `progress` is where to go on.
    pub meta: Meta,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub threads: usize,
    /// How far this run goes; the schedule's horizon stays that of the file.
    pub epochs: Option<u64>,
    /// Whether figures are wanted after every epoch; without, they are taken only where something watches them.
    pub figures: bool,
}

/// Trains, from the beginning or from `resume`.
///
/// # Errors
/// See [`TrainError`]; on `Interrupted` the checkpoint has been written.
pub fn train(
    job: Job<'_>,
    resume: Option<Checkpoint>,
    options: &Options,
    stop: &Arc<AtomicU32>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    let mut trainer = Trainer::new(job, resume, options)?;
    let already_done = trainer.run(options, stop, observer)?;
    if !already_done {
        trainer.write_last()?;
    }
    trainer.outcome(already_done)
}

/// Trains from the beginning and writes nothing; answers the checkpoint of the parameters that a run would test.
///
/// # Errors
/// See [`TrainError`].
pub fn train_in_memory(
    job: Job<'_>,
    options: &Options,
    stop: &Arc<AtomicU32>,
    observer: &mut dyn Observer,
) -> Result<Checkpoint, TrainError> {
    let mut trainer = Trainer::new(Job { dir: None, ..job }, None, options)?;
    trainer.run(options, stop, observer)?;
    trainer.choose()?;
    let meta = Meta { progress: trainer.progress.clone(), ..trainer.job.meta.clone() };
    Ok(Checkpoint::held(trainer.function.graph(), &trainer.store, meta))
}

struct Trainer<'a> {
    job: Job<'a>,
    section: &'a Train,
    team: Team,
    shape: Shape,
    function: Function,
    parts: Parts,
    reporter: Reporter,
    store: Store,
    keeper: Keeper<'a>,
    /// Whether epochs end with figures.
    figures: bool,
    progress: Progress,
    /// Whose watched figure was found to have no value, and was told so.
    told: BTreeSet<&'static str>,
    /// Variance of an observation before anything is known: that of the targets, in the units of training.
    noise: f64,
    /// Figures of the training rows visited so far in this epoch; of none where nobody will ask.
    tallies: Option<Tallies>,
    /// Outputs of a block of training rows.
    outputs: Vec<f32>,
    seconds: f64,
    compile_seconds: f64,
}

impl<'a> Trainer<'a> {
    fn new(job: Job<'a>, resume: Option<Checkpoint>, options: &Options) -> Result<Self, TrainError> {
        let section = job
            .model
            .train
            .as_ref()
            .ok_or_else(|| TrainError::Data("the file has no `train` section".into()))?;
        let Some(batch) = job.model.data.as_ref().map(DataConfig::batch) else {
            return Err(TrainError::Data("the file has no `data` section".into()));
        };
        let shape = Shape {
            rows: job.dataset.train.rows(),
            batch: batch.rows,
            drop_last: batch.drop_last,
            seed: job.meta.seed,
        };
        counts::check(job.model, shape.rows, job.dataset.valid.is_some())
            .map_err(|unfit| TrainError::Data(unfit.plain()))?;
        let started = Instant::now();
        let (parts, function) = Parts::new(job.model, job.dataset)?;
        let compile_seconds = started.elapsed().as_secs_f64();
        let reporter = Reporter::new(job.model, &job.meta.transform);
        let figures = options.figures || Self::watches(section);
        let mut tallies = (figures || job.dir.is_some()).then(|| reporter.tallies());
        let (store, progress) = match resume {
            None => (Store::fresh(job.model, function.graph(), shape.seed), Progress::default()),
            Some(checkpoint) => {
                checkpoint.check_progress(&shape, function.graph().metrics.len())?;
                let store = checkpoint.store(function.graph())?;
                if let Some(tallies) = &mut tallies {
                    checkpoint.resume_epoch(tallies)?;
                }
                (store, checkpoint.meta.progress)
            }
        };
        let width = job.model.output.kind.width();
        let block = shape.batch * steps_of_block(shape.batch, width);
        Ok(Self {
            section,
            team: Team::new(options.threads),
            shape,
            function,
            parts,
            reporter,
            store,
            keeper: Keeper::new(job.dir),
            figures,
            progress,
            told: BTreeSet::new(),
            noise: job.dataset.train.variance(),
            tallies,
            outputs: vec![0.0; block.min(shape.visited()) * width],
            seconds: 0.0,
            compile_seconds,
            job,
        })
    }

    /// The epochs that are left; answers whether there was none.
    fn run(
        &mut self,
        options: &Options,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
    ) -> Result<bool, TrainError> {
        observer.event(Event::Compiled { seconds: self.compile_seconds });
        let steps = self.shape.steps() as u64;
        let end = match options.epochs {
            Some(epochs) => epochs.saturating_mul(steps),
            None => self.section.length.updates(steps),
        };
        let goes_on = |at: &Progress| at.epoch * steps + at.step < end && !at.stopped_early;
        let already_done = !goes_on(&self.progress);
        if !already_done {
            self.settle(stop, observer)?;
        }
        while goes_on(&self.progress) {
            self.epoch(end, stop, observer)?;
            if observer.ends() {
                break;
            }
        }
        Ok(already_done)
    }

    /// Computes once what depends on data alone. Whoever stops that, or meets a row that cannot be read, is where the run stood before.
    fn settle(&mut self, stop: &AtomicU32, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let started = Instant::now();
        let settled = self.parts.settle(&mut self.store, &self.team, stop);
        if !matches!(settled, Ok(Some(_)) | Err(PassError::Codegen(_))) {
            self.write_last()?;
        }
        match settled? {
            None => Err(TrainError::Interrupted { epoch: self.progress.epoch + 1, step: self.progress.step }),
            Some(0) => Ok(()),
            Some(bytes) => {
                observer.event(Event::Settled { bytes, seconds: started.elapsed().as_secs_f64() });
                Ok(())
            }
        }
    }

    /// One epoch, or what is left of it up to the update `end`. An epoch that ends there before all its rows were seen has figures, but
    /// nothing is judged by them: who trains on finishes it, and comes to the same as who never stopped.
    fn epoch(
        &mut self,
        end: u64,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
    ) -> Result<(), TrainError> {
        let epoch = self.progress.epoch;
        let plan =
            plan::epoch(self.section, self.function.scalars(), &self.shape, &self.progress, self.noise);
        self.keeper.epoch_begins();
        let done = Arc::new(AtomicU64::new(self.progress.step));
        let all = self.shape.steps() as u64;
        let (steps, epochs) = (all.min(end - epoch * all), end.div_ceil(all));
        let whole = steps == all;
        observer.event(Event::EpochBegan { epoch: epoch + 1, epochs, steps, done: done.clone() });
        let seconds = self.steps(&plan, steps, &done, stop)?;
        if !self.figures {
            if whole {
                self.finish_epoch();
            }
            return Ok(());
        }
        let train = self.train_figures();
        let valid = match &mut self.parts.valid {
            Some((rows, evaluator)) => Some(evaluator.figures(
                &rows.part,
                &mut self.store,
                &self.reporter,
                &self.team,
                self.job.meta.seed,
            )?),
            None => None,
        };
        let best = whole && self.judge(epoch + 1, &train, valid.as_ref());
        if whole && self.section.fits_precision() {
            // A loss of 0, or none, says nothing of how far observations spread: what was found before stays.
            let noise = self.watched("valid.loss", &train, valid.as_ref()).0;
            self.progress.noise =
                noise.filter(|noise| noise.is_finite() && *noise > 0.0).or(self.progress.noise);
        }
        let undefined = if whole { self.undefined(&train, valid.as_ref()) } else { Vec::new() };
        if whole {
            self.finish_epoch();
        }
        if best {
            self.keeper.best_is(&self.store, &self.progress);
        }
        let lr = plan.rates[..steps as usize].last().copied().unwrap_or(0.0);
        let report = EpochReport { epoch: epoch + 1, epochs, seconds, steps, train, valid, lr, best };
        observer.event(Event::EpochDone(&report));
        if observer.has_failed() {
            return Err(TrainError::Unwritten);
        }
        for (by, watch) in undefined {
            if self.told.insert(by) {
                let why = self.reporter.undefined_where(watch.split_once('.').map_or("", |of| of.1));
                observer.event(Event::Undefined { epoch: epoch + 1, by, watch: &watch, why });
            }
        }
        if let (true, Some(best), Some(stop)) =
            (self.progress.stopped_early, self.progress.best, &self.section.stop_early)
        {
            observer.event(Event::StoppedEarly { epoch: epoch + 1, best, watch: &stop.watch });
        }
        if self.keeper.is_due() {
            self.write_last()?;
        }
        Ok(())
    }

    fn finish_epoch(&mut self) {
        self.progress.epoch += 1;
        self.progress.step = 0;
        self.progress.totals.clear();
        if let Some(tallies) = &mut self.tallies {
            *tallies = self.reporter.tallies();
        }
    }

    /// Runs the epoch's remaining steps up to this one natively, a block at a time; answers their seconds.
    fn steps(
        &mut self,
        plan: &EpochPlan,
        steps: u64,
        done: &AtomicU64,
        stop: &AtomicU32,
    ) -> Result<f64, TrainError> {
        let epoch = self.progress.epoch;
        self.progress.totals.resize(self.function.graph().metrics.len(), 0.0);
        let mut seconds = 0.0;
        while self.progress.step < steps {
            let first = self.progress.step;
            let last = steps.min(first + self.outputs_hold());
            let started = Instant::now();
            let (status, unread) = match self.block(plan, first..last, done, stop) {
                Ok(status) => (status, None),
                // What was done before that row is as good as if somebody had asked to stop there.
                Err(PassError::Data(error)) => {
                    (Status::Stopped { next: done.load(Ordering::Acquire) }, Some(error))
                }
                Err(error) => return Err(error.into()),
            };
            seconds += started.elapsed().as_secs_f64();
            self.progress.step = match status {
                Status::Done => last,
                Status::Stopped { next } => next,
                Status::NonFinite { step } => {
                    self.keep_the_good()?;
                    return Err(TrainError::Diverged { epoch: epoch + 1, step: step + 1 });
                }
            };
            self.tally(plan, first);
            if let Status::Stopped { next } = status {
                self.write_last()?;
                return Err(match unread {
                    Some(error) => TrainError::Rows(error),
                    None => TrainError::Interrupted { epoch: epoch + 1, step: next },
                });
            }
        }
        self.seconds += seconds;
        Ok(seconds)
    }

    /// Steps whose outputs have room.
    fn outputs_hold(&self) -> u64 {
        steps_of_block(self.shape.batch, self.job.model.output.kind.width()) as u64
    }

    /// Runs some steps natively.
    fn block(
        &mut self,
        plan: &EpochPlan,
        steps: Range<u64>,
        done: &AtomicU64,
        stop: &AtomicU32,
    ) -> Result<Status, PassError> {
        let epoch = self.progress.epoch;
        let streams = self.function.streams(|site| draws::train_stream(self.shape.seed, site, epoch));
        let words = self.function.scalars().len();
        let layout = Layout {
            order: &plan.order,
            batch: self.shape.batch,
            scalars: &plan.scalars[steps.start as usize * words..],
            streams: &streams,
        };
        self.function.run(Pass {
            with_target: true,
            partner: plan.partner.as_deref(),
            steps,
            first_update: epoch * self.shape.steps() as u64,
            totals: &mut self.progress.totals,
            watch: Some(Watch { done, stop }),
            ..Pass::once(&self.parts.train.part, layout, &mut self.store, &mut self.outputs, &self.team)
        })
    }

    /// Takes the block that began with step `first` into the figures.
    fn tally(&mut self, plan: &EpochPlan, first: u64) {
        let visited = self.position(first)..self.position(self.progress.step);
        let Some(tallies) = &mut self.tallies else { return };
        let order = &plan.order[visited];
        let outputs = &self.outputs[..order.len() * self.job.model.output.kind.width()];
        tallies.add(outputs, &self.job.dataset.train, order);
    }

    /// Rows of the epoch that are visited before this step.
    fn position(&self, step: u64) -> usize {
        (step as usize * self.shape.batch).min(self.shape.visited())
    }

    /// Writes this moment, and before it the best epoch if it waits to be written.
    fn write_last(&mut self) -> Result<(), TrainError> {
        if self.job.dir.is_none() {
            return Ok(());
        }
        if !self.store.is_finite() {
            return Err(TrainError::Diverged { epoch: self.progress.epoch, step: 0 });
        }
        let within = self.tallies.as_ref().filter(|_| self.progress.step > 0);
        let words = within.map(Tallies::words).unwrap_or_default();
        let graph = self.function.graph();
        Ok(self.keeper.write(graph, &self.store, &words, &self.job.meta, &mut self.progress)?)
    }

    /// After step `step` came out as not finite: writes the best epoch, if it waits to be written. The parameters of that step are not
    /// worth keeping, finite or not: their objective is none.
    fn keep_the_good(&mut self) -> Result<(), TrainError> {
        self.keeper.write_best(self.function.graph(), &self.job.meta, &mut self.progress)?;
        Ok(())
    }

    /// Takes the parameters that are tested: of the best epoch where training stops early and there is one, else the last.
    fn choose(&mut self) -> Result<&'static str, TrainError> {
        if self.section.stop_early.is_none() || self.progress.best.is_none() {
            return Ok("last");
        }
        match (self.job.dir, self.keeper.take_best()) {
            (Some(dir), _) => {
                self.store = keeper::read_best(dir, &self.progress)?.store(self.function.graph())?;
            }
            (None, Some(best)) => self.store = best.store,
            (None, None) => {}
        }
        Ok("best")
    }

    fn outcome(mut self, already_done: bool) -> Result<Outcome, TrainError> {
        let tested = self.choose()?;
        let test = match &self.job.dataset.test {
            Some(part) => Some(self.parts.judge_of(self.job.model, part)?.figures(
                part,
                &mut self.store,
                &self.reporter,
                &self.team,
                self.job.meta.seed,
            )?),
            None => None,
        };
        let batch = self.shape.batch.min(self.shape.rows);
        Ok(Outcome {
            threads: self.function.native().threads(&self.team, batch),
            epochs: self.progress.epoch,
            steps: self.progress.step,
            test,
            tested,
            best: self.progress.best,
            precision: self.precision(),
            seconds: self.seconds,
            compile_seconds: self.compile_seconds,
            already_done,
        })
    }
}
