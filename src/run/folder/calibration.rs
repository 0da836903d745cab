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
    /// By the name of the way to predict.
    pub(in crate::run) fits: BTreeMap<String, Fit>,
}

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
        let names = ["weight_scaling", "mc_dropout", "geometric_ensemble"];
        let fit = Fit { value, nll: f64::NAN, before: None, rows: 0 };
        Self { fits: names.map(|name| (name.to_string(), fit)).into(), ..Self::default() }
    }

    /// Writes it atomically, and clears away what writers left that were killed.
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
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)? + "\n";
        atomic::replace(&RunDir::at(run).calibration(), |out| out.write_all(text.as_bytes()))
    }

    pub fn of(&self, mode: PredictMode) -> Option<Fit> {
        self.fits.get(name_of(mode)?).copied()
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
            let calibration = Calibration { parameters: None, fits: [("mc_dropout".into(), broken)].into() };
            let error = calibration.write(folder.path()).unwrap_err();
            assert!(error.to_string().starts_with("what was fitted for mc_dropout is no number"), "{error}");
            assert!(!RunDir::at(folder.path()).calibration().exists());
        }
    }
}
