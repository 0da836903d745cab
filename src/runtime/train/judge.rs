//! What the figures of an epoch decide: whether it is the best, whether training stops early, how the plateau schedule goes on, and the fitted
//! precision.

use super::{TrainError, Trainer};
use crate::{
    data::Part,
    lower::{LOSS, OBJECTIVE, STEPS},
    model::Train,
    runtime::{evaluate::Evaluator, figures::Figures, progress::Best},
};

/// What the figures of an epoch come to.
#[derive(Default)]
pub(super) struct Verdict {
    /// Whether the epoch is the best so far.
    pub best: bool,
    /// Statements whose watched figure has no value, and the figures.
    pub undefined: Vec<(&'static str, String)>,
}

impl Trainer<'_> {
    /// Whether anything after an epoch depends on its figures.
    pub(super) fn watches(section: &Train) -> bool {
        !section.watches().is_empty() || section.fits_precision()
    }

    pub(super) fn train_figures(&self) -> Figures {
        let Some(tallies) = &self.tallies else { return Figures::default() };
        let rows = self.position(self.progress.step) as f64;
        let totals = &self.progress.totals;
        let terms = totals.get(STEPS).copied().unwrap_or(rows);
        let mut figures = tallies.figures(Some(totals[LOSS] / terms));
        figures.0.insert(1, ("objective".into(), totals[OBJECTIVE] / terms));
        figures
    }

    pub(super) fn valid_figures(&mut self) -> Result<Option<Figures>, TrainError> {
        // Taken out for the pass, which needs the whole trainer.
        let Some((rows, mut evaluator)) = self.parts.valid.take() else { return Ok(None) };
        let figures = self.figures_of(&rows.part, &mut evaluator);
        self.parts.valid = Some((rows, evaluator));
        figures.map(Some)
    }

    /// Those of the training rows as validation rows are judged, where the file asks for them after this epoch.
    pub(super) fn judged_figures(&mut self, epoch: u64) -> Result<Option<Figures>, TrainError> {
        if !self.section.judge.is_some_and(|judge| judge.is_due(epoch)) {
            return Ok(None);
        }
        let part = &self.job.dataset.train;
        let mut evaluator = match self.judge.take() {
            Some(evaluator) => evaluator,
            None => Evaluator::new(self.job.model, part)?,
        };
        let figures = self.figures_of(part, &mut evaluator);
        self.judge = Some(evaluator);
        figures.map(Some)
    }

    pub(super) fn test_figures(&mut self) -> Result<Option<Figures>, TrainError> {
        let Some(part) = &self.job.dataset.test else { return Ok(None) };
        let mut evaluator = self.parts.judge_of(self.job.model, part)?;
        self.figures_of(part, &mut evaluator).map(Some)
    }

    fn figures_of(&mut self, part: &Part, evaluator: &mut Evaluator) -> Result<Figures, TrainError> {
        let seed = self.job.meta.seed;
        let mut averaged = self.store.averaged(self.function.graph());
        let store = averaged.as_mut().unwrap_or(&mut self.store);
        Ok(evaluator.figures(part, store, &self.reporter, &self.team, seed)?)
    }

    /// What the figures of a whole epoch decide.
    pub(super) fn judge(&mut self, epoch: u64, train: &Figures, valid: Option<&Figures>) -> Verdict {
        let best = self.improves(epoch, train, valid);
        if self.section.fits_precision() {
            // A loss of 0, or none, says nothing of how far observations spread: what was found before stays.
            let noise = self.watched("valid.loss", train, valid).0;
            self.progress.noise =
                noise.filter(|noise| noise.is_finite() && *noise > 0.0).or(self.progress.noise);
        }
        Verdict { best, undefined: self.undefined(train, valid) }
    }

    /// Compares the watched figure with the best so far; moves patience and the plateau schedule on. An epoch whose figure has no value is
    /// neither better nor worse.
    fn improves(&mut self, epoch: u64, train: &Figures, valid: Option<&Figures>) -> bool {
        let stop = self.section.stop_early.as_ref();
        let watch = stop.map_or(if valid.is_some() { "valid.loss" } else { "train.loss" }, |s| &s.watch);
        let (value, higher_is_better) = self.watched(watch, train, valid);
        let sign = if higher_is_better { -1.0 } else { 1.0 };
        let min_delta = stop.map_or(0.0, |s| s.min_delta);
        let improved = value
            .filter(|v| v.is_finite())
            .filter(|v| self.progress.best.is_none_or(|b| sign * v < sign * b.value - min_delta));
        match improved {
            Some(value) => {
                self.progress.best = Some(Best { value, epoch, checksum: None });
                self.progress.bad_epochs = 0;
            }
            None if value.is_none_or(f64::is_nan) => {}
            None => self.progress.bad_epochs += 1,
        }
        if let Some(stop) = stop {
            self.progress.stopped_early = self.progress.bad_epochs >= stop.patience as u64;
        }
        if let Some(rule) = self.section.schedule.word.plateau(&self.section.schedule.args)
            && let (Some(value), higher_is_better) = self.watched(&rule.watch, train, valid)
        {
            self.progress.plateau = rule.after_epoch(self.progress.plateau, value, higher_is_better);
        }
        improved.is_some()
    }

    /// Statements whose watched figure has no value, and the figures.
    fn undefined(&self, train: &Figures, valid: Option<&Figures>) -> Vec<(&'static str, String)> {
        let mut watched = self.section.watches();
        watched.retain(|(_, watch)| self.watched(watch, train, valid).0.is_none_or(f64::is_nan));
        watched
    }

    /// The figure of this name, `valid.accuracy`, and whether a higher one is better.
    fn watched(&self, watch: &str, train: &Figures, valid: Option<&Figures>) -> (Option<f64>, bool) {
        let (part, figure) = watch.split_once('.').unwrap_or(("train", watch));
        let value = match part {
            "valid" => valid.and_then(|f| f.get(figure)),
            _ => train.get(figure),
        };
        (value, self.reporter.higher_is_better(figure))
    }

    pub(super) fn precision(&self) -> Option<f64> {
        let variance = self.job.model.fitted.map_or(1.0, |fitted| fitted.variance);
        self.progress.noise.map(|noise| 1.0 / (noise * variance))
    }
}
