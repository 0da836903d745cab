//! One epoch: its steps, a block at a time, and what follows from its figures.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

use super::{EpochReport, Event, Observer, TrainError, Trainer, judge::Verdict};
use crate::{
    data::Numbers,
    draws,
    runtime::{
        figures::steps_of_block,
        function::{Augmented, Layout, Pass, PassError, Status, Watch},
        plan::{self, EpochPlan},
        ranks::anywhere,
    },
};

impl Trainer<'_> {
    /// One epoch, or what is left of it up to the update `end`. An epoch that ends there before all its rows were seen has figures, but
    /// nothing is judged by them: who trains on finishes it, and comes to the same as who never stopped.
    pub(super) fn epoch(
        &mut self,
        end: u64,
        stop: &Arc<AtomicU32>,
        observer: &mut dyn Observer,
    ) -> Result<(), TrainError> {
        let epoch = self.progress.epoch;
        let laid = plan::Laid::new(self.section, self.function.scalars(), &self.visits);
        let plan = plan::epoch(&laid, &self.shape, &self.progress, self.noise);
        self.keeper.epoch_begins();
        if self.progress.step == 0 {
            self.store.begin(self.function.graph());
        }
        let done = Arc::new(AtomicU64::new(self.progress.step));
        let all = self.shape.steps() as u64;
        let (steps, epochs) = (all.min(end - epoch * all), end.div_ceil(all));
        let whole = steps == all;
        observer.event(Event::EpochBegan { epoch: epoch + 1, epochs, steps, done: done.clone() });
        let seconds = self.steps(&plan, steps, &done, stop, observer)?;
        self.measure()?;
        if !self.figures {
            if whole {
                self.finish_epoch();
            }
            return Ok(());
        }
        let (train, valid, judged) =
            (self.train_figures(), self.valid_figures()?, self.judged_figures(epoch + 1)?);
        let verdict = match whole {
            true => self.judge(epoch + 1, &train, valid.as_ref()),
            false => Verdict::default(),
        };
        if whole {
            self.finish_epoch();
        }
        let best = verdict.best;
        if best {
            self.keeper.best_is(&self.store, &self.progress);
        }
        let lr = plan.rates[..steps as usize].last().copied().unwrap_or(0.0);
        let report = EpochReport { epoch: epoch + 1, epochs, seconds, steps, train, valid, judged, lr, best };
        observer.event(Event::EpochDone(&report));
        if anywhere(&self.team, observer.has_failed()) {
            return Err(TrainError::Unwritten);
        }
        self.tell(epoch + 1, verdict.undefined, observer);
        if anywhere(&self.team, self.keeper.is_due()) {
            self.write_last()?;
        }
        Ok(())
    }

    /// What there is to say of an epoch beside its figures: which of them were watched in vain, and that it was the last.
    fn tell(&mut self, epoch: u64, undefined: Vec<(&'static str, String)>, observer: &mut dyn Observer) {
        for (by, watch) in undefined {
            if self.told.insert(by) {
                let why = self.reporter.undefined_where(watch.split_once('.').map_or("", |of| of.1));
                observer.event(Event::Undefined { epoch, by, watch: &watch, why });
            }
        }
        if let (true, Some(best), Some(stop)) =
            (self.progress.stopped_early, self.progress.best, &self.section.stop_early)
        {
            observer.event(Event::StoppedEarly { epoch, best, watch: &stop.watch });
        }
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
        observer: &mut dyn Observer,
    ) -> Result<f64, TrainError> {
        let epoch = self.progress.epoch;
        self.progress.totals.resize(self.function.graph().metrics.len(), 0.0);
        let mut seconds = 0.0;
        while self.progress.step < steps {
            let first = self.progress.step;
            let last = steps.min(first + self.outputs_hold());
            let started = Instant::now();
            let (status, unread) = match self.block(plan, first..last, done, stop, observer) {
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
            if let Some(error) = unread {
                // Of this process alone, whose peers wait for it in vain.
                self.write()?;
                return Err(TrainError::Rows(error));
            }
            if let Status::Stopped { next } = status {
                self.write_last()?;
                return Err(TrainError::Interrupted { epoch: epoch + 1, step: next });
            }
        }
        self.seconds += seconds;
        Ok(seconds)
    }

    /// Steps whose outputs have room.
    fn outputs_hold(&self) -> u64 {
        steps_of_block(self.shape.batch, self.job.model.output.kind.judged_width()) as u64
    }

    /// Runs some steps natively.
    fn block(
        &mut self,
        plan: &EpochPlan,
        steps: Range<u64>,
        done: &AtomicU64,
        stop: &AtomicU32,
        observer: &mut dyn Observer,
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
        let mut witness = |positions: Range<usize>, rows: Numbers<'_>| {
            observer.fed(epoch + 1, &mut positions.map(|position| plan.place(position)), rows);
        };
        let augmenter = self.augmenter.as_ref();
        let augment = augmenter.map(|augmenter| Augmented {
            epoch: augmenter.at(self.section, &self.shape, plan, epoch),
            witness: &mut witness,
        });
        self.function.run(Pass {
            augment,
            with_target: true,
            partner: plan.partner.as_deref(),
            places: plan.places(),
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
        let outputs = &self.outputs[..order.len() * self.job.model.output.kind.judged_width()];
        tallies.add(outputs, &self.job.dataset.train, order);
    }

    /// Rows of the epoch that are visited before this step.
    pub(super) fn position(&self, step: u64) -> usize {
        (step as usize * self.shape.batch).min(self.shape.visited())
    }
}
