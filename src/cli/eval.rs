//! `dropnet eval`: figures of a trained net on every part of its data.

use std::path::PathBuf;

use dropnet::{
    model::{Mean, PredictMode},
    run::{Scoring, Trained, TrainedError, Which},
    runtime::team::Team,
};
use serde_json::json;

use super::{
    Outcome, data,
    predict::{Sampling, USUAL_SAMPLES},
    progress,
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    threads: Threads,
}

/// A trained net.
#[derive(clap::Args)]
pub struct Run {
    /// Folder of a run, or a checkpoint
    #[arg(value_name = "DIR")]
    pub path: PathBuf,
    /// Which parameters: those that training tested, of the last epoch, or of the best one
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    checkpoint: Choice,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Choice {
    #[default]
    Tested,
    Last,
    Best,
}

impl Run {
    pub fn read(&self, ui: &mut Ui) -> Result<Trained, Failure> {
        let which = match self.checkpoint {
            Choice::Tested => Which::Tested,
            Choice::Last => Which::Last,
            Choice::Best => Which::Best,
        };
        Trained::read(&self.path, which).map_err(|error| failure(&error, ui))
    }
}

/// All of these are exit code 3, but for bugs.
pub fn failure(error: &TrainedError, ui: &mut Ui) -> Failure {
    match error {
        TrainedError::Data(error) => data::failure(error, ui),
        TrainedError::Codegen(error) => data::native(error),
        other => Failure::data(other),
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let trained = self.run.read(ui)?;
        let search = data::search(trained.home.as_deref().or(Some(&self.run.path)));
        let team = Team::new(self.threads.count());
        let file = &trained.model.predict;
        let mode = self.sampling.mode(file, USUAL_SAMPLES);
        self.sampling.check(&trained.model)?;
        let scoring = Scoring {
            precision: self.sampling.precision.or(file.interval.and_then(|i| i.precision)),
            interval: file.interval.map(|interval| interval.share),
        };
        let parts = trained.evaluate(&search, mode, scoring, &team).map_err(|error| failure(&error, ui))?;
        if self.json {
            let mut object = json!({ "run": self.run.path.display().to_string() });
            for part in &parts {
                object[part.part] = part.figures.json();
                if let (Some(samples), Some((name, _, count))) = (&part.samples, drawn(mode)) {
                    object[part.part][name] = samples.json();
                    if let Some(count) = count {
                        object[part.part][name]["samples"] = json!(count);
                    }
                }
            }
            let rates = trained.learned_rates().map_err(|error| failure(&error, ui))?;
            if !rates.is_empty() {
                object["learned_rates"] = rates.into_iter().collect();
            }
            ui.data(&format!("{object}\n"))?;
            return Ok(Exit::Done);
        }
        let width = parts.iter().map(|part| part.rows.to_string().len()).max().unwrap_or(0);
        for part in &parts {
            ui.data(&format!(
                "{:<5}  {:>width$} rows  {}\n",
                part.part,
                part.rows,
                progress::figures(&part.figures)
            ))?;
            if let (Some(samples), Some((_, what, _))) = (&part.samples, drawn(mode)) {
                let figures = progress::figures(samples);
                ui.data(&format!("{:<5}  {:>width$}       {figures}  ({what})\n", "", ""))?;
            }
        }
        let rates = trained.learned_rates().map_err(|error| failure(&error, ui))?;
        if !rates.is_empty() {
            let each: Vec<String> = rates.iter().map(|(path, p)| format!("{path} {p:.4}")).collect();
            ui.data(&format!("learned rates  {}\n", each.join("  ")))?;
        }
        Ok(Exit::Done)
    }
}

/// The name of a way to predict by sub-networks, what it is in words, and how many it draws.
fn drawn(mode: PredictMode) -> Option<(&'static str, String, Option<u32>)> {
    let word = |mean: Mean| match mean {
        Mean::Arithmetic => "arithmetic mean",
        Mean::Geometric => "geometric mean",
    };
    let of = |what: &str, count: u32| format!("{what} of {count} samples of dropout");
    match mode {
        PredictMode::WeightScaling => None,
        PredictMode::McDropout(mc) => Some(("mc_dropout", of("mean", mc.samples), Some(mc.samples))),
        PredictMode::Ensemble(mean, mc) => Some(("ensemble", of(word(mean), mc.samples), Some(mc.samples))),
        PredictMode::Exact(mean) => Some(("exact", format!("{} of all sub-networks", word(mean)), None)),
    }
}
