//! Giving up trials that are worse than the median of earlier ones after as many epochs (Golovin et al. 2017, the rule of medians).
//!
//! A trial is held against trials of earlier rounds alone, so what is given up depends on no clock and no number of jobs.

use std::collections::HashMap;

use optimizer::{
    Direction,
    pruner::{MedianPruner, Pruner as _},
    sampler::CompletedTrial,
};

use serde_json::{Value as Json, json};

use super::trial::Measured;
use crate::{
    model::{Goal, Prune},
    runtime::train::{EpochReport, Event, Observer},
};

/// The curves that a trial has to keep up with.
pub struct Rivals {
    pruner: MedianPruner,
    goal: Goal,
    finished: Vec<CompletedTrial>,
}

impl Rivals {
    pub fn new<'m>(prune: &Prune, goal: &Goal, earlier: impl Iterator<Item = &'m Measured>) -> Self {
        let direction = if goal.highest { Direction::Maximize } else { Direction::Minimize };
        let finished = earlier.filter(|one| !one.pruned && !one.curve.is_empty());
        let finished = finished.enumerate().map(|(i, one)| {
            let steps = (1..).zip(one.curve.iter().copied()).filter(|(_, x)| x.is_finite());
            CompletedTrial::with_intermediate_values(
                i as u64,
                HashMap::new(),
                HashMap::new(),
                HashMap::new(),
                one.curve.last().copied().unwrap_or(f64::NAN),
                steps.collect(),
                HashMap::new(),
            )
        });
        Self {
            pruner: MedianPruner::new(direction).n_warmup_steps(prune.after),
            goal: goal.clone(),
            finished: finished.collect(),
        }
    }

    /// Whether a trial with this goal after so many epochs should be given up.
    fn are_better(&self, epochs: u64, value: f64) -> bool {
        self.pruner.should_prune(u64::MAX, epochs, &[(epochs, value)], &self.finished)
    }
}

/// Listens to a trial: its curve, and whether it should go on.
pub struct Watch<'a> {
    pub rivals: Option<&'a Rivals>,
    /// Whether the figures of epochs are kept.
    keeps: bool,
    pub epochs: Vec<Json>,
    pub curve: Vec<f64>,
    pub pruned: bool,
}

impl<'a> Watch<'a> {
    pub fn new(rivals: Option<&'a Rivals>, keeps: bool) -> Self {
        Self { rivals, keeps, epochs: Vec::new(), curve: Vec::new(), pruned: false }
    }

    /// Figures of an epoch as they are recorded.
    fn keep(&mut self, report: &EpochReport) {
        let mut line = json!({ "train": report.train.json() });
        if let Some(valid) = &report.valid {
            line["valid"] = valid.json();
        }
        if let Some(judged) = &report.judged {
            line["judged"] = judged.json();
        }
        self.epochs.push(line);
    }

    fn epoch(&mut self, rivals: &Rivals, report: &EpochReport) {
        let value = report.valid.as_ref().and_then(|figures| figures.get(&rivals.goal.figure));
        let value = value.unwrap_or(f64::NAN);
        self.curve.push(value);
        self.pruned = report.epoch < report.epochs && rivals.are_better(report.epoch, value);
    }
}

impl Observer for Watch<'_> {
    fn event(&mut self, event: Event<'_>) {
        let Event::EpochDone(report) = event else { return };
        if self.keeps {
            self.keep(report);
        }
        if let Some(rivals) = self.rivals {
            self.epoch(rivals, report);
        }
    }

    fn ends(&mut self) -> bool {
        self.pruned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64], pruned: bool) -> Measured {
        Measured { curve: values.to_vec(), pruned, ..Measured::default() }
    }

    #[test]
    fn what_is_worse_than_the_median_is_given_up_after_its_time() {
        let earlier = [
            curve(&[3.0, 2.0, 1.0], false),
            curve(&[3.0, 3.0, 3.0], false),
            curve(&[3.0, 4.0, 5.0], false),
            // A pruned one has no say.
            curve(&[0.0, 0.0], true),
        ];
        let prune = Prune { after: 2 };
        let rivals = |highest| Rivals::new(&prune, &Goal { highest, figure: "loss".into() }, earlier.iter());
        let (lowest, highest) = (rivals(false), rivals(true));
        assert!(!lowest.are_better(1, 100.0), "before its time");
        assert!(lowest.are_better(2, 3.5) && !lowest.are_better(2, 3.0) && !lowest.are_better(2, 2.5));
        assert!(highest.are_better(3, 2.5) && !highest.are_better(3, 3.5));
        assert!(!lowest.are_better(4, 100.0), "nobody has come so far");
        let none = Rivals::new(&prune, &Goal { highest: false, figure: "loss".into() }, [].iter());
        assert!(!none.are_better(5, 100.0));
    }
}
