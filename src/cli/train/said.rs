//! What `dropnet train` says beside its epochs: of what it trains, what came of it, and how a run that was interrupted goes on.

use dropnet::internal::{
    data::{Division, Fields},
    model::summary::{grouped, number},
    run::{self, Ready, RunDir, Started},
    runtime::train::Outcome as Trained,
    shell,
};

use super::super::{
    progress,
    ranks::Ranks,
    screen::unwritable,
    source::Source,
    ui::{Exit, Failure, Ui},
};
use super::{Command, Ended};

/// `1 step`, `12 steps`.
pub(super) fn steps(n: u64) -> String {
    format!("{n} step{}", if n == 1 { "" } else { "s" })
}

impl Command {
    /// Says why a run ended before its time.
    pub(super) fn said(&self, ended: &Ended, ui: &mut Ui) -> Exit {
        let Ended::Interrupted { epoch, step, dir } = ended else { return Exit::Done };
        ui.error_text(&format!(
            "interrupted in epoch {epoch} after {}; the checkpoint is written\n",
            steps(*step)
        ));
        ui.talk(format_args!("help: `{}` goes on from there", self.resuming(dir)));
        Exit::Interrupted
    }

    pub(super) fn heading(
        &self,
        source: &Source,
        ready: &Ready,
        started: &Started,
        ranks: Option<&Ranks>,
        ui: &mut Ui,
    ) {
        let rows = |part: Option<&dropnet::internal::data::Part>, name: &str| {
            part.map_or(String::new(), |part| format!(" + {} {name}", grouped(part.rows())))
        };
        let (data, threads) = (&ready.dataset, self.threads.count());
        let groups = data.schema.groups.as_ref().map(|groups| {
            let parts = [groups.train, groups.valid, groups.test];
            let counts: Vec<String> = parts.into_iter().filter(|n| *n > 0).map(grouped).collect();
            format!(" ({} groups of `{}`)", counts.join(" + "), groups.column)
        });
        let processes = ranks.map_or(String::new(), |ranks| format!("{} processes of ", ranks.count()));
        // One of several, which the file may not name.
        let split = ready.model.data.as_ref().and_then(|data| data.settings.split.as_ref());
        let fold = match split.map(|split| &split.division) {
            Some(Division::Folds { fold, folds }) => format!(" · fold {fold} of {folds}"),
            _ => String::new(),
        };
        ui.talk(format_args!(
            "{} · {} parameters · {} training{}{} rows{}{fold} · seed {} · {processes}{threads} {}",
            source.name,
            grouped(ready.model.parameter_count()),
            grouped(data.train.rows()),
            rows(data.valid.as_ref(), "validation"),
            rows(data.test.as_ref(), "test"),
            groups.unwrap_or_default(),
            started.meta.seed,
            if threads == 1 { "thread" } else { "threads" },
        ));
        // Perplexities of vocabularies that lack more are lower, and worth less.
        if let Fields::Text(rule) = &data.transform.fields
            && let Some(told) = data.unknown.told(rule.tokenizer.len()).filter(|_| rule.is_of_a_stream())
        {
            ui.talk(told);
        }
        let at = &started.meta.progress;
        if started.checkpoint.is_none() && !ready.loaded.is_empty() {
            let files: Vec<&str> = ready.loaded.iter().map(|loaded| loaded.file.as_str()).collect();
            ui.talk(format_args!(
                "{} of {} parameters from {}",
                grouped(ready.model.loaded_count()),
                grouped(ready.model.parameter_count()),
                files.join(", ")
            ));
        }
        if started.checkpoint.is_some() {
            ui.talk(format_args!(
                "resuming {} after {}",
                started.dir.path().display(),
                progress::length(at.epoch, at.step)
            ));
        }
    }

    pub(super) fn done(&self, dir: &RunDir, outcome: &Trained, ui: &mut Ui) -> Result<(), Failure> {
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
