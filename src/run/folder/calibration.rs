//! What was fitted on validation rows once a net was trained, as it lies in the folder of its run (`calibration.json`).
//!
//! Invariant: it belongs to the parameters it was fitted for, by their checksum; other parameters of the same run do not use it.

use std::{collections::BTreeMap, io, path::Path};

use serde::{Deserialize, Serialize};

use super::{dir::RunDir, guard::Guard, trained::TrainedError};
use crate::{
    atomic,
    model::{Mean, OutputKind, PredictMode},
    runtime::checksum::Checksum,
};

/// What was fitted for the ways to predict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Checksum of the parameters that were calibrated; of none where it is not from a file.
    pub(in crate::run) parameters: Option<Checksum>,
    /// By the name of the way to predict, with the views of pictures behind it where they are others than those of the net's file.
    pub(in crate::run) fits: BTreeMap<String, Fit>,
    /// The views in which pictures are seen, where they are others than those of the net's file.
    #[serde(skip)]
    pub(in crate::run) views: Option<String>,
    /// For every way to predict, in place of what was fitted.
    #[serde(skip)]
    pub(in crate::run) fixed: Option<Fit>,
}

/// Between the name of a way to predict and its views.
const IN_VIEWS: &str = " in ";

/// Temperatures that mean something: beyond them 32-bit logits are all alike, or certainty.
pub const TEMPERATURES: (f64, f64) = (1e-6, 1e6);

/// One fitted number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// A temperature of classes and bits, a precision (in the target's own units) of numbers.
    pub value: f64,
    /// Mean negative log-likelihood of the validation rows with it, and, of temperatures, without it.
    pub nll: f64,
    pub before: Option<f64>,
    pub rows: usize,
}

/// The name of a way to predict, if it can be calibrated. The arithmetic mean of an ensemble is that of Monte-Carlo dropout.
#[must_use]
pub fn name_of(mode: PredictMode) -> Option<&'static str> {
    match mode {
        PredictMode::WeightScaling => Some("weight_scaling"),
        PredictMode::McDropout(_) | PredictMode::Ensemble(Mean::Arithmetic, _) => Some("mc_dropout"),
        PredictMode::Ensemble(Mean::Geometric, _) => Some("geometric_ensemble"),
        PredictMode::Exact(_) => None,
    }
}

impl Calibration {
    /// That of a run, if it was fitted for these parameters.
    ///
    /// # Errors
    /// A file that cannot be read, or holds what no calibration writes.
    pub(in crate::run) fn read(
        run: &RunDir,
        parameters: Checksum,
        kind: OutputKind,
    ) -> Result<Self, TrainedError> {
        let path = run.calibration();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(TrainedError::Unfit(format!("cannot read {}: {e}", path.display()))),
        };
        let broken = |why: String| {
            TrainedError::Unfit(format!(
                "{} is broken: {why}\nhelp: `dropnet calibrate` writes it anew",
                path.display()
            ))
        };
        let read: Self = serde_json::from_slice(&text).map_err(|e| broken(e.to_string()))?;
        if let Some((way, fit)) = read.fits.iter().find(|(_, fit)| !may_be_fitted(fit.value, kind)) {
            return Err(broken(format!("the value of {way} is {:e}, which no fit comes to", fit.value)));
        }
        Ok(if read.parameters == Some(parameters) { read } else { Self::default() })
    }

    /// One value for every way to predict, in place of what was fitted.
    #[must_use]
    pub fn fixed(value: f64) -> Self {
        let fit = Fit { value, nll: f64::NAN, before: None, rows: 0 };
        Self { fixed: Some(fit), ..Self::default() }
    }

    /// What the fit of a way to predict is called in the file.
    pub(in crate::run) fn name(&self, mode: PredictMode) -> Option<String> {
        let name = name_of(mode)?;
        Some(match &self.views {
            None => name.into(),
            Some(views) => format!("{name}{IN_VIEWS}{views}"),
        })
    }

    /// With what was fitted in other views for the same parameters.
    fn beside(mut self, earlier: Self) -> Self {
        let is_of_others =
            |name: &str| name.split_once(IN_VIEWS).map(|(_, views)| views) != self.views.as_deref();
        if earlier.parameters.is_some() && earlier.parameters == self.parameters {
            let others: Vec<_> = earlier.fits.into_iter().filter(|(name, _)| is_of_others(name)).collect();
            self.fits.extend(others);
        }
        self
    }

    /// Writes it atomically, beside what was fitted in other views, and clears away what writers left that were killed.
    ///
    /// # Errors
    /// A fit that is no number, which no file could say; what the file system says; a folder that another process writes to.
    pub fn write(&self, run: &Path) -> io::Result<()> {
        let numbers =
            |fit: &Fit| [fit.value, fit.nll, fit.before.unwrap_or(0.0)].iter().all(|x| x.is_finite());
        if let Some((way, fit)) = self.fits.iter().find(|(_, fit)| !numbers(fit)) {
            let why = format!(
                "what was fitted for {way} is no number ({:e}, with a loss of {:e})",
                fit.value, fit.nll
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let _guard = Guard::take(run).map_err(io::Error::other)?;
        atomic::clear_parts(run)?;
        let path = RunDir::at(run).calibration();
        // What is broken is written anew.
        let earlier = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let whole = self.clone().beside(earlier.unwrap_or_default());
        let text = serde_json::to_string_pretty(&whole).map_err(io::Error::other)? + "\n";
        atomic::replace(&path, |out| out.write_all(text.as_bytes()))
    }

    pub fn of(&self, mode: PredictMode) -> Option<Fit> {
        name_of(mode)?;
        self.fixed.or_else(|| self.fits.get(&self.name(mode)?).copied())
    }

    /// Whether nothing was fitted for a way to predict in these views, but in others.
    #[must_use]
    pub fn is_of_other_views(&self, mode: PredictMode) -> bool {
        let Some(name) = name_of(mode) else { return false };
        let is_of_this_way = |fit: &String| fit.split(IN_VIEWS).next() == Some(name);
        self.of(mode).is_none() && self.fits.keys().any(is_of_this_way)
    }
}

fn may_be_fitted(value: f64, kind: OutputKind) -> bool {
    match kind.has_probabilities() {
        true => (TEMPERATURES.0..=TEMPERATURES.1).contains(&value),
        false => value > 0.0 && value.is_normal() && value.recip().is_normal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_file_can_say_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let fit = Fit { value: 2.0, nll: 0.5, before: None, rows: 3 };
        for broken in [
            Fit { value: f64::NAN, ..fit },
            Fit { nll: f64::INFINITY, ..fit },
            Fit { before: Some(f64::NAN), ..fit },
        ] {
            let fits = [("mc_dropout".into(), broken)].into();
            let calibration = Calibration { fits, ..Calibration::default() };
            let error = calibration.write(folder.path()).unwrap_err();
            assert!(error.to_string().starts_with("what was fitted for mc_dropout is no number"), "{error}");
            assert!(!RunDir::at(folder.path()).calibration().exists());
        }
    }
}
