//! What pictures of a trained net show: how far its confidence can be trusted, and what its uncertainty knows.

use crate::run::{
    folder::trained::TrainedError,
    judgements::{curve::Curve, held_out},
    predictions::{
        committee::{Committee, nothing_live},
        likelihood,
        mc::Marginal,
        own_units,
        sampling::Sampling,
    },
};
use crate::{
    data::{Part, Search},
    kernels::team::Team,
    model::{McDropout, OutputKind, PredictMode, laws::likeliest},
    plot::{Chart, Corner, Panels, Series},
    runtime::predictive,
    train::metrics::{probabilities, risk_coverage},
};

/// Bins of a reliability diagram, and groups of equally many rows.
const BINS: usize = 15;
const GROUPS: usize = 10;
/// The smallest share of answered rows whose error is shown.
const FIRST: f64 = 0.05;

/// A row of the held-out part, as it was predicted.
struct Judged {
    /// Of what is taken for its class.
    confidence: f64,
    /// What that leaves to all others: 1 less the confidence, told apart where that is near 1.
    rest: f64,
    /// Entropy of classes, total standard deviation of numbers.
    doubt: f64,
    /// Mutual information, or the epistemic standard deviation.
    disagreement: f64,
    /// 1 for a mistake, or the absolute error.
    loss: f64,
}

/// Share of right rows over confidence, in bins of equal width (DeGroot and Fienberg 1983), with the rows of each.
///
/// # Errors
/// A net without classes; data that are missing, broken, or not those of training.
pub fn reliability(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<Chart, TrainedError> {
    needs_classes(committee, "reliability")?;
    let (name, part) = held_out::first_rows(committee.first(), search, None)?;
    let mut series = Vec::new();
    for (color, (way, mode)) in ways(mode).into_iter().enumerate() {
        let mut bins = [(0.0, 0.0, 0.0); BINS];
        for row in judged(committee, &part, mode, None, team)? {
            let bin = &mut bins[((row.confidence * BINS as f64) as usize).min(BINS - 1)];
            *bin = (bin.0 + row.confidence, bin.1 + 1.0 - row.loss, bin.2 + 1.0);
        }
        let there = bins.iter().filter(|bin| bin.2 > 0.0);
        let points = there.map(|bin| (bin.0 / bin.2, bin.1 / bin.2, bin.2)).collect();
        series.push(Series::weighed(&way, color, points));
    }
    let title = format!("Reliability on the {name} part, {} rows", part.rows());
    Ok(Chart {
        title,
        x: "confidence".into(),
        y: "share that is right".into(),
        series,
        diagonal: true,
        names: Corner::UpperLeft,
        ..Chart::default()
    })
}

/// The loss of the rows that are answered, over their share, when the most doubtful are refused first.
///
/// # Errors
/// As [`reliability`], but numbers are judged too.
pub fn risk(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let (name, part) = held_out::first_rows(committee.first(), search, None)?;
    let classes = has_classes(committee);
    let mut series = Vec::new();
    for (way, mode) in ways(mode) {
        let rows = judged(committee, &part, mode, None, team)?;
        let mut curve = |what: &str, doubt: fn(&Judged) -> f64| {
            let points = risk_coverage(rows.iter().map(|row| (doubt(row), row.loss)).collect());
            // The share of mistakes among a handful of rows is chance.
            let said = points.into_iter().filter(|(answered, _)| *answered >= FIRST).collect();
            series.push(Series::line(&format!("{way}, by {what}"), series.len(), said));
        };
        let sampled = mode != PredictMode::WeightScaling || committee.alone().is_none();
        match (classes, sampled) {
            (true, false) => curve("confidence", |row| row.rest),
            (true, true) => {
                curve("entropy", |row| row.doubt);
                curve("mutual information", |row| row.disagreement);
            }
            (false, true) => curve("epistemic sd", |row| row.disagreement),
            (false, false) => {}
        }
    }
    if series.is_empty() {
        return Err(nothing_live());
    }
    let y = if classes { "error rate of these" } else { "mean absolute error of these" };
    let title = format!("Risk over coverage on the {name} part, {} rows", part.rows());
    Ok(Chart {
        title,
        x: "share of rows that are answered".into(),
        y: y.into(),
        series,
        diagonal: false,
        names: Corner::UpperLeft,
        ..Chart::default()
    })
}

/// Mean loss over mean uncertainty, in groups of equally many rows; of classes a panel for the entropy and one for the mutual information.
///
/// # Errors
/// As [`risk`]; nothing that differs between samples.
pub fn uncertainty(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    precision: Option<f64>,
    team: &Team,
) -> Result<Panels, TrainedError> {
    let (name, part) = held_out::first_rows(committee.first(), search, None)?;
    let classes = has_classes(committee);
    let rows = judged(committee, &part, mode, precision, team)?;
    let group = |of: fn(&Judged) -> f64| -> Vec<(f64, f64)> {
        let mut rows: Vec<(f64, f64)> = rows.iter().map(|row| (of(row), row.loss)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let size = rows.len().div_ceil(GROUPS).max(1);
        let mean = |rows: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
            rows.iter().map(of).sum::<f64>() / rows.len() as f64
        };
        let root = |rows: &[(f64, f64)]| {
            (rows.iter().map(|row| row.1 * row.1).sum::<f64>() / rows.len() as f64).sqrt()
        };
        rows.chunks(size)
            .map(|rows| (mean(rows, |row| row.0), if classes { mean(rows, |row| row.1) } else { root(rows) }))
            .collect()
    };
    let (what, y) = match classes {
        true => (["entropy", "mutual information"], "error rate"),
        false => (["total sd", "epistemic sd"], "root mean square error"),
    };
    let sampled = mode != PredictMode::WeightScaling || committee.alone().is_none();
    if !classes && !sampled {
        return Err(nothing_live());
    }
    let mut series = vec![Series::line(what[0], 0, group(|row| row.doubt))];
    if sampled {
        let other = Series::line(what[1], 1, group(|row| row.disagreement));
        // Where nothing says how observations spread, both are one curve.
        series.retain(|first| first.shape != other.shape);
        series.push(other);
    }
    let rows = format!("{} rows in {GROUPS} groups", part.rows());
    let chart = |of: &str, series: Vec<Series>| Chart {
        title: format!("Error over {of} on the {name} part, {rows}"),
        x: format!("mean {of} of the group"),
        y: y.into(),
        series,
        diagonal: !classes,
        names: Corner::LowerRight,
        ..Chart::default()
    };
    // Deviations have one unit; what samples disagree about is a small part of an entropy, and has an axis of its own.
    Ok(Panels(match classes {
        true => series.into_iter().map(|one| chart(&one.name.clone(), vec![one])).collect(),
        false => vec![chart("uncertainty", series)],
    }))
}

/// Rows of a part, each judged by what was observed.
fn judged(
    committee: &Committee,
    part: &Part,
    mode: PredictMode,
    precision: Option<f64>,
    team: &Team,
) -> Result<Vec<Judged>, TrainedError> {
    committee.first().answers_once("such a picture")?;
    let sampling = match mode {
        PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => {
            Sampling::new(committee.all(), part, mc, team)
        }
        PredictMode::WeightScaling | PredictMode::Exact(_) => Sampling::passes(committee.all(), part, team),
    };
    let kind = sampling.kind();
    let observed = own_units::observed(committee.first(), part);
    let width = observed.len() / part.rows().max(1);
    let mut rows = Vec::with_capacity(part.rows());
    let done = sampling.tempered(mode).viewed(&committee.first().model.predict).each_row_of_logits(
        |at, samples| {
            rows.push(judge(samples, kind, &observed[at * width..(at + 1) * width], precision));
        },
    )?;
    done.map(|_| rows).ok_or_else(nothing_live)
}

fn has_classes(committee: &Committee) -> bool {
    committee.first().model.output.kind.classes().is_some()
}

fn needs_classes(committee: &Committee, what: &str) -> Result<(), TrainedError> {
    match has_classes(committee) {
        true => Ok(()),
        false => Err(TrainedError::Unfit(format!("a diagram of {what} is of classes: this net has none"))),
    }
}

impl Curve {
    /// The error of the mean over samples, for each number of them, beside weight scaling's.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let percent = |x: f64| 100.0 * x;
        let at = |point: &super::curve::CurvePoint| f64::from(point.samples);
        let band = self.points.iter().map(|p| (at(p), percent(p.error - p.sd), percent(p.error + p.sd)));
        let mean = self.points.iter().map(|p| (at(p), percent(p.error)));
        let ends = [1.0, self.points.len() as f64].map(|x| (x, percent(self.weight_scaling)));
        Chart {
            title: format!("Error of means over samples, {} part, {} sets of masks", self.part, self.sets),
            x: "samples".into(),
            y: "error %".into(),
            series: vec![
                Series::band("1 sd between sets", 0, band.collect()),
                Series::line("mean over samples", 0, mean.collect()),
                Series::line("weight scaling", 1, ends.to_vec()),
            ],
            diagonal: false,
            names: Corner::UpperRight,
            ..Chart::default()
        }
    }
}

