//! The training driver: epochs of the native loop, validation, early stopping, checkpoints, resume.
//!
//! Invariants: what is decided on the host is a function of (seed, epoch, update); checkpoints are written between updates only, and
//! after they were found finite; the test part is read once, after training.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

mod epoch;
mod error;
mod judge;
mod kept;
mod measure;
mod parts;
mod told;

pub use error::TrainError;
pub use told::{EpochReport, Event, Observer, Outcome};

use super::{
    augment::Augmenter,
    checkpoint::Checkpoint,
    counts,
    evaluate::Evaluator,
    figures::{Reporter, Tallies, steps_of_block},
    function::{Function, PassError},
    keeper::Keeper,
    order::Visits,
    plan::Shape,
    progress::{Meta, Progress},
    ranks::anywhere,
    store::Store,
};
use crate::kernels::team::Team;
use crate::peers::Peers;
use crate::{
    data::{DataConfig, Dataset},
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
    /// The other processes, where the blocks of the model's minibatches are dealt to several: each trains on its own, all come to the same, and the one that has a folder
    /// writes it.
    pub peers: Option<Arc<dyn Peers>>,
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

const ANOTHER_DICTIONARY: &str = "cannot go on: what `augment` is told of the words is not what the run began with\nhelp: put the dictionary, or the kept translations, back as they were, or train anew";

struct Trainer<'a> {
    job: Job<'a>,
    section: &'a Train,
    /// What changes training rows, if anything does.
    augmenter: Option<Augmenter>,
    team: Team,
    shape: Shape,
    visits: Visits,
    function: Function,
    /// What measures statistics of averaged parameters, once it was needed.
    measurer: Option<Function>,
    /// What judges training rows with dropout off, once it was needed.
    judge: Option<Evaluator>,
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
            goes_on: job.dataset.train.streams().is_some(),
            picture: job.model.picture().map_or([0, 0], |(_, [height, width, _])| [height, width]),
        };
        counts::check(job.model, shape.rows, job.dataset.valid.is_some())
            .map_err(|unfit| TrainError::Data(unfit.plain()))?;
        let started = Instant::now();
        let augmenter = Augmenter::new(job.model, job.dataset, shape.seed).map_err(TrainError::Rows)?;
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
        let width = job.model.output.kind.judged_width();
        let block = shape.batch * steps_of_block(shape.batch, width);
        Ok(Self {
            section,
            augmenter,
            team: Team::among(options.threads, job.peers.clone()),
            shape,
            visits: Visits::of(job.model, section, &job.dataset.train).map_err(TrainError::Rows)?,
            function,
            measurer: None,
            judge: None,
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
            self.prepare(stop, observer)?;
            self.settle(stop, observer)?;
        }
        while goes_on(&self.progress) {
            self.epoch(end, stop, observer)?;
            if anywhere(&self.team, observer.ends()) {
                break;
            }
            // Within an epoch nobody looks behind its last step, and it may have no other.
            if anywhere(&self.team, stop.load(Ordering::Acquire) != 0) && goes_on(&self.progress) {
                self.write_last()?;
                return Err(TrainError::Interrupted {
                    epoch: self.progress.epoch + 1,
                    step: self.progress.step,
                });
            }
        }
        Ok(already_done)
    }

    /// Makes what statements of `augment` need beside the rows.
    fn prepare(&mut self, stop: &AtomicU32, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let Some(augmenter) = &mut self.augmenter else { return Ok(()) };
        let mut tell = |said: &str| observer.event(Event::Prepared(said));
        let prepared = augmenter.prepare(self.job.dataset, stop, &mut tell).map_err(TrainError::Rows)?;
        if !anywhere(&self.team, !prepared) {
            let lore = augmenter.stamp();
            if self.progress.lore.is_some() && self.progress.lore != lore {
                return Err(TrainError::Data(ANOTHER_DICTIONARY.into()));
            }
            self.progress.lore = lore;
            return Ok(());
        }
        self.write_last()?;
        Err(TrainError::Interrupted { epoch: self.progress.epoch + 1, step: self.progress.step })
    }

    /// Computes once what depends on data alone. Whoever stops that, or meets a row that cannot be read, is where the run stood before.
    fn settle(&mut self, stop: &AtomicU32, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let started = Instant::now();
        // Everybody keeps all rows, so that there is nothing to exchange.
        let alone = Team::new(self.team.threads());
        let mut settled = self.parts.settle(&mut self.store, &alone, stop);
        if settled.is_ok() && anywhere(&self.team, matches!(settled, Ok(None))) {
            settled = Ok(None);
        }
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

    fn outcome(mut self, already_done: bool) -> Result<Outcome, TrainError> {
        let tested = self.choose()?;
        let test = self.test_figures()?;
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
