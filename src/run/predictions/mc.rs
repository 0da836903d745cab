//! Predictions and figures by Monte-Carlo dropout: the mean over samples, and what their differences say.

use crate::run::{
    folder::trained::TrainedError,
    predictions::{
        likelihood,
        sampling::{Drawn, Sampling},
    },
};
use crate::{
    data::{Observed, Part, TargetRule},
    math::Moments,
    model::{Interval, OutputKind, Precision, Predict, Reported, laws::token::TOLD},
    runtime::{
        figures::{Figures, Reporter, Tallies},
        predictive,
    },
    train::metrics,
};

/// One output of a row's samples: means from the target's level and, where the net says them, variances.
pub struct Marginal {
    pub means: Vec<f64>,
    pub variances: Option<Vec<f64>>,
}

impl Marginal {
    /// Output `d` of samples `[T, width]`.
    pub fn of(samples: &[f32], kind: OutputKind, d: usize) -> Self {
        let column = |at: usize| samples.chunks_exact(kind.width()).map(move |y| f64::from(y[at]));
        let spread = kind.says_spread().then(|| kind.outputs() + d);
        let variances = spread.map(|at| column(at).map(|sd| sd * sd).collect());
        Self { means: column(d).collect(), variances }
    }

    /// With the variance that a precision says, if the net says none.
    pub fn with_precision(mut self, precision: Option<f64>) -> Self {
        if let (None, Some(precision)) = (&self.variances, precision) {
            self.variances = Some(vec![1.0 / precision; self.means.len()]);
        }
        self
    }
}

/// Something that is said of a row's uncertainty, beside the mean.
pub struct Note {
    pub name: String,
    /// From the target's level, as outputs are.
    pub value: f64,
    /// The output whose level is still to be added; none of a spread, or of probabilities.
    pub output: Option<usize>,
}

type Said = Vec<Note>;

/// Mean outputs of a row (as weight scaling would give them) and what else is said; `names` are those of the outputs.
pub fn row(
    samples: &[f32],
    kind: OutputKind,
    interval: Option<Interval>,
    names: &[String],
) -> (Vec<f32>, Said) {
    match kind.classes() {
        Some(k) => classes(samples, k),
        None => numbers(samples, kind, interval, names),
    }
}

/// How far the probability of each class differs between samples: a note a class.
pub fn class_deviations(samples: &[f32], names: &[String]) -> Said {
    let deviation = |(class, name): (usize, &String)| {
        let of_class = samples.iter().skip(class).step_by(names.len()).map(|p| f64::from(*p));
        let value = Moments::of(of_class).deviation();
        Note { name: format!("{name}_sd"), value, output: None }
    };
    names.iter().enumerate().map(deviation).collect()
}

fn classes(samples: &[f32], k: usize) -> (Vec<f32>, Said) {
    let u = predictive::classes(samples, k);
    let said = [
        ("entropy", u.entropy),
        ("expected_entropy", u.expected_entropy),
        ("mutual_information", u.mutual_information),
        ("mutual_information_jackknife", u.mutual_information_jackknife),
        ("variation_ratio", u.variation_ratio),
        ("standard_error", u.standard_error),
    ];
    let note = |(name, value): (&str, f64)| Note { name: name.into(), value, output: None };
    (u.mean.iter().map(|p| *p as f32).collect(), said.into_iter().map(note).collect())
}

fn numbers(
    samples: &[f32],
    kind: OutputKind,
    interval: Option<Interval>,
    names: &[String],
) -> (Vec<f32>, Said) {
    let precision = interval.and_then(|interval| interval.precision?.known());
    let mut means = Vec::new();
    let mut spreads = Vec::new();
    let mut said = Vec::new();
    for (d, name) in names.iter().enumerate() {
        let marginal = Marginal::of(samples, kind, d).with_precision(precision);
        let u = predictive::number(&marginal.means, marginal.variances.as_deref());
        means.push(u.mean as f32);
        let mut note = |what: &str, value: f64, output| {
            said.push(Note { name: format!("{name}_{what}"), value, output });
        };
        let mut say = |what: &str, x: f64| note(what, x, None);
        say("epistemic_sd", u.epistemic.sqrt());
        if let Some(aleatoric) = u.aleatoric {
            say("aleatoric_sd", aleatoric.sqrt());
            match kind.says_spread() {
                true => spreads.push(u.total().sqrt() as f32),
                false => say("sd", u.total().sqrt()),
            }
        }
        if let (Some(interval), Some(v)) = (interval, &marginal.variances) {
            let tail = 0.5 * (1.0 - interval.share);
            note("low", predictive::quantile(tail, &marginal.means, |t| v[t]), Some(d));
            note("high", predictive::quantile(1.0 - tail, &marginal.means, |t| v[t]), Some(d));
        }
        note("standard_error", u.standard_error, None);
    }
    means.extend(spreads);
    (means, said)
}

/// How observations are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scoring {
    /// Inverse variance of an observation, in the target's own units, where the net does not say it: for the log-likelihood, and for the
    /// aleatoric part of the uncertainty.
    pub precision: Option<Precision>,
    /// The intervals whose coverage is counted.
    pub interval: Option<Interval>,
}

