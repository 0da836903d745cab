//! What is fitted on validation rows once a net is trained: a temperature of its logits, or the precision of observations of numbers.
//!
//! Each way to predict has its own.
//! Where the likelihood has no highest point, nothing is fitted: rows that are all right would have a net be surer and surer.

use std::collections::BTreeMap;

use crate::run::{
    folder::{
        calibration::{Calibration, Fit, TEMPERATURES, name_of},
        trained::{Trained, TrainedError},
    },
    predictions::{
        committee::nothing_live,
        likelihood::{self, Term},
        mc::Marginal,
        sampling::{KEPT, Sampling},
    },
};
use crate::{
    data::{Observed, Part, Search},
    kernels::team::Team,
    model::{Mean, OutputKind, PredictMode},
};

/// Precisions that are tried, as multiples of one over the mean squared error.
const PRECISIONS: (f64, f64) = (1e-3, 1e9);
/// Differences of mean log-likelihoods, in nats, that are none.
pub const NOTHING: f64 = 1e-9;

impl Trained {
    /// What logits are divided by before they become probabilities; 1 where nothing was fitted.
    #[must_use]
    pub fn temperature(&self, mode: PredictMode) -> f64 {
        match self.model.output.kind.has_probabilities() {
            true => self.calibration.of(mode).map_or(1.0, |fit| fit.value),
            false => 1.0,
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
        if self.model.output.kind.says_spread() {
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
        let rows = part.rows();
        let said = self.all_said(part, mode, team)?;
        let losses = |values: &[f64]| self.losses(part, mode, &said, values, team);
        let numbers = self.model.output.kind.needs_precision();
        let (range, before) = match numbers {
            true => {
                let error = self.squared_error(part, mode, team)?;
                ((PRECISIONS.0 / error, PRECISIONS.1 / error), None)
            }
            false => (TEMPERATURES, Some(losses(&[1.0])?[0].log)),
        };
        match (lowest(range, losses)?, before) {
            (Lowest::Bottom(value, nll), _) if value.is_finite() && nll.is_finite() => {
                Ok(Fit { value, nll, before, rows })
            }
            (Lowest::Bottom(..), _) => Err(no_best(Lowest::Unknown, numbers, rows, mode)),
            (Lowest::Flat, Some(nll)) => Ok(Fit { value: 1.0, nll, before, rows }),
            (edge, _) => Err(no_best(edge, numbers, rows, mode)),
        }
    }

    /// What a way to predict says of the rows: logits, or numbers in the target's own units.
    fn said<'a>(&'a self, part: &'a Part, mode: PredictMode, team: &'a Team) -> Sampling<'a> {
        match mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => {
                Sampling::new(vec![self], part, mc, team)
            }
            PredictMode::WeightScaling | PredictMode::Exact(_) => Sampling::passes(vec![self], part, team),
        }
    }

    /// Mean squared error of the mean, in the target's own units.
    ///
    /// # Errors
    /// Errors that are nothing but the rounding of 32-bit numbers.
    fn squared_error(&self, part: &Part, mode: PredictMode, team: &Team) -> Result<f64, TrainedError> {
        let means = self.said(part, mode, team).means(Mean::Arithmetic)?.ok_or_else(nothing_live)?;
        let observed = self.observed(part);
        let square = |(a, b): (&f32, &f64)| (f64::from(*a) - b) * (f64::from(*a) - b);
        let squares: Vec<f64> = means.iter().zip(&observed).map(square).collect();
        let rounding: f64 = self.rounding(part).iter().map(|by| by * by).sum();
        match squares.iter().sum::<f64>() {
            sum if !sum.is_finite() => Err(no_best(Lowest::Unknown, true, part.rows(), mode)),
            sum if sum <= rounding => Err(no_best(Lowest::High, true, part.rows(), mode)),
            sum => Ok(sum / observed.len() as f64),
        }
    }

    /// How far each observation may be off for no other reason than the rounding of training, in the target's own units.
    fn rounding(&self, part: &Part) -> Vec<f64> {
        let units = self.checkpoint.meta.transform.target.units();
        let of = |(y, unit): (&f32, &f64)| f64::from(f32::EPSILON) * f64::from(*y).abs() * unit;
        let row = |observed| match observed {
            Observed::Real(numbers) => numbers.iter().zip(units.iter().cycle()).map(of).collect(),
            Observed::Class(_) | Observed::Bits(_) => Vec::new(),
        };
        part.all_observed().flat_map(row).collect()
    }

    /// What is said of all rows, row by row; nothing where that is too much to keep and has to be drawn again for each look.
    fn all_said(&self, part: &Part, mode: PredictMode, team: &Team) -> Result<Vec<f32>, TrainedError> {
        let mut said = Vec::new();
        if part.rows() * samples_of(mode) * self.model.output.kind.width() <= KEPT {
            let add = |_: usize, samples: &[f32]| said.extend_from_slice(samples);
            self.said(part, mode, team).each_row_of_logits(add)?.ok_or_else(nothing_live)?;
        }
        Ok(said)
    }

    /// Mean negative log-likelihood for each candidate value, of what was said before if it was kept; with its slopes over the logarithm of
    /// the value.
    fn losses(
        &self,
        part: &Part,
        mode: PredictMode,
        said: &[f32],
        values: &[f64],
        team: &Team,
    ) -> Result<Vec<Term>, TrainedError> {
        let kind = self.model.output.kind;
        let geometric = matches!(mode, PredictMode::Ensemble(Mean::Geometric, _));
        let observed = self.observed(part);
        let width = kind.width();
        let mut likelihoods = vec![Term::default(); values.len()];
        let mut add = |at: usize, samples: &[f32]| {
            let mean = geometric.then(|| mean_of(samples, width));
            let samples = mean.as_deref().unwrap_or(samples);
            let of_row = |value: f64| match kind.has_probabilities() {
                true => likelihood::of_logits(part, at, samples, width, value),
                false => of_numbers(&observed[at * width..(at + 1) * width], samples, kind, value),
            };
            likelihoods.iter_mut().zip(values).for_each(|(sum, value)| *sum = *sum + of_row(*value));
        };
        match said.is_empty() {
            false => {
                said.chunks_exact(said.len() / part.rows()).enumerate().for_each(|(at, row)| add(at, row))
            }
            true => {
                self.said(part, mode, team).each_row_of_logits(add)?.ok_or_else(nothing_live)?;
            }
        }
        let rows = part.rows() as f64;
        // Adding 0 turns -0 round.
        let loss = |sum: Term| Term { log: -sum.log / rows + 0.0, slope: -sum.slope / rows };
        Ok(likelihoods.into_iter().map(loss).collect())
    }
}

