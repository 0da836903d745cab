//! What is fitted on validation rows once a net is trained: a temperature of its logits, or the precision of observations of numbers.
//!
//! Each way to predict has its own.

use std::collections::BTreeMap;

use crate::run::{
    calibration::{Calibration, Fit, name_of},
    committee::nothing_live,
    sampling::{KEPT, Sampling},
    trained::{Trained, TrainedError},
};
use crate::{
    data::{Part, Search},
    model::{Mean, OutputKind, PredictMode},
    runtime::{predictive, team::Team},
};

/// Temperatures that are tried, and precisions as multiples of one over the mean squared error.
const TEMPERATURES: (f64, f64) = (1.0 / 64.0, 64.0);
const PRECISIONS: (f64, f64) = (1.0 / 64.0, 4096.0);

impl Trained {
    /// What logits are divided by before they become probabilities; 1 where nothing was fitted.
    #[must_use]
    pub fn temperature(&self, mode: PredictMode) -> f64 {
        match self.model.output.kind {
            OutputKind::Class(_) | OutputKind::Bits(_) => {
                self.calibration.of(mode).map_or(1.0, |fit| fit.value)
            }
            OutputKind::Real(_) | OutputKind::Normal(_) => 1.0,
        }
    }

    /// The fitted precision of observations.
    ///
    /// # Errors
    /// None was fitted.
    pub fn fitted_precision(&self, mode: PredictMode) -> Result<f64, TrainedError> {
        self.calibration.of(mode).map(|fit| fit.value).ok_or_else(|| {
            TrainedError::Unfit(
                "`precision=fit`, and nothing was fitted for this way to predict\nhelp: `dropnet calibrate RUN` fits it on the validation rows".into(),
            )
        })
    }

    /// Fits each of `modes` on the validation part, by its likelihood, with fixed masks.
    ///
    /// # Errors
    /// No validation part; a net whose output says its own spread; a way that cannot be calibrated; what code generation says.
    pub fn calibrate(
        &self,
        search: &Search,
        modes: &[PredictMode],
        team: &Team,
    ) -> Result<Calibration, TrainedError> {
        let unfit = |why: &str| TrainedError::Unfit(why.into());
        if let OutputKind::Normal(_) = self.model.output.kind {
            return Err(unfit("a `normal` output says how far observations spread: there is nothing to fit"));
        }
        let dataset = self.dataset(search)?;
        let part = dataset.valid.as_ref().ok_or_else(|| {
            unfit("the data have no validation part to fit on\nhelp: write `split valid=20%` in `data` and train again")
        })?;
        let mut fits = BTreeMap::new();
        for mode in modes {
            let name = name_of(*mode).ok_or_else(|| {
                unfit("the exact mean of all sub-networks has no temperature in this version")
            })?;
            fits.insert(name.to_string(), self.fit(part, *mode, team)?);
        }
        Ok(Calibration { parameters: Some(self.checkpoint.parameters()), fits })
    }

    fn fit(&self, part: &Part, mode: PredictMode, team: &Team) -> Result<Fit, TrainedError> {
        let rows = part.rows;
        let said = self.all_said(part, mode, team)?;
        let losses = |values: &[f64]| self.losses(part, mode, &said, values, team);
        if let OutputKind::Real(_) = self.model.output.kind {
            let error = self.squared_error(part, mode, team)?;
            let range = (PRECISIONS.0 / error, PRECISIONS.1 / error);
            let (value, nll) = lowest(range, losses)?;
            return Ok(Fit { value, nll, before: None, rows });
        }
        let before = losses(&[1.0])?[0];
        let (value, nll) = lowest(TEMPERATURES, losses)?;
        Ok(Fit { value, nll, before: Some(before), rows })
    }

