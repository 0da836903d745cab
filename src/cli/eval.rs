//! `dropnet eval`: figures of a trained net on every part of its data.

use std::path::PathBuf;

use dropnet::{
    data::Search,
    model::{Interval, Mean, OutputKind, PredictMode},
    run::{Committee, PartFigures, Scoring, Trained, TrainedError, Which},
    runtime::{figures::Figures, team::Team},
};
use serde_json::{Value as Json, json};

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
    runs: Runs,
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

/// Trained nets that are averaged.
#[derive(clap::Args)]
pub struct Runs {
    /// Folder of a run, or a checkpoint; several are averaged, and so are the runs in a folder of `train --seeds`
    #[arg(value_name = "DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// Which parameters: those that training tested, of the last epoch, or of the best one
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    checkpoint: Choice,
}

impl From<Choice> for Which {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Tested => Which::Tested,
            Choice::Last => Which::Last,
            Choice::Best => Which::Best,
        }
    }
}

impl Run {
    pub fn read(&self, ui: &mut Ui) -> Result<Trained, Failure> {
        Trained::read(&self.path, self.checkpoint.into()).map_err(|error| failure(&error, ui))
    }
}

impl Runs {
    pub fn read(&self, ui: &mut Ui) -> Result<Committee, Failure> {
        Committee::read(&self.paths, self.checkpoint.into()).map_err(|error| failure(&error, ui))
    }

    /// Where data are looked for.
    pub fn search(&self, committee: &Committee) -> Search {
        data::search(committee.first().home.as_deref().or(self.paths.first().map(PathBuf::as_path)))
    }

    pub fn name(&self) -> String {
        let names: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        names.join(" ")
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
        let committee = self.sampling.tempered(self.runs.read(ui)?)?;
        let search = self.runs.search(&committee);
        let team = Team::new(self.threads.count());
        let file = &committee.first().model.predict;
        let mode = self.sampling.mode(file, USUAL_SAMPLES);
        self.sampling.check(&committee)?;
        if self.sampling.precision.is_some()
            && !matches!(committee.first().model.output.kind, OutputKind::Real(_))
        {
            return Err(Failure::usage("`--precision` is of `real` outputs: others say how sure they are"));
        }
        let said = Scoring::of(file);
        let scoring = match self.sampling.precision {
            None => said,
            precision => Scoring { precision, interval: said.interval.map(|i| Interval { precision, ..i }) },
        };
        let parts = committee.evaluate(&search, mode, scoring, &team).map_err(|error| failure(&error, ui))?;
        let rates = learned_rates(&committee).map_err(|error| failure(&error, ui))?;
        match self.json {
            true => ui.data(&format!("{}\n", self.object(&parts, mode, rates)))?,
            false => ui.data(&table(&committee, &parts, mode, &rates))?,
        }
        Ok(Exit::Done)
    }

    fn object(&self, parts: &[PartFigures], mode: PredictMode, rates: Vec<(String, f64)>) -> Json {
        let mut object = json!({ "run": self.runs.name() });
        for part in parts {
            let one = part.together.as_ref().or(part.each.first());
            let mut figures = one.map_or(json!({}), Figures::json);
            if part.together.is_some() {
                figures["members"] = part.each.iter().map(Figures::json).collect();
            }
            if let Some((temperature, tempered)) = &part.tempered {
                figures["tempered"] = tempered.json();
                figures["tempered"]["temperature"] = json!(temperature);
            }
            if let (Some(samples), Some((name, _, count))) = (&part.samples, drawn(mode, part)) {
                figures[name] = samples.json();
                if let Some(count) = count {
                    figures[name]["samples"] = json!(count);
                }
                if let Some(error) = part.drawn.and_then(|drawn| drawn.standard_error) {
                    figures[name]["standard_error"] = json!(error);
                }
            }
            object[part.part] = figures;
        }
        if !rates.is_empty() {
            object["learned_rates"] = rates.into_iter().collect();
        }
        object
    }
}

/// Of the only net.
fn learned_rates(committee: &Committee) -> Result<Vec<(String, f64)>, TrainedError> {
    committee.alone().map_or(Ok(Vec::new()), Trained::learned_rates)
}

/// A line for each net and part, and one for each mean.
fn table(committee: &Committee, parts: &[PartFigures], mode: PredictMode, rates: &[(String, f64)]) -> String {
    let mut text = String::new();
    let width = parts.iter().map(|part| part.rows.to_string().len()).max().unwrap_or(0);
    for part in parts {
        let mut name = part.part.to_string();
        let mut rows = format!("{:>width$} rows", part.rows);
        let mut line = |figures: &Figures, what: &str| {
            text += &format!("{name:<5}  {rows:<0$}  {1}{what}\n", width + 5, progress::figures(figures));
            (name, rows) = (String::new(), String::new());
        };
        part.each.iter().for_each(|figures| line(figures, ""));
        if let Some((temperature, figures)) = &part.tempered {
            line(figures, &format!("  (temperature {temperature:.3})"));
        }
        if let Some(figures) = &part.together {
            line(figures, &format!("  (mean of {} runs)", part.each.len()));
        }
        if let (Some(figures), Some((_, what, _))) = (&part.samples, drawn(mode, part)) {
            let runs = if part.each.len() > 1 {
                format!(" of each of {} runs", part.each.len())
            } else {
                String::new()
            };
            let temperature = committee.alone().map(|one| one.temperature(mode)).filter(|t| *t != 1.0);
            let temperature = temperature.map_or(String::new(), |t| format!(", temperature {t:.3}"));
            line(figures, &format!("  ({what}{runs}{temperature})"));
        }
    }
    if !rates.is_empty() {
        let each: Vec<String> = rates.iter().map(|(path, p)| format!("{path} {p:.4}")).collect();
        text += &format!("learned rates  {}\n", each.join("  "));
    }
    text
}

/// The name of a way to predict by sub-networks, what it is in words, and how many it draws.
fn drawn(mode: PredictMode, part: &PartFigures) -> Option<(&'static str, String, Option<u32>)> {
    let word = |mean: Mean| match mean {
        Mean::Arithmetic => "arithmetic mean",
        Mean::Geometric => "geometric mean",
    };
    let of = |what: &str, count: u32| format!("{what} of {count} samples of dropout");
    match mode {
        PredictMode::WeightScaling => Some(("one_pass", "one pass".into(), None)),
        PredictMode::McDropout(mc) => {
            let count = part.drawn.map_or(mc.samples, |drawn| drawn.samples);
            let error = part.drawn.and_then(|drawn| drawn.standard_error);
            let error = error.map_or(String::new(), |error| format!(", standard error {error:.1e}"));
            Some(("mc_dropout", of("mean", count) + &error, Some(count)))
        }
        PredictMode::Ensemble(mean, mc) => Some(("ensemble", of(word(mean), mc.samples), Some(mc.samples))),
        PredictMode::Exact(mean) => Some(("exact", format!("{} of all sub-networks", word(mean)), None)),
    }
}
