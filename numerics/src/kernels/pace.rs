//! How many threads of a team are at work: measured, not assumed.
//!
//! What a second thread is worth depends on the machine (whether its cores share a cache, who else uses them) as much as on the work, and
//! may change while it is done. Bits do not depend on it. So steps run in stretches, a stretch is timed, and at times a few short stretches
//! are run by another number of threads: a *trial*. The number changes when a trial was faster twice, with steps of the number at work
//! between, by the medians of three samples each.
//!
//! A trial costs what its steps took longer than they would have. The next one waits until that is a small share of what has run since,
//! or an eighth of it if steps have become slower, for then something has changed.
//!
//! No clock is read here: decisions are a function of the times that the caller tells.

use std::time::Duration;

/// Seconds of a stretch outside of trials, about: leaving native code and coming back takes a microsecond.
const STRETCH: f64 = 500e-6;
/// Seconds of a sample, at least: shorter ones say more of the clock and the scheduler than of the step.
const SAMPLE: f64 = 250e-6;
/// Samples of one leg of a trial, and of what is known of the number at work: their median counts.
const LEG: usize = 3;
/// A number of threads is better if its steps take this share less.
const MARGIN: f64 = 0.02;
/// A sample that takes this much longer ends a trial at once.
const HOPELESS: f64 = 1.4;
/// Steps have become slower when two samples in a row say so.
const SLOWER: f64 = 1.15;
/// Time run for each second that a trial has lost.
const PRICE: f64 = 256.0;
/// What part of it must have run before a trial if steps are slower.
const HASTE: f64 = 8.0;
/// Seconds between trials, at least.
const PAUSE: f64 = 0.05;

/// Steps to run, and on how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub threads: usize,
    pub steps: u64,
}

/// Who says how steps run.
pub trait Pacing {
    /// What to run next, of `left` steps (at least one).
    fn next(&mut self, left: u64) -> Stretch;

    /// The stretch that [`next`](Self::next) named has taken so long. Not said of stretches that say nothing of others.
    fn took(&mut self, stretch: Stretch, time: Duration);
}

/// The choice for steps of one size.
#[derive(Debug)]
pub struct Pace {
    /// Numbers that come into question: 1, 2, 4, ... and the most.
    rungs: Vec<usize>,
    /// At work: a rung.
    at: usize,
    /// Seconds of a step on each rung, as last seen; 0 before.
    step: Vec<f64>,
    /// The sample that is being taken.
    sample: Sample,
    /// Seconds of a step in the last samples of the number at work.
    recent: Vec<f64>,
    /// The least median of them since the last trial, and what the trial found.
    level: f64,
    /// Seconds run since the last trial, and how many must be.
    since: f64,
    pause: f64,
    trial: Option<Trial>,
    /// What is tried next: a rung beyond one that has just won, else the others by turns.
    beyond: Option<usize>,
    turn: usize,
    /// Whether the next stretch is the first of a pass, and the number of threads of the one before.
    begins: bool,
    last: usize,
}

#[derive(Debug, Default)]
struct Sample {
    steps: u64,
    seconds: f64,
}

/// Legs of samples: of the challenger, of the number at work, of the challenger again.
#[derive(Debug)]
struct Trial {
    challenger: usize,
    leg: usize,
    samples: Vec<f64>,
    /// Median of the number at work.
    held: f64,
    /// Seconds that the trial took longer than steps of the number at work.
    lost: f64,
}

