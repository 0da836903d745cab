//! Flags by which a trained net predicts otherwise than its file says: by samples of dropout, means of sub-networks, views of pictures, a temperature, a precision.

use dropnet::internal::{
    check,
    diag::{self, Format},
    model::{McDropout, Mean, Model, OutputKind, Precision, Predict, PredictMode, Until, Use},
    run::Committee,
    shell,
    train::augment::Augment,
};

use super::{
    eval, numbers,
    ui::{Exit, Failure, Ui},
};

/// Samples of each row, where neither flag nor file says.
pub const USUAL_SAMPLES: u32 = 100;
pub const STILL: &str = "nothing of this net is left to chance: all samples would be the same";
/// The most samples where only `--until-se` is said.
const MOST_SAMPLES: u32 = 10_000;

/// Monte-Carlo dropout, in place of what the file's `predict` section says.
#[derive(clap::Args)]
pub struct Sampling {
    /// Samples of each row with dropout on; 0: none, one pass with dropout off
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    samples: Option<u32>,
    /// Draw samples until no row's mean has a standard error above this; `--samples` is then the most [default: 10000]
    #[arg(long, value_name = "X", value_parser = numbers::positive, conflicts_with_all = ["ensemble", "exact"])]
    until_se: Option<f64>,
    /// Predict by a mean of sampled sub-networks, as one net's prediction, without their spread
    #[arg(long, value_name = "MEAN", value_enum)]
    ensemble: Option<Averaged>,
    /// Predict by the mean of all sub-networks of a small net
    #[arg(long, value_name = "MEAN", value_enum, num_args = 0..=1, default_missing_value = "arithmetic",
        conflicts_with_all = ["samples", "ensemble", "seed"])]
    exact: Option<Averaged>,
    /// Seed of the masks [default: that of the file's `predict` section, or of the run]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    pub seed: Option<u64>,
    /// See each picture in the views of these statements, on lines or parted by `;`, in place of the file's `predict { augment { ... } }`: `--views 'flip horizontal'`; `none`: as it is
    #[arg(long, value_name = "STATEMENTS", allow_hyphen_values = true)]
    views: Option<String>,
    /// Inverse variance of an observation around the mean function, in the target's own units, or `fit` for what `calibrate` found
    #[arg(long, value_name = "X", value_parser = numbers::precision)]
    pub precision: Option<Precision>,
    /// Divide logits by this, in place of what `calibrate` found; 1 leaves them as they are
    #[arg(long, value_name = "T", value_parser = numbers::temperature, conflicts_with = "exact")]
    pub temperature: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Averaged {
    /// Of probabilities, or of numbers
    Arithmetic,
    /// Of logarithms of probabilities, made to sum to 1
    Geometric,
}

impl From<Averaged> for Mean {
    fn from(averaged: Averaged) -> Self {
        match averaged {
            Averaged::Arithmetic => Self::Arithmetic,
            Averaged::Geometric => Self::Geometric,
        }
    }
}

impl Sampling {
    /// Refuses flags that ask for samples of a net without live dropout, or that have no effect on each other.
    pub fn check(&self, committee: &Committee) -> Result<(), Failure> {
        self.fits_itself()?;
        let file = committee.first().model.predict.mode;
        if self.temperature.is_some()
            && matches!(self.mode(&committee.first().model.predict, 0), PredictMode::Exact(_))
        {
            return Err(Failure::usage(
                "`--temperature` has no effect on the exact mean of all sub-networks, which the file asks for",
            ));
        }
        if self.until_se.is_some() && matches!(file, PredictMode::Ensemble(..)) {
            return Err(Failure::usage(
                "`--until-se` is of samples that are shown with their spread: the file asks for an `ensemble`",
            ));
        }
        let drawn = self.samples.is_some_and(|samples| samples > 0);
        let asks = drawn
            || self.until_se.is_some()
            || self.seed.is_some()
            || self.ensemble.is_some()
            || self.exact.is_some();
        if self.exact.is_some() && committee.alone().is_none() {
            return Err(Failure::usage(
                "`--exact` is of one net: several are averaged by one pass each, or by `--samples`",
            ));
        }
        match asks && !committee.members().iter().any(|one| one.model.is_live_in_mc()) {
            true => Err(Failure::usage(STILL)),
            false => Ok(()),
        }
    }