impl Scoring {
    /// As a file asks for it.
    #[must_use]
    pub fn of(predict: &Predict) -> Self {
        Self { precision: predict.precision(), interval: predict.interval }
    }

    /// Whether some precision is yet to be looked up.
    #[must_use]
    pub fn to_fit(&self) -> bool {
        let fit = |precision: Option<Precision>| precision == Some(Precision::Fit);
        fit(self.precision) || fit(self.interval.and_then(|interval| interval.precision))
    }

    /// With this number for each precision that was fitted.
    #[must_use]
    pub fn fitted(self, value: f64) -> Self {
        let known = |precision: Precision| Precision::Known(precision.known().unwrap_or(value));
        let interval = |interval: Interval| Interval { precision: interval.precision.map(known), ..interval };
        Self { precision: self.precision.map(known), interval: self.interval.map(interval) }
    }

    fn known(&self) -> Option<f64> {
        self.precision?.known()
    }
}

/// Figures of a part by samples: the reported metrics of the mean, and where the net or a precision gives the observations a density their
/// log-likelihood and the share of them that lie in their intervals. None where nothing is live.
pub fn figures(
    sampling: &Sampling<'_>,
    scoring: Scoring,
    reporter: &Reporter,
) -> Result<Option<(Figures, Drawn)>, TrainedError> {
    let mut scored = Scored::new(reporter);
    let done = sampling.each_row_of_logits(|index, samples| scored.row(sampling, scoring, index, samples))?;
    Ok(done.map(|drawn| (scored.figures(sampling), drawn)))
}

/// Metrics of the mean outputs, as a net would give them, and sums of scores of the rows so far.
struct Scored {
    tallies: Tallies,
    log_likelihood: f64,
    covered: f64,
    /// Of real outputs: epistemic and aleatoric variances, means over the outputs of a row. Of classes: mutual information.
    epistemic: f64,
    aleatoric: f64,
    information: f64,
}

impl Scored {
    fn new(reporter: &Reporter) -> Self {
        Self {
            tallies: reporter.tallies(),
            log_likelihood: 0.0,
            covered: 0.0,
            epistemic: 0.0,
            aleatoric: 0.0,
            information: 0.0,
        }
    }

    /// Takes a row's samples in: logits, or numbers in the target's own units.
    fn row(&mut self, sampling: &Sampling<'_>, scoring: Scoring, index: usize, samples: &[f32]) {
        self.covered += within(sampling, index, samples, scoring);
        let kind = sampling.kind();
        let mean = match kind.classes() {
            Some(k) => self.classes(sampling.part, index, samples, k),
            None if kind.steps().is_some() => self.steps(sampling.part, index, samples, kind),
            None if kind.has_probabilities() => {
                let bits = kind.outputs();
                self.log_likelihood += likelihood::of_logits(sampling.part, index, samples, bits, 1.0).log;
                likelihood::logits_of_bits(samples, bits)
            }
            None => {
                self.log_likelihood += observed(sampling, index, samples, scoring.known());
                self.numbers(sampling, scoring, samples, kind.outputs())
            }
        };
        self.tallies.add(&mean, sampling.part, &[index as u32]);
    }

    fn classes(&mut self, part: &Part, index: usize, samples: &[f32], k: usize) -> Vec<f32> {
        let p = likelihood::softmaxes(samples, k);
        let logs = likelihood::logs_of_classes(samples, &p, k);
        if let Observed::Class(class) = part.observed(index) {
            self.log_likelihood += logs[class as usize];
        }
        self.information += predictive::classes(&p, k).mutual_information;
        logs.into_iter().map(|log| log as f32).collect()
    }

    /// Of each of the row's own steps: what metrics see of the mean over samples.
    fn steps(&mut self, part: &Part, index: usize, samples: &[f32], kind: OutputKind) -> Vec<f32> {
        let vocab = kind.outputs();
        let mut told = vec![0.0; kind.judged_width()];
        let Observed::Tokens(came) = part.observed(index) else { return told };
        for (step, (token, told)) in came.iter().zip(told.chunks_exact_mut(TOLD)).enumerate() {
            let of_step = |sample: &[f32]| sample[step * vocab..(step + 1) * vocab].to_vec();
            let logits: Vec<f32> = samples.chunks_exact(kind.width()).flat_map(of_step).collect();
            let p = likelihood::softmaxes(&logits, vocab);
            let logs = likelihood::logs_of_classes(&logits, &p, vocab);
            let own = logs[*token as usize];
            self.log_likelihood += own;
            self.information += predictive::classes(&p, vocab).mutual_information;
            let as_likely = logs.iter().filter(|log| **log >= own || log.is_nan()).count() - 1;
            told.copy_from_slice(&[own as f32, as_likely as f32]);
        }
        told
    }

