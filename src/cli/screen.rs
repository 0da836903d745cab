//! What a training run shows and writes while it goes on: lines on the screen, the log, events for TensorBoard.

use std::{
    sync::atomic::Ordering,
    time::{SystemTime, UNIX_EPOCH},
};

use dropnet::internal::{
    memory,
    run::{self, Events, RunDir},
    runtime::train::{self, Event, Observer},
};

use super::{
    interrupts,
    progress::{self, Bar, Lines, Pace},
    ui::{Failure, Ui},
};

/// Begins the file for TensorBoard.
pub fn events(dir: &RunDir) -> Result<Events, Failure> {
    Events::begin(dir.path(), now()).map_err(|e| unwritable(dir, &e))
}

/// A folder of a run that cannot be written to.
pub fn unwritable(dir: &RunDir, error: &std::io::Error) -> Failure {
    Failure::data(format!("cannot write {}: {error}", dir.path().display()))
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Shows and logs what happens.
pub struct Screen<'a> {
    pub dir: &'a RunDir,
    /// For TensorBoard.
    pub events: Option<Events>,
    /// Lines of JSON, and the seed that they name where there are several.
    pub json: bool,
    pub seed: Option<u64>,
    pub bars: bool,
    pub ui: &'a mut Ui,
    pub bar: Option<Bar>,
    /// From its first epoch on.
    pub pace: Option<Pace>,
    pub lines: Lines,
    /// The first thing that could not be written. Where it is the log, training ends there; otherwise it goes on to its end.
    pub failure: Option<Failure>,
    pub unlogged: bool,
}

impl Screen<'_> {
    fn epoch(&mut self, report: &train::EpochReport) -> Result<(), Failure> {
        let mut json = run::epoch_json(report);
        let logged = self.dir.append(&json);
        self.unlogged = logged.is_err();
        logged.map_err(|e| unwritable(self.dir, &e))?;
        if let Some(events) = &mut self.events {
            events.epoch(report, now()).map_err(|e| unwritable(self.dir, &e))?;
        }
        match self.json {
            true => {
                if let Some(seed) = self.seed {
                    json["seed"] = serde_json::json!(seed);
                }
                self.ui.data(&format!("{json}\n"))?;
            }
            false => self.ui.result(&format!("{}\n", self.lines.of(report)))?,
        }
        self.ui.finish()
    }
}

impl Observer for Screen<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Compiled { seconds } => {
                interrupts::heeded();
                self.ui.detail(format_args!("compiled in {:.1} ms", seconds * 1e3))
            }
            Event::Prepared(said) => self.ui.talk(said),
            Event::Settled { bytes, seconds } => self.ui.detail(format_args!(
                "computed once what depends on data alone: {} in {seconds:.1} s",
                memory::shown(bytes)
            )),
            Event::EpochBegan { epoch, epochs, steps, done } => {
                // An epoch that was ended in its middle, and logged so, goes on.
                if done.load(Ordering::Relaxed) > 0
                    && let Err(fault) = self.dir.rewind(epoch - 1, 0)
                {
                    self.failure = Some(unwritable(self.dir, &fault));
                }
                if progress::visible() && self.bars && !self.ui.quiet() {
                    let at = (epoch - 1) * steps + done.load(Ordering::Relaxed);
                    let pace = *self.pace.get_or_insert_with(|| Pace::from(at));
                    self.bar = Some(Bar::start(epoch, epochs, steps, done, pace));
                }
            }
            Event::EpochDone(report) => {
                self.bar = None;
                if self.failure.is_none() {
                    self.failure = self.epoch(report).err();
                }
            }
            Event::Undefined { epoch, by, watch, why } => {
                self.ui.talk(format_args!(
                    "`{watch}` has no value after epoch {epoch}, since {why}; for `{by}` such an epoch is neither better nor worse{}",
                    if by == "stop_early" { ", and while none has a value the last parameters are tested" } else { "" }
                ));
            }
            Event::StoppedEarly { epoch, best, watch } => {
                self.bar = None;
                self.ui.talk(format_args!(
                    "stopped early after epoch {epoch}: {watch} was best in epoch {} ({})",
                    best.epoch,
                    progress::figure(best.value)
                ));
            }
        }
    }

    fn has_failed(&self) -> bool {
        self.unlogged
    }
}
