//! Which flags have an effect on which picture, and how predictions are made for it.

use dropnet::internal::{
    model::{McDropout, PredictMode},
    run::Committee,
};

use super::{Command, Kind};
use crate::cli::{
    sampling::{STILL, USUAL_SAMPLES},
    ui::Failure,
};

impl Command {
    /// A flag that is given and is of trained nets, or one of these.
    pub(super) fn given_of_nets(&self, more: &[(&'static str, bool)]) -> Option<&'static str> {
        let of_nets = [
            ("--samples", self.samples.is_some()),
            ("--sets", self.sets.is_some()),
            ("--rate", self.rate.is_some()),
            ("--layer", self.layer.is_some()),
            ("--row", self.row.is_some()),
            ("--precision", self.precision.is_some()),
            ("--temperature", self.temperature.is_some()),
            ("--checkpoint", self.runs.chooses()),
            ("--threads", self.threads.given()),
            ("--mean", self.mean),
        ];
        of_nets.iter().chain(more).find(|(_, given)| *given).map(|(flag, _)| *flag)
    }

    /// Refuses flags that would have no effect.
    pub(super) fn check(&self, committee: &Committee) -> Result<(), Failure> {
        let live = committee.members().iter().any(|one| one.model.is_live_in_mc());
        let numbers = committee.first().model.output.kind.needs_precision();
        let convergence = self.kind() == Kind::Convergence;
        let spread = matches!(self.kind(), Kind::Uncertainty | Kind::Band | Kind::Forecast);
        let plain = matches!(
            self.kind(),
            Kind::Training
                | Kind::Loss
                | Kind::Weights
                | Kind::Activations
                | Kind::Filters
                | Kind::Maps
                | Kind::Attention
        );
        let of_log = matches!(self.kind(), Kind::Training | Kind::Loss);
        let computes = !of_log && !matches!(self.kind(), Kind::Weights | Kind::Filters | Kind::Attention);
        let given = [
            (
                "--mean",
                self.mean
                    && matches!(
                        self.kind(),
                        Kind::Weights
                            | Kind::Activations
                            | Kind::Filters
                            | Kind::Maps
                            | Kind::Attention
                            | Kind::Convergence
                    ),
                "has no effect on what is of one net: leave it out, and they stand side by side",
            ),
            ("--checkpoint", self.runs.chooses() && of_log, "has no effect on a log, which is of all epochs"),
            ("--threads", self.threads.given() && !computes, "has no effect where nothing is computed"),
            (
                "--samples",
                self.samples == Some(0) && convergence,
                "must be at least 1 for a curve over samples",
            ),
            (
                "--seed",
                self.seed.is_some() && self.samples == Some(0),
                "is of the masks, and `--samples 0` draws none",
            ),
            ("--sets", self.sets.is_some() && !convergence, "is of `--kind convergence`"),
            ("--rate", self.rate.is_some() && !convergence, "is of `--kind convergence`"),
            ("--set", !self.set.is_empty(), "is of a `.net` file, and a run has its values"),
            ("--layer", self.layer.is_some() && self.kind() != Kind::Filters, "is of `--kind filters`"),
            (
                "--row",
                self.row.is_some() && !matches!(self.kind(), Kind::Maps | Kind::Attention),
                "is of `--kind maps` and `--kind attention`",
            ),
            ("--seed", self.seed.is_some() && convergence, "has no effect on disjoint sets of masks"),
            ("--samples", self.samples.is_some() && plain, "is of pictures of predictions"),
            ("--seed", self.seed.is_some() && plain, "is of pictures of predictions"),
            ("--temperature", self.temperature.is_some() && plain, "is of pictures of predictions"),
            (
                "--temperature",
                self.temperature.is_some() && convergence,
                "has no effect on a curve of errors",
            ),
            (
                "--precision",
                self.precision.is_some() && !(spread && numbers),
                "is of the spread of `real` outputs",
            ),
        ];
        if let Some((flag, _, why)) = given.into_iter().find(|(_, refused, _)| *refused) {
            return Err(Failure::usage(format!("`{flag}` {why}")));
        }
        let drawn = self.samples.is_some_and(|samples| samples > 0) || self.seed.is_some();
        if drawn && !live { Err(Failure::usage(STILL)) } else { Ok(()) }
    }

    /// Samples of dropout beside one pass, where something is live.
    pub(super) fn mode(&self, committee: &Committee) -> PredictMode {
        let live = committee.members().iter().any(|one| one.model.is_live_in_mc());
        let said = match committee.first().model.predict.mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc,
            PredictMode::WeightScaling | PredictMode::Exact(_) => {
                McDropout { samples: if live { USUAL_SAMPLES } else { 0 }, seed: None, until: None }
            }
        };
        match self.samples.unwrap_or(said.samples) {
            0 => PredictMode::WeightScaling,
            samples => {
                PredictMode::McDropout(McDropout { samples, seed: self.seed.or(said.seed), until: None })
            }
        }
    }

    /// Samples only where the file or a flag asks for them.
    pub(super) fn asked_mode(&self, committee: &Committee) -> PredictMode {
        let asked = self.samples.is_some() || self.seed.is_some();
        match committee.first().model.predict.mode {
            PredictMode::WeightScaling | PredictMode::Exact(_) if !asked => PredictMode::WeightScaling,
            _ => self.mode(committee),
        }
    }
}
