//! What a net of numbers predicts beside what was observed, row by row of the held-out part.

use crate::{
    data::{Observed, Part, Search},
    kernels::team::Team,
    model::{Predict, PredictMode},
    plot::{Chart, Corner, Series},
    run::{folder::trained::TrainedError, judgements::held_out, predictions::committee::Committee},
};

/// Points `(observed, predicted)` of an output, in the target's own units.
struct Output {
    name: String,
    points: Vec<(f64, f64)>,
}

/// Predictions over observations, beside the line on which they are equal.
///
/// # Errors
/// A net without numbers; data that are missing, broken, or not those of training.
pub fn predicted(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let (part, rows, outputs) = held_against(committee, search, mode, team)?;
    let series =
        outputs.into_iter().enumerate().map(|(color, one)| Series::dots(&one.name, color, one.points));
    Ok(Chart {
        title: format!("Predicted over observed, {part} part, {rows} rows{}", way(mode)),
        x: "observed".into(),
        y: "predicted".into(),
        series: series.collect(),
        diagonal: true,
        names: Corner::UpperLeft,
        ..Chart::default()
    })
}

/// What is left of the observations over the predictions; a net that has learnt all there is leaves no form here.
///
/// # Errors
/// As [`predicted`].
pub fn residuals(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let (part, rows, outputs) = held_against(committee, search, mode, team)?;
    let ends = outputs.iter().flat_map(|one| &one.points).map(|(_, predicted)| *predicted);
    let ends = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let count = outputs.len();
    let dots = outputs.into_iter().enumerate().map(|(color, one)| {
        let points = one.points.iter().map(|(observed, predicted)| (*predicted, observed - predicted));
        Series::dots(&one.name, color, points.collect())
    });
    let zero = Series::line("no error", count, vec![(ends.0, 0.0), (ends.1, 0.0)]);
    Ok(Chart {
        title: format!("Residuals over predictions, {part} part, {rows} rows{}", way(mode)),
        x: "predicted".into(),
        y: "observed less predicted".into(),
        series: dots.chain([zero]).collect(),
        ..Chart::default()
    })
}

fn way(mode: PredictMode) -> String {
    match mode {
        PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => {
            format!(", means of {} samples", mc.samples)
        }
        PredictMode::WeightScaling | PredictMode::Exact(_) => String::new(),
    }
}

fn held_against(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<(&'static str, usize, Vec<Output>), TrainedError> {
    let first = committee.first();
    let kind = first.model.output.kind;
    if kind.has_probabilities() {
        return Err(TrainedError::Unfit(
            "such a picture is of numbers: this net predicts probabilities\nhelp: `--kind reliability` holds them against what was observed".into(),
        ));
    }
    let (name, part): (&'static str, Part) = held_out::first_rows(first, search, None)?;
    let how = Predict { mode, interval: None, ..first.model.predict.clone() };
    let target = &first.checkpoint.meta.transform.target;
    let count = kind.outputs();
    let mut outputs: Vec<Output> = Vec::new();
    let mut done = 0;
    committee.predict_part(&part, &how, team, |block| {
        if outputs.is_empty() {
            let names = block.names(count);
            outputs = names.into_iter().map(|name| Output { name, points: Vec::new() }).collect();
        }
        for row in block.rows() {
            if let Observed::Real(numbers) = part.observed(done) {
                let mut own = numbers.to_vec();
                target.to_units(&mut own);
                for (d, output) in outputs.iter_mut().enumerate() {
                    output.points.push((target.raised(d, f64::from(own[d])), row[d]));
                }
            }
            done += 1;
        }
        Ok::<(), TrainedError>(())
    })?;
    Ok((name, part.rows(), outputs))
}