    /// What a way to predict says of the rows: logits, or numbers in the target's own units.
    fn said<'a>(&'a self, part: &'a Part, mode: PredictMode, team: &'a Team) -> Sampling<'a> {
        match mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => self.sampling(part, mc, team),
            PredictMode::WeightScaling | PredictMode::Exact(_) => Sampling::passes(vec![self], part, team),
        }
    }

    /// Mean squared error of the mean, in the target's own units.
    fn squared_error(&self, part: &Part, mode: PredictMode, team: &Team) -> Result<f64, TrainedError> {
        let means = self.said(part, mode, team).means(Mean::Arithmetic)?.ok_or_else(nothing_live)?;
        let observed = self.observed(part);
        let squares: f64 =
            means.iter().zip(&observed).map(|(a, b)| (f64::from(*a) - b) * (f64::from(*a) - b)).sum();
        Ok((squares / observed.len() as f64).max(f64::MIN_POSITIVE))
    }

    /// What is said of all rows, row by row; nothing where that is too much to keep and has to be drawn again for each look.
    fn all_said(&self, part: &Part, mode: PredictMode, team: &Team) -> Result<Vec<f32>, TrainedError> {
        let mut said = Vec::new();
        if part.rows * samples_of(mode) * self.model.output.kind.width() <= KEPT {
            let add = |_: usize, samples: &[f32]| said.extend_from_slice(samples);
            self.said(part, mode, team).each_row(Mean::Geometric, add)?.ok_or_else(nothing_live)?;
        }
        Ok(said)
    }

    /// Mean negative log-likelihood for each candidate value, of what was said before if it was kept.
    fn losses(
        &self,
        part: &Part,
        mode: PredictMode,
        said: &[f32],
        values: &[f64],
        team: &Team,
    ) -> Result<Vec<f64>, TrainedError> {
        let kind = self.model.output.kind;
        let geometric = matches!(mode, PredictMode::Ensemble(Mean::Geometric, _));
        let observed = self.observed(part);
        let width = kind.width();
        let mut losses = vec![0.0; values.len()];
        let mut add = |at: usize, samples: &[f32]| {
            let mean = geometric.then(|| mean_of(samples, width));
            let samples = mean.as_deref().unwrap_or(samples);
            let observed = &observed[at * width..(at + 1) * width];
            for (loss, value) in losses.iter_mut().zip(values) {
                *loss -= log_likelihood(samples, kind, observed, *value) / part.rows as f64;
            }
        };
        match said.is_empty() {
            false => said.chunks_exact(said.len() / part.rows).enumerate().for_each(|(at, row)| add(at, row)),
            true => {
                self.said(part, mode, team).each_row(Mean::Geometric, add)?.ok_or_else(nothing_live)?;
            }
        }
        Ok(losses)
    }
}

/// Samples of a row, at most.
fn samples_of(mode: PredictMode) -> usize {
    match mode {
        PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc.samples as usize,
        PredictMode::WeightScaling | PredictMode::Exact(_) => 1,
    }
}

fn mean_of(samples: &[f32], width: usize) -> Vec<f32> {
    let count = (samples.len() / width) as f64;
    let mean = |at: usize| samples.chunks_exact(width).map(|row| f64::from(row[at])).sum::<f64>() / count;
    (0..width).map(|at| mean(at) as f32).collect()
}

/// Of one row's observation (one-hot, bits, numbers): the mean over samples of its probability, at a temperature or a precision.
fn log_likelihood(samples: &[f32], kind: OutputKind, observed: &[f64], value: f64) -> f64 {
    let width = kind.width();
    let column = |at: usize| samples.chunks_exact(width).map(move |row| f64::from(row[at]));
    match kind {
        OutputKind::Class(_) => {
            let class = observed.iter().position(|y| *y > 0.5).unwrap_or(0);
            log_mean(samples.chunks_exact(width).map(|row| {
                let scaled = row.iter().map(|z| f64::from(*z) / value);
                let top = scaled.clone().fold(f64::NEG_INFINITY, f64::max);
                f64::from(row[class]) / value - top - scaled.map(|z| (z - top).exp()).sum::<f64>().ln()
            }))
        }
        OutputKind::Bits(_) => {
            let bit = |(at, y): (usize, &f64)| {
                let sign = if *y > 0.5 { -1.0 } else { 1.0 };
                // ln sigmoid(z) = -ln(1 + exp(-z)), without overflow.
                log_mean(column(at).map(|z| {
                    let x = sign * z / value;
                    -(x.max(0.0) + (-x.abs()).exp().ln_1p())
                }))
            };
            observed.iter().enumerate().map(bit).sum()
        }
        OutputKind::Real(_) | OutputKind::Normal(_) => {
            let number = |(at, y): (usize, &f64)| {
                let means: Vec<f64> = column(at).collect();
                predictive::log_likelihood(*y, &means, |_| 1.0 / value)
            };
            observed.iter().enumerate().map(number).sum()
        }
    }
}

/// ln of the mean of numbers of which these are the logarithms.
fn log_mean(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    let (sum, count) = logs.fold((0.0, 0.0), |(sum, n), x| (sum + (x - top).exp(), n + 1.0));
    top + (sum / count).ln()
}