    fn numbers(&mut self, sampling: &Sampling<'_>, scoring: Scoring, samples: &[f32], d: usize) -> Vec<f32> {
        let kind = sampling.kind();
        let mut mean = row(samples, kind, None, &vec![String::new(); d]).0;
        kind.to_training(&mut mean, sampling.target());
        for output in 0..d {
            let marginal = Marginal::of(samples, kind, output).with_precision(scoring.known());
            let u = predictive::number(&marginal.means, marginal.variances.as_deref());
            self.epistemic += u.epistemic / d as f64;
            self.aleatoric += u.aleatoric.unwrap_or(f64::NAN) / d as f64;
        }
        mean
    }

    /// What is said of uncertainty, over all rows: root mean variances, and the mean mutual information.
    fn uncertainty(&self, kind: OutputKind, rows: f64) -> Vec<(&'static str, f64)> {
        match kind.has_probabilities() {
            true => {
                let one_of = kind.classes().is_some() || kind.steps().is_some();
                one_of.then_some(("mutual_information", self.information / rows)).into_iter().collect()
            }
            false => vec![
                ("epistemic_sd", (self.epistemic / rows).sqrt()),
                ("aleatoric_sd", (self.aleatoric / rows).sqrt()),
            ],
        }
    }

    fn figures(self, sampling: &Sampling<'_>) -> Figures {
        let mut figures = self.tallies.figures(None);
        let rows = sampling.part.answers() as f64;
        // Of several bits the metric knows no more than their means, which are not independent.
        let label = metrics::label(&metrics::likelihood());
        let nll = figures.0.iter_mut().find(|(name, _)| *name == label);
        nll.into_iter().for_each(|(_, nll)| *nll = -self.log_likelihood / rows);
        let scores = [("log_likelihood", self.log_likelihood / rows), ("coverage", self.covered / rows)];
        for (name, score) in scores.into_iter().rev().filter(|(_, score)| score.is_finite()) {
            figures.0.insert(0, (name.into(), score));
        }
        let uncertainty = self.uncertainty(sampling.kind(), rows).into_iter().filter(|(_, x)| x.is_finite());
        figures.0.extend(uncertainty.map(|(name, x)| (name.to_string(), x)));
        figures
    }
}

/// The share of a row's observations that lie in their intervals; NaN where there are no intervals.
fn within(sampling: &Sampling<'_>, index: usize, samples: &[f32], scoring: Scoring) -> f64 {
    let (Some(interval), Observed::Real(numbers)) = (scoring.interval, sampling.part.observed(index)) else {
        return f64::NAN;
    };
    let mut own = numbers.to_vec();
    sampling.target().to_units(&mut own);
    let tail = 0.5 * (1.0 - interval.share);
    let inside = own.iter().enumerate().map(|(d, y)| {
        let marginal = Marginal::of(samples, sampling.kind(), d)
            .with_precision(interval.precision.and_then(Precision::known));
        let Some(v) = &marginal.variances else { return f64::NAN };
        let below = predictive::probability_below(f64::from(*y), &marginal.means, |t| v[t]);
        f64::from(u8::from((tail..=1.0 - tail).contains(&below)))
    });
    inside.sum::<f64>() / own.len() as f64
}

/// The log-density of a row's numbers, in the target's own units; NaN if nothing says how far they spread.
fn observed(sampling: &Sampling<'_>, index: usize, samples: &[f32], precision: Option<f64>) -> f64 {
    let kind = sampling.kind();
    let Observed::Real(numbers) = sampling.part.observed(index) else { return f64::NAN };
    let mut own = numbers.to_vec();
    sampling.target().to_units(&mut own);
    let own: Vec<f64> = own.into_iter().map(f64::from).collect();
    let marginals: Vec<Marginal> =
        (0..own.len()).map(|d| Marginal::of(samples, kind, d).with_precision(precision)).collect();
    likelihood::of_numbers(&own, &marginals).map_or(f64::NAN, |term| term.log)
}

/// Figures of mean outputs, `[rows, width]`, logits or numbers in the target's own units from its level: metrics, and of logits their
/// log-likelihood.
pub fn mean_figures(
    kind: OutputKind,
    target: &TargetRule,
    part: &Part,
    reporter: &Reporter,
    mut outputs: Vec<f32>,
) -> Figures {
    let width = kind.width();
    let rows = outputs.chunks_exact(width).enumerate();
    let log_likelihood: f64 =
        rows.map(|(row, logits)| likelihood::of_logits(part, row, logits, width, 1.0).log).sum();
    // As a net would give them: in the units of training, with log-variances.
    kind.to_training(&mut outputs, target);
    let mut figures = reporter.figures(&outputs, part);
    if log_likelihood.is_finite() && reporter.wants("log_likelihood") {
        figures.0.push(("log_likelihood".into(), log_likelihood / part.rows() as f64));
    }
    figures
}

/// The figures that a file asks for, in its order; all where it asks for none.
#[must_use]
pub fn wanted(figures: Figures, report: &[Reported]) -> Figures {
    if report.is_empty() {
        return figures;
    }
    let named = |reported: &Reported| Some((reported.name(), figures.get(&reported.name())?));
    Figures(report.iter().filter_map(named).collect())
}