fn of_numbers(observed: &[f64], samples: &[f32], kind: OutputKind, precision: f64) -> Term {
    let marginal = |d: usize| Marginal::of(samples, kind, d).with_precision(Some(precision));
    let marginals: Vec<Marginal> = (0..observed.len()).map(marginal).collect();
    likelihood::of_numbers(observed, &marginals).unwrap_or_default()
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

/// Where a loss is lowest.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lowest {
    /// At this value; and what it is there.
    Bottom(f64, f64),
    /// Nowhere: it falls to the lower, or to the upper end of the range.
    Low,
    High,
    /// Everywhere.
    Flat,
    /// It is no number.
    Unknown,
}

/// Why there is no best value for a way to predict.
fn no_best(found: Lowest, numbers: bool, rows: usize, mode: PredictMode) -> TrainedError {
    let sampled = samples_of(mode) > 1;
    let why = match (numbers, found) {
        (_, Lowest::Unknown) => "how likely they are is beyond all numbers",
        (true, Lowest::Low) => {
            "the lower it is, the likelier they are: what is predicted has nothing to do with them"
        }
        (true, _) => "the higher it is, the likelier they are: what is predicted fits them exactly",
        (false, Lowest::High) => {
            "the higher it is, the likelier they are: the net's logits say nothing of them, or the opposite"
        }
        (false, _) if sampled => {
            "the lower it is, the likelier they are: each of them is right in some sample"
        }
        (false, _) => "the lower it is, the likelier they are: all of them are right",
    };
    let what = if numbers { "precision" } else { "temperature" };
    let without = if numbers { "give `--precision X`" } else { "stay at temperature 1" };
    let way = name_of(mode).unwrap_or_default().replace('_', " ");
    TrainedError::Unfit(format!(
        "the {rows} validation rows have no likeliest {what} for {way}: {why}; nothing is written\nhelp: hold back more rows (`split valid=30%`) and train again, or {without}"
    ))
}

