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
    judgements::lowest::{Lowest, lowest, lowest_by_slopes},
    predictions::{
        committee::nothing_live,
        likelihood::{self, Term},
        mc::Marginal,
        own_units,
        sampling::{KEPT, Sampling},
        views,
    },
};
use crate::{
    data::{Observed, Part, Search},
    kernels::team::Team,
    model::{Mean, OutputKind, PredictMode},
};

/// Precisions that are tried, as multiples of one over the mean squared error.
const PRECISIONS: (f64, f64) = (1e-3, 1e9);

/// Fits each of `modes` on the validation part, or its first `most` rows, by its likelihood, with fixed masks.
///
/// # Errors
/// No validation part; a net whose output says its own spread; a way that cannot be calibrated; what code generation says.
pub fn calibrate(
    net: &Trained,
    search: &Search,
    modes: &[PredictMode],
    most: Option<usize>,
    team: &Team,
) -> Result<Calibration, TrainedError> {
    let unfit = |why: &str| TrainedError::Unfit(why.into());
    if net.model.output.kind.says_spread() {
        return Err(unfit("a `normal` output says how far observations spread: there is nothing to fit"));
    }
    let dataset = net.dataset(search)?;
    let part = dataset.valid.as_ref().ok_or_else(|| {
        unfit("the data have no validation part to fit on\nhelp: write `split valid=20%` in `data` and train again")
    })?;
    views::know_black(net, part)?;
    let part = &part.first(most.unwrap_or(usize::MAX));
    let mut fits = BTreeMap::new();
    for mode in modes {
        let name = net
            .calibration
            .name(*mode)
            .ok_or_else(|| unfit("the exact mean of all sub-networks has no temperature in this version"))?;
        if !matches!(mode, PredictMode::WeightScaling | PredictMode::McDropout(_)) {
            net.answers_once("a temperature of such a mean")?;
        }
        if is_a_mean_of_means(net, *mode) {
            return Err(unfit(
                "what is no plain mean over samples and views has no temperature in this version\nhelp: leave `augment` out of `predict` (`--views none`), or write `mc_dropout`",
            ));
        }
        fits.insert(name, Rows { net, part, mode: *mode, team }.fit()?);
    }
    let parameters = Some(net.checkpoint.parameters());
    Ok(Calibration { parameters, fits, ..net.calibration.clone() })
}

/// Whether views of a sample are averaged in probabilities before what is said of samples is averaged in another way.
fn is_a_mean_of_means(net: &Trained, mode: PredictMode) -> bool {
    let kind = net.model.output.kind;
    let of_several_bits = kind.classes().is_none() && kind.has_probabilities() && kind.outputs() > 1;
    let is_geometric = matches!(mode, PredictMode::Ensemble(Mean::Geometric, _));
    !net.model.predict.views.is_empty() && kind.has_probabilities() && (of_several_bits || is_geometric)
}

/// The rows that a way to predict is fitted on.
#[derive(Clone, Copy)]
struct Rows<'a> {
    net: &'a Trained,
    part: &'a Part,
    mode: PredictMode,
    team: &'a Team,
}

impl<'a> Rows<'a> {
    fn fit(&self) -> Result<Fit, TrainedError> {
        let rows = self.part.rows();
        let said = self.all_said()?;
        let losses = |values: &[f64]| self.losses(&said, values);
        let numbers = self.net.model.output.kind.needs_precision();
        let (range, before) = match numbers {
            true => {
                let error = self.squared_error()?;
                ((PRECISIONS.0 / error, PRECISIONS.1 / error), None)
            }
            false => (TEMPERATURES, Some(losses(&[1.0])?[0].log)),
        };
        let found = match self.net.model.output.kind.steps() {
            // Powers of a vocabulary a token, of logits that are too many to keep.
            Some(_) => lowest_by_slopes(range, |value| Ok::<_, TrainedError>(losses(&[value])?[0]))?,
            None => lowest(range, losses)?,
        };
        match (found, before) {
            (Lowest::Bottom(value, nll), _) if value.is_finite() && nll.is_finite() => {
                Ok(Fit { value, nll, before, rows })
            }
            (Lowest::Bottom(..), _) => Err(no_best(Lowest::Unknown, numbers, rows, self.mode)),
            (Lowest::Flat, Some(nll)) => Ok(Fit { value: 1.0, nll, before, rows }),
            (edge, _) => Err(no_best(edge, numbers, rows, self.mode)),
        }
    }

