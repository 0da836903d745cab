//! `dropnet calibrate`: fits how sure a trained net says it is, on its validation rows.

use dropnet::internal::{
    kernels::team::Team,
    model::{PredictMode, summary::number},
    run::{self, Fit, NO_GAIN, name_of},
    vocab::in_digits,
};

use super::{
    Outcome, data,
    eval::{self, Run},
    progress,
    sampling::{Sampling, USUAL_SAMPLES},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

/// Rows that say little, if there are fewer.
const FEW: usize = 20;

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Fit on the first validation rows only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rows: Option<u32>,
    #[command(flatten)]
    draws: Sampling,
    #[command(flatten)]
    threads: Threads,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let mut trained = self.run.read_uncalibrated(ui)?;
        if self.run.path.is_file() {
            return Err(Failure::usage("what is fitted lies in the folder of a run: name the folder"));
        }
        self.draws.only_samples(&trained.model)?;
        if let Some(views) = self.draws.views(&trained.model, ui)? {
            trained.see_in(views).map_err(|error| eval::failure(&error, ui))?;
        }
        let search = data::search_of_run(&self.run.path);
        let team = Team::new(self.threads.count());
        let live = if trained.model.is_live_in_mc() { USUAL_SAMPLES } else { 0 };
        let mut modes = vec![PredictMode::WeightScaling];
        let sampled = self.draws.mode(&trained.model.predict, live);
        modes.extend(
            Some(sampled).filter(|mode| !matches!(mode, PredictMode::WeightScaling | PredictMode::Exact(_))),
        );
        let fitted = run::calibrate(&trained, &search, &modes, self.rows.map(|rows| rows as usize), &team)
            .map_err(|error| eval::failure(&error, ui))?;
        fitted.write(&self.run.path).map_err(|e| {
            Failure::data(format!("cannot write calibration.json to {}: {e}", self.run.path.display()))
        })?;
        if self.json {
            let text = serde_json::to_string(&fitted).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&format!("{text}\n"))?;
            return Ok(Exit::Done);
        }
        let what = if trained.model.output.kind.needs_precision() { "precision" } else { "temperature" };
        let fits = modes.iter().filter_map(|mode| Some((name_of(*mode)?, fitted.of(*mode)?)));
        let fits: Vec<(&str, Fit)> = fits.collect();
        ui.data(&table(what, &fits))?;
        remarks(what, &fits).iter().for_each(|line| ui.talk(line));
        ui.talk(format_args!(
            "written to {}/calibration.json, where `eval` and `predict` find it",
            self.run.path.display()
        ));
        Ok(Exit::Done)
    }
}

/// What the table does not say of itself.
fn remarks(what: &str, fits: &[(&str, Fit)]) -> Vec<String> {
    let gains = |fit: &Fit| fit.before.is_none_or(|before| before - fit.nll > NO_GAIN);
    let idle = fits.iter().filter(|(_, fit)| !gains(fit));
    let mut lines: Vec<String> = idle
        .map(|(name, fit)| {
            format!(
                "{name}: nothing is gained, the rows are as likely at temperature 1 as at {}",
                number(fit.value)
            )
        })
        .collect();
    match fits.first() {
        Some((_, fit)) if fit.rows < FEW => {
            lines.push(format!(
                "{} rows are few: another {} of them may say another {what}",
                fit.rows, fit.rows
            ));
        }
        _ => {}
    }
    lines
}

fn table(what: &str, fits: &[(&str, Fit)]) -> String {
    let rows = fits.first().map_or(0, |(_, fit)| fit.rows);
    let width = fits.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text =
        format!("{rows} validation rows\n{:<width$}  {what:>11}  {:>9}  {:>9}\n", "", "nll", "before");
    for (name, fit) in fits {
        let before = fit.before.map_or(String::new(), progress::figure);
        let (value, nll) = (in_digits(fit.value, 5), progress::figure(fit.nll));
        let line = format!("{name:<width$}  {value:>11}  {nll:>9}  {before:>9}");
        text += &format!("{}\n", line.trim_end());
    }
    if fits.iter().all(|(_, fit)| fit.before.is_none()) { text.replace("     before\n", "\n") } else { text }
}