/// One pass and, where it is asked for, samples beside it.
fn ways(mode: PredictMode) -> Vec<(String, PredictMode)> {
    let mut ways = vec![("weight scaling".to_string(), PredictMode::WeightScaling)];
    if let PredictMode::McDropout(McDropout { samples, .. }) = mode {
        ways.push((format!("{samples} samples"), mode));
    }
    ways
}

/// Of samples of logits, or of numbers in the target's own units.
fn judge(samples: &[f32], kind: OutputKind, observed: &[f64], precision: Option<f64>) -> Judged {
    if let Some(k) = kind.classes() {
        let u = predictive::classes(&likelihood::softmaxes(samples, k), k);
        let taken = likeliest(&u.mean);
        let loss = 1.0 - observed[taken];
        return Judged {
            confidence: u.mean[taken],
            rest: probabilities::rest(&u.mean, taken),
            doubt: u.entropy,
            disagreement: u.mutual_information,
            loss,
        };
    }
    // Of several outputs the root mean variance, and the mean absolute error.
    let count = kind.outputs();
    let each = (0..count).map(|d| {
        let marginal = Marginal::of(samples, kind, d).with_precision(precision);
        (predictive::number(&marginal.means, marginal.variances.as_deref()), observed[d])
    });
    let (mut total, mut epistemic, mut loss) = (0.0, 0.0, 0.0);
    for (u, y) in each {
        total += u.total() / count as f64;
        epistemic += u.epistemic / count as f64;
        loss += (u.mean - y).abs() / count as f64;
    }
    Judged { confidence: f64::NAN, rest: f64::NAN, doubt: total.sqrt(), disagreement: epistemic.sqrt(), loss }
}