/// Where a loss with one valley over a range is lowest: a grid of ratios is drawn closer around the change of sign of the slopes, and
/// between its last two points they are as good as straight, so that the value is good to a hundred-millionth.
fn lowest<E>(range: (f64, f64), mut f: impl FnMut(&[f64]) -> Result<Vec<Term>, E>) -> Result<Lowest, E> {
    const GRIDS: [usize; 4] = [33, 17, 17, 17];
    let (mut low, mut high) = (range.0.ln(), range.1.ln());
    for (round, points) in GRIDS.into_iter().enumerate() {
        let step = (high - low) / (points - 1) as f64;
        let place = |i: usize| low + step * i as f64;
        let losses = f(&(0..points).map(|i| place(i).exp()).collect::<Vec<f64>>())?;
        if losses.iter().any(|loss| loss.log.is_nan() || loss.slope.is_nan()) {
            return Ok(Lowest::Unknown);
        }
        let at = (0..points).fold(0, |best, i| if losses[i].log < losses[best].log { i } else { best });
        if round == 0 {
            let as_low = |end: usize| losses[end].log - losses[at].log <= NOTHING;
            match (as_low(0), as_low(points - 1)) {
                (true, true) => return Ok(Lowest::Flat),
                (true, false) => return Ok(Lowest::Low),
                (false, true) => return Ok(Lowest::High),
                (false, false) => {}
            }
        }
        let left = if losses[at].slope > 0.0 { at.saturating_sub(1) } else { at.min(points - 2) };
        let (falls, rises) = (losses[left].slope, losses[left + 1].slope);
        (low, high) = (place(left), place(left + 1));
        if round + 1 == GRIDS.len() && falls <= 0.0 && rises > 0.0 {
            low += step * falls / (falls - rises);
            high = low;
        }
    }
    let value = (0.5 * (low + high)).exp();
    Ok(Lowest::Bottom(value, f(&[value])?[0].log))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        data::{Input, Target},
        draws::rng,
        model::McDropout,
        run::rig::{fixed_part, trained},
    };

    /// A loss of the logarithm of a value, with its slope.
    fn valley(f: impl Fn(f64) -> (f64, f64)) -> impl FnMut(&[f64]) -> Result<Vec<Term>, ()> {
        move |xs: &[f64]| Ok(xs.iter().map(|x| f(x.ln())).map(|(log, slope)| Term { log, slope }).collect())
    }

    #[test]
    fn the_bottom_of_a_valley_is_found() {
        for bottom in [0.000_02_f64, 0.02, 1.0, 31.7, 400_000.0] {
            // Steeper on one side than on the other, as likelihoods are.
            let f = |x: f64| (x - bottom.ln()).exp() - (x - bottom.ln());
            let found = lowest(TEMPERATURES, valley(|x| (f(x), (x - bottom.ln()).exp() - 1.0))).unwrap();
            let Lowest::Bottom(at, value) = found else { panic!("{found:?}") };
            assert!((at / bottom - 1.0).abs() < 1e-7 && (value - 1.0).abs() < 1e-12, "{at} {bottom}");
        }
        let of = |f: fn(f64) -> (f64, f64)| lowest(TEMPERATURES, valley(f)).unwrap();
        assert_eq!(of(|x| (-x, -1.0)), Lowest::High);
        assert_eq!(of(|x| (x.exp(), x.exp())), Lowest::Low);
        assert_eq!(of(|_| (0.7, 0.0)), Lowest::Flat);
        assert_eq!(of(|_| (f64::NAN, f64::NAN)), Lowest::Unknown);
        let infinite = lowest((0.0, 0.0), valley(|x| (x, 1.0))).unwrap();
        assert_eq!(infinite, Lowest::Unknown);
    }

    /// Rows whose classes are drawn from softmax(logits / T) have T as their likeliest temperature.
    #[test]
    fn the_temperature_of_drawn_classes_comes_back() {
        const ROWS: usize = 6000;
        let net = trained("dense 8 -> tanh -> dropout 0.3\n  dense 3");
        let mut random = rng::stream(3, "test", &[]);
        let mut uniform = || rng::unit(&mut random);
        let data: Vec<f32> = (0..3 * ROWS).map(|_| (8.0 * uniform() - 4.0) as f32).collect();
        let input = Input::floats("x", &[3], data);
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
            let classes = p.chunks_exact(3).map(|p| class(p, uniform()).unwrap_or(2) as u32).collect();
            part.target = Arc::new(Target::Classes(classes));
            let fit = net.fit(&part, mode, &team).unwrap();
            assert!((fit.value / truth - 1.0).abs() < 0.1, "{mode:?}: {fit:?}");
            assert!(fit.nll < fit.before.unwrap());
        }
    }

    #[test]
    fn the_temperature_of_bits_is_one_where_they_are_drawn_from_it() {
        let logits = [2.0_f32, -1.0, 0.5];
        let p = |z: f32| 1.0 / (1.0 + f64::from(-z).exp());
        let at = |value: f64, bits: &[f64]| {
            let data = bits.iter().map(|y| *y as f32).collect();
            let target = Target::Bits { data, width: 3 };
            let part = Part::of_first(1, Vec::new(), target);
            likelihood::of_logits(&part, 0, &logits, 3, value).log
        };
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