    /// Where no sample is drawn, nothing can be said of samples.
    fn fits_itself(&self) -> Result<(), Failure> {
        if self.samples != Some(0) {
            return Ok(());
        }
        let given = [
            ("--ensemble", self.ensemble.is_some()),
            ("--until-se", self.until_se.is_some()),
            ("--seed", self.seed.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Failure::usage(format!(
                "`{flag}` is of samples, and `--samples 0` draws none\nhelp: leave one of them out"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses what says nothing about samples.
    pub fn only_samples(&self, model: &Model) -> Result<(), Failure> {
        self.fits_itself()?;
        let given = [
            ("--exact", self.exact.is_some()),
            ("--until-se", self.until_se.is_some()),
            ("--precision", self.precision.is_some()),
            ("--temperature", self.temperature.is_some()),
        ];
        if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("`{flag}` has no effect on what is fitted")));
        }
        let drawn = self.samples.is_some() || self.seed.is_some() || self.ensemble.is_some();
        match drawn && !model.is_live_in_mc() {
            true => Err(Failure::usage(STILL)),
            false => Ok(()),
        }
    }

    /// The nets at the temperature that was asked for.
    pub fn tempered(&self, committee: Committee) -> Result<Committee, Failure> {
        tempered(committee, self.temperature)
    }

    /// The nets with pictures seen in the views that were asked for.
    pub fn seen(&self, committee: Committee, ui: &mut Ui) -> Result<Committee, Failure> {
        let Some(views) = self.views(&committee.first().model, ui)? else { return Ok(committee) };
        committee.in_views(&views).map_err(|error| eval::failure(&error, ui))
    }

    /// The views that were asked for.
    pub fn views(&self, model: &Model, ui: &mut Ui) -> Result<Option<Vec<Use<dyn Augment>>>, Failure> {
        let Some(text) = &self.views else { return Ok(None) };
        check::views_of(text, model).map(Some).map_err(|faults| {
            let said = diag::render(&faults, text, "--views", Format::Full, ui.color_err());
            ui.error_text(&format!("{said}{}\n", diag::count_line(&faults)));
            Failure::Reported(Exit::Usage)
        })
    }

    /// That a temperature or precision was fitted, but not in the views that were asked for.
    pub fn say_unfitted(&self, committee: &Committee, mode: PredictMode, ui: &mut Ui) {
        let (Some(one), Some(views)) = (committee.alone(), &self.views) else { return };
        if one.calibration.is_of_other_views(mode) {
            ui.talk(format_args!(
                "what `calibrate` found is of other views, and not used here: `dropnet calibrate RUN --views {}` finds it for these",
                shell::word(views)
            ));
        }
    }

    /// How to predict, by `usual` many samples where neither flag nor file says; weight scaling for 0.
    pub fn mode(&self, file: &Predict, usual: u32) -> PredictMode {
        let sampled = self.samples.is_some()
            || self.until_se.is_some()
            || self.ensemble.is_some()
            || self.seed.is_some();
        match (self.exact, file.mode) {
            (Some(mean), _) => return PredictMode::Exact(mean.into()),
            (None, PredictMode::Exact(mean)) if !sampled => return PredictMode::Exact(mean),
            _ => {}
        }
        let usual = match (self.until_se, self.ensemble) {
            (Some(_), _) => MOST_SAMPLES,
            (None, Some(_)) => usual.max(USUAL_SAMPLES),
            (None, None) => usual,
        };
        let (mean, said) = match file.mode {
            PredictMode::McDropout(mc) => (None, mc),
            PredictMode::Ensemble(mean, mc) => (Some(mean), mc),
            PredictMode::WeightScaling | PredictMode::Exact(_) => {
                (None, McDropout { samples: usual, seed: None, until: None })
            }
        };
        let samples = self.samples.unwrap_or(said.samples);
        let until = match self.until_se {
            Some(standard_error) => Some(Until { standard_error, min: Until::USUAL_MIN }),
            // A number of samples in place of the file's is that number.
            None => said.until.filter(|_| self.samples.is_none()),
        };
        let mc = McDropout { samples, seed: self.seed.or(said.seed), until };
        let mean = self.ensemble.map(Mean::from).or(mean);
        match mean {
            _ if samples == 0 => PredictMode::WeightScaling,
            None => PredictMode::McDropout(mc),
            Some(mean) => PredictMode::Ensemble(mean, mc),
        }
    }
}

/// Refuses a precision where the net has none.
pub fn of_numbers(kind: OutputKind) -> Result<(), Failure> {
    match (kind.needs_precision(), kind.says_spread()) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::usage(
            "`--precision` is of `real` outputs: a `normal` one says how far observations spread",
        )),
        (false, false) => {
            Err(Failure::usage("`--precision` is of `real` outputs: probabilities say how sure they are"))
        }
    }
}

/// Nets at a temperature in place of what was fitted, if one is given.
pub fn tempered(committee: Committee, temperature: Option<f64>) -> Result<Committee, Failure> {
    let Some(temperature) = temperature else { return Ok(committee) };
    match committee.first().model.output.kind.has_probabilities() {
        true => Ok(committee.at_temperature(temperature)),
        false => Err(Failure::usage("`--temperature` is of probabilities: numbers have `--precision`")),
    }
}