    /// What a way to predict says of the rows: logits, or numbers in the target's own units.
    fn said(&self) -> Sampling<'a> {
        let sampling = match self.mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => {
                Sampling::new(vec![self.net], self.part, mc, self.team)
            }
            PredictMode::WeightScaling | PredictMode::Exact(_) => {
                Sampling::passes(vec![self.net], self.part, self.team)
            }
        };
        let sampling = sampling.viewed(&self.net.model.predict);
        // A temperature acts on each view's logits, and the mean over views and samples is one mean.
        if self.net.model.output.kind.has_probabilities() { sampling.apart() } else { sampling }
    }

    /// Mean squared error of the mean, in the target's own units.
    ///
    /// # Errors
    /// Errors that are nothing but the rounding of 32-bit numbers.
    fn squared_error(&self) -> Result<f64, TrainedError> {
        let means = self.said().means(Mean::Arithmetic)?.ok_or_else(nothing_live)?;
        let observed = own_units::observed(self.net, self.part);
        let square = |(a, b): (&f32, &f64)| (f64::from(*a) - b) * (f64::from(*a) - b);
        let squares: Vec<f64> = means.iter().zip(&observed).map(square).collect();
        let rounding: f64 = self.rounding().iter().map(|by| by * by).sum();
        match squares.iter().sum::<f64>() {
            sum if !sum.is_finite() => Err(no_best(Lowest::Unknown, true, self.part.rows(), self.mode)),
            sum if sum <= rounding => Err(no_best(Lowest::High, true, self.part.rows(), self.mode)),
            sum => Ok(sum / observed.len() as f64),
        }
    }

    /// How far each observation may be off for no other reason than the rounding of training, in the target's own units.
    fn rounding(&self) -> Vec<f64> {
        let Some(units) = self.net.checkpoint.meta.transform.target.units() else { return Vec::new() };
        let of = |(d, y): (usize, &f32)| {
            let seen = f64::from(*y);
            f64::from(f32::EPSILON) * seen.abs() * units.length_at(d, units.own(d, seen))
        };
        let row = |observed| match observed {
            Observed::Real(numbers) => numbers.iter().enumerate().map(of).collect(),
            Observed::Class(_) | Observed::Bits(_) | Observed::Tokens(_) => Vec::new(),
        };
        self.part.all_observed().flat_map(row).collect()
    }

    /// What is said of all rows, row by row; nothing where that is too much to keep and has to be drawn again for each look.
    fn all_said(&self) -> Result<Vec<f32>, TrainedError> {
        let mut said = Vec::new();
        if self.part.rows()
            * samples_of(self.mode)
            * self.net.model.predict.view_count()
            * self.net.model.output.kind.width()
            <= KEPT
        {
            let add = |_: usize, samples: &[f32]| said.extend_from_slice(samples);
            self.said().each_row_of_logits(add)?.ok_or_else(nothing_live)?;
        }
        Ok(said)
    }

    /// Mean negative log-likelihood for each candidate value, of what was said before if it was kept; with its slopes over the logarithm of
    /// the value.
    fn losses(&self, said: &[f32], values: &[f64]) -> Result<Vec<Term>, TrainedError> {
        let kind = self.net.model.output.kind;
        let geometric = matches!(self.mode, PredictMode::Ensemble(Mean::Geometric, _));
        let observed =
            if kind.has_probabilities() { Vec::new() } else { own_units::observed(self.net, self.part) };
        let width = kind.width();
        let mut likelihoods = vec![Term::default(); values.len()];
        let mut add = |at: usize, samples: &[f32]| {
            let mean = geometric.then(|| mean_of(samples, width));
            let samples = mean.as_deref().unwrap_or(samples);
            let of_row = |value: f64| match (self.part.observed(at), kind.has_probabilities()) {
                (Observed::Tokens(came), _) => likelihood::of_tokens(came, samples, kind, value),
                (_, true) => likelihood::of_logits(self.part, at, samples, width, value),
                (_, false) => of_numbers(&observed[at * width..(at + 1) * width], samples, kind, value),
            };
            likelihoods.iter_mut().zip(values).for_each(|(sum, value)| *sum = *sum + of_row(*value));
        };
        match said.is_empty() {
            false => said
                .chunks_exact(said.len() / self.part.rows())
                .enumerate()
                .for_each(|(at, row)| add(at, row)),
            true => {
                self.said().each_row_of_logits(add)?.ok_or_else(nothing_live)?;
            }
        }
        let rows = self.part.answers() as f64;
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
            let sampling = Rows { net: &tempered, part: &part, mode, team: &team }.said().tempered(mode);
            let mean = if let PredictMode::Ensemble(mean, _) = mode { mean } else { Mean::Arithmetic };
            let p = sampling.means(mean).unwrap().unwrap();
            let class =
                |p: &[f32], u: f64| (0..3).find(|k| p[..=*k].iter().map(|p| f64::from(*p)).sum::<f64>() > u);
            let classes = p.chunks_exact(3).map(|p| class(p, uniform()).unwrap_or(2) as u32).collect();
            part.target = Arc::new(Target::Classes(classes));
            let fit = Rows { net: &net, part: &part, mode, team: &team }.fit().unwrap();
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
