//! `dropnet plot`: pictures of a trained net.

use std::path::PathBuf;

use dropnet::{
    model::{Interval, OutputKind, Precision, PredictMode},
    plot::Chart,
    run::{Committee, TrainedError},
    runtime::{container, team::Team},
};

use super::{
    Outcome,
    eval::{self, Runs},
    predict::{Sampling, USUAL_SAMPLES},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// What is drawn
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Kind,
    /// File for the picture [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the numbers of the picture, as CSV, instead of SVG
    #[arg(long)]
    csv: bool,
    /// Sets of masks of `convergence`
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    sets: Option<u32>,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Share of rows that are right over confidence
    Reliability,
    /// Error of the rows that are answered over their share, the most doubtful refused first
    Risk,
    /// Error over uncertainty, in ten groups of rows
    Uncertainty,
    /// Error of means over 1, 2, ... samples beside weight scaling
    Convergence,
    /// One number over one input, with its epistemic and total spread, on the data and beyond
    Band,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let committee = self.sampling.tempered(self.runs.read(ui)?)?;
        self.sampling.check(&committee)?;
        if self.sets.is_some() && self.kind != Kind::Convergence {
            return Err(Failure::usage("`--sets` is of `--kind convergence`"));
        }
        let chart = self.chart(&committee).map_err(|error| eval::failure(&error, ui))?;
        let text = match self.csv {
            true => chart.csv(),
            false => chart.svg().map_err(|e| Failure::data(format!("nothing to draw: {e}")))?,
        };
        match &self.out {
            None => ui.data(&text)?,
            Some(path) => container::atomically(path, |out| out.write_all(text.as_bytes()))
                .map_err(|e| Failure::data(format!("cannot write {}: {e}", path.display())))?,
        }
        Ok(Exit::Done)
    }

    fn chart(&self, committee: &Committee) -> Result<Chart, TrainedError> {
        let search = &self.runs.search(committee);
        let team = &Team::new(self.threads.count());
        let model = &committee.first().model;
        let live = committee.members().iter().any(|one| one.model.is_live_in_mc());
        let mode = self.sampling.mode(&model.predict, if live { USUAL_SAMPLES } else { 0 });
        let known = |precision: Precision| match precision {
            Precision::Known(x) => Ok(x),
            Precision::Fit => committee.first().fitted_precision(mode),
        };
        let interval = model.predict.interval;
        let precision = self.sampling.precision.or(interval.and_then(|interval| interval.precision));
        match self.kind {
            Kind::Reliability => committee.reliability(search, mode, team),
            Kind::Risk => committee.risk(search, mode, team),
            Kind::Uncertainty => committee.uncertainty(search, mode, precision.map(known).transpose()?, team),
            Kind::Convergence => {
                let one = committee.alone().ok_or_else(|| {
                    TrainedError::Unfit("a curve of convergence is of one net: name one run".into())
                })?;
                let samples = if let PredictMode::McDropout(mc) = mode { mc.samples } else { USUAL_SAMPLES };
                Ok(one.curve(search, None, samples, self.sets.unwrap_or(20), team)?.chart())
            }
            Kind::Band => {
                let share = interval.map_or(0.95, |interval| interval.share);
                let says_its_own = matches!(model.output.kind, OutputKind::Normal(_));
                let interval = (says_its_own || precision.is_some()).then_some(Interval { share, precision });
                committee.band(search, mode, interval, team)
            }
        }
    }
}