/// Where a function with one valley over a range is lowest, and its value there: on a grid of ratios that is drawn closer four times, to a
/// thousandth.
fn lowest<E>(range: (f64, f64), mut f: impl FnMut(&[f64]) -> Result<Vec<f64>, E>) -> Result<(f64, f64), E> {
    const GRID: usize = 17;
    let (mut low, mut high) = (range.0.ln(), range.1.ln());
    let mut best = (0.0, f64::INFINITY);
    for _ in 0..4 {
        let step = (high - low) / (GRID - 1) as f64;
        let values: Vec<f64> = (0..GRID).map(|i| (low + step * i as f64).exp()).collect();
        let losses = f(&values)?;
        let at = (0..GRID).fold(0, |best, i| if losses[i] < losses[best] { i } else { best });
        best = (values[at], losses[at]);
        let middle = low + step * at as f64;
        (low, high) = ((middle - step).max(range.0.ln()), (middle + step).min(range.1.ln()));
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{InputArray, Storage, Target},
        model::McDropout,
        run::rig::{fixed_part, trained},
        runtime::rng,
    };

    #[test]
    fn the_bottom_of_a_valley_is_found() {
        for bottom in [0.02, 1.0, 31.7] {
            let f = |xs: &[f64]| Ok::<_, ()>(xs.iter().map(|x| (x / bottom).ln().powi(2)).collect());
            let (at, value) = lowest(TEMPERATURES, f).unwrap();
            assert!((at / bottom - 1.0).abs() < 2e-3 && value < 1e-5, "{at} {bottom}");
        }
        let falling = |xs: &[f64]| Ok::<_, ()>(xs.iter().map(|x| -x).collect());
        assert!((lowest(TEMPERATURES, falling).unwrap().0 - TEMPERATURES.1).abs() < 1e-9);
    }

    /// Rows whose classes are drawn from softmax(logits / T) have T as their likeliest temperature.
    #[test]
    fn the_temperature_of_drawn_classes_comes_back() {
        const ROWS: usize = 6000;
        let net = trained("dense 8 -> tanh -> dropout 0.3\n  dense 3");
        let mut random = rng::stream(3, "test", &[]);
        let mut uniform = || rng::unit(&mut random);
        let data: Vec<f32> = (0..3 * ROWS).map(|_| (8.0 * uniform() - 4.0) as f32).collect();
        let input =
            InputArray { name: "x".into(), shape: vec![3], data: Storage::F32(data), scale: 1.0, shift: 0.0 };
        let mut part = fixed_part(input, ROWS);
        let team = Team::new(1);
        let mc = McDropout { samples: 5, seed: Some(1), until: None };
        for (mode, truth) in [
            (PredictMode::WeightScaling, 0.4),
            (PredictMode::McDropout(mc), 0.7),
            (PredictMode::Ensemble(Mean::Geometric, mc), 1.8),
        ] {
            let mut tempered = trained("dense 8 -> tanh -> dropout 0.3\n  dense 3");
            tempered.calibration = Calibration::fixed(truth);
            let sampling = tempered.said(&part, mode, &team).tempered(mode);
            let mean = if let PredictMode::Ensemble(mean, _) = mode { mean } else { Mean::Arithmetic };
            let p = sampling.means(mean).unwrap().unwrap();
            let class =
                |p: &[f32], u: f64| (0..3).find(|k| p[..=*k].iter().map(|p| f64::from(*p)).sum::<f64>() > u);
            part.target =
                Target::Classes(p.chunks_exact(3).map(|p| class(p, uniform()).unwrap_or(2) as u32).collect());
            let fit = net.fit(&part, mode, &team).unwrap();
            assert!((fit.value / truth - 1.0).abs() < 0.1, "{mode:?}: {fit:?}");
            assert!(fit.nll < fit.before.unwrap());
        }
    }

    #[test]
    fn the_temperature_of_bits_is_one_where_they_are_drawn_from_it() {
        let logits = [2.0_f32, -1.0, 0.5];
        let p = |z: f32| 1.0 / (1.0 + f64::from(-z).exp());
        let at = |value: f64, bits: &[f64]| log_likelihood(&logits, OutputKind::Bits(3), bits, value);
        // The expected log-likelihood under the net's own probabilities is largest at 1.
        let expected = |value: f64| -> f64 {
            (0..8_u32)
                .map(|mask| {
                    let bits: Vec<f64> = (0..3).map(|i| f64::from(mask >> i & 1)).collect();
                    let weight: f64 = bits
                        .iter()
                        .zip(logits)
                        .map(|(y, z)| if *y > 0.5 { p(z) } else { 1.0 - p(z) })
                        .product();
                    weight * at(value, &bits)
                })
                .sum()
        };
        assert!(expected(1.0) > expected(0.9) && expected(1.0) > expected(1.1));
        assert!((at(1.0, &[1.0, 0.0, 1.0]) - (p(2.0) * (1.0 - p(-1.0)) * p(0.5)).ln()).abs() < 1e-9);
    }
}