impl Pace {
    /// For at most `most` threads, all of them at work before anything is known.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        let powers = (0..usize::BITS).map(|power| 1 << power).take_while(|rung| *rung < most);
        Self::of(powers.chain([most]).collect())
    }

    /// This number, whatever it takes.
    pub fn fixed(threads: usize) -> Self {
        Self::of(vec![threads])
    }

    fn of(rungs: Vec<usize>) -> Self {
        Self {
            at: rungs.len() - 1,
            step: vec![0.0; rungs.len()],
            rungs,
            sample: Sample::default(),
            recent: Vec::new(),
            level: f64::INFINITY,
            since: 0.0,
            pause: 0.0,
            trial: None,
            beyond: None,
            turn: 0,
            begins: true,
            last: 0,
        }
    }

    /// Threads at work.
    pub fn threads(&self) -> usize {
        self.rungs[self.at]
    }

    /// A pass begins: its first stretch pays for waking threads, as each pass will.
    pub fn begin(&mut self) {
        self.begins = true;
    }

    /// The rung of the next stretch.
    fn rung(&self) -> usize {
        match &self.trial {
            Some(trial) if trial.leg != 1 => trial.challenger,
            _ => self.at,
        }
    }

    /// Whether the number changes to `threads` in the midst of a pass: threads are woken, and numbers lie in the caches of others. That is
    /// the price of the change, not of the number.
    fn changes(&self, threads: usize) -> bool {
        threads != self.last && !self.begins
    }

    /// A sample of the number at work.
    fn watch(&mut self, step: f64) {
        if self.recent.len() == LEG {
            self.recent.remove(0);
        }
        self.recent.push(step);
        if self.recent.len() < LEG {
            return;
        }
        let held = median(&self.recent);
        let slower = self.recent.iter().rev().take(2).all(|step| *step > SLOWER * self.level);
        self.level = self.level.min(held);
        if self.since >= self.pause || slower && self.since >= self.pause / HASTE {
            self.try_another(held);
        }
    }

    fn try_another(&mut self, held: f64) {
        let top = self.rungs.len() - 1;
        let mut others = vec![self.at.saturating_sub(1), 0, (self.at + 1).min(top), top];
        others.retain(|rung| *rung != self.at);
        others.dedup();
        let by_turns = others[self.turn % others.len()];
        let challenger = self.beyond.take().unwrap_or(by_turns);
        self.trial = Some(Trial { challenger, leg: 0, samples: Vec::new(), held, lost: 0.0 });
    }

    /// A sample of a trial.
    fn judge(&mut self, mut trial: Trial, step: f64) {
        trial.samples.push(step);
        if trial.leg != 1 && step > HOPELESS * trial.held {
            return self.settle(trial, None);
        }
        if trial.samples.len() < LEG {
            self.trial = Some(trial);
            return;
        }
        let median = median(&trial.samples);
        trial.samples.clear();
        let wins = median < (1.0 - MARGIN) * trial.held;
        match trial.leg {
            0 | 2 if !wins => self.settle(trial, None),
            2 => self.settle(trial, Some(median)),
            leg => {
                trial.leg = leg + 1;
                if leg == 1 {
                    trial.held = median;
                }
                self.trial = Some(trial);
            }
        }
    }

    /// A trial is over: lost, or won by steps of so many seconds.
    fn settle(&mut self, trial: Trial, won: Option<f64>) {
        self.since = 0.0;
        self.level = won.unwrap_or(trial.held);
        self.recent.clear();
        self.turn = if won.is_some() { 0 } else { self.turn + 1 };
        if won.is_some() {
            let (new, old) = (trial.challenger, self.at);
            self.beyond = if new < old { new.checked_sub(1) } else { Some(new + 1) };
            self.beyond = self.beyond.filter(|rung| *rung < self.rungs.len());
            self.at = new;
        }
        self.pause = if self.beyond.is_some() { 0.0 } else { PAUSE.max(PRICE * trial.lost) };
    }
}

impl Pacing for Pace {
    fn next(&mut self, left: u64) -> Stretch {
        let rung = self.rung();
        let threads = self.rungs[rung];
        if self.rungs.len() == 1 {
            return Stretch { threads, steps: left };
        }
        let known = if self.step[rung] > 0.0 { self.step[rung] } else { self.step[self.at] };
        let steps = match &self.trial {
            _ if known == 0.0 || self.changes(threads) => 1,
            Some(_) => ((SAMPLE - self.sample.seconds) / known).ceil() as u64,
            None => (STRETCH / known).ceil() as u64,
        };
        Stretch { threads, steps: steps.clamp(1, left.max(1)) }
    }

    fn took(&mut self, stretch: Stretch, time: Duration) {
        if self.rungs.len() == 1 {
            return;
        }
        let seconds = time.as_secs_f64();
        let changes = self.changes(stretch.threads);
        let cold = self.step[self.at] == 0.0;
        (self.last, self.begins) = (stretch.threads, false);
        match &mut self.trial {
            Some(trial) => trial.lost += seconds - stretch.steps as f64 * trial.held,
            None => self.since += seconds,
        }
        if cold {
            // Pages and caches are touched for the first time.
            self.step[self.at] = seconds / stretch.steps as f64;
            return;
        }
        if changes {
            return;
        }
        self.sample.steps += stretch.steps;
        self.sample.seconds += seconds;
        if self.sample.seconds >= SAMPLE {
            let sample = std::mem::take(&mut self.sample);
            let step = sample.seconds / sample.steps as f64;
            let rung = self.rung();
            self.step[rung] = step;
            match self.trial.take() {
                Some(trial) => self.judge(trial, step),
                None => self.watch(step),
            }
        }
    }
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests;
