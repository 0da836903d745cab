//! Numbers with what is not known of them: over the one input of a net, and over the places of a series.

use crate::run::{
    folder::trained::TrainedError,
    judgements::{ahead, held_out},
    predictions::{committee::Committee, own_units, predict::Predictions},
};
use crate::{
    data::{DataError, Part, Search},
    kernels::team::Team,
    model::{Interval, OutputKind, Predict, PredictMode},
    plot::{Chart, Corner, Series},
};

/// Places along a band, and how far it goes beyond the data, in their range.
const PLACES: usize = 241;
const BEYOND: f64 = 0.5;

/// The mean function of one number over one input, with what it does not know of itself and what it says of observations, on the
/// data and half their range beyond.
///
/// # Errors
/// A net with more than one input or output.
pub fn band(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    interval: Option<Interval>,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let first = committee.first();
    let width: usize = first.model.inputs.iter().map(|id| first.model.node(*id).ty.len()).sum();
    let kind = first.model.output.kind;
    if width != 1 || !is_one_number(kind) {
        return Err(TrainedError::Unfit("a band is drawn of one number over one input".into()));
    }
    let transform = &first.checkpoint.meta.transform;
    let read = |text: String| transform.read_rows(text.into_bytes(), "the places of a band");
    let dataset = first.dataset(search)?;
    let seen: Option<Vec<f64>> = values(&dataset.train)?.into_iter().map(|x| transform.raw(x)).collect();
    let seen = seen.ok_or_else(|| TrainedError::Unfit("a band is drawn over an input of numbers".into()))?;
    let (low, high) =
        seen.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let reach = BEYOND * (high - low);
    let place = |i: usize| low - reach + (high - low + 2.0 * reach) * i as f64 / (PLACES - 1) as f64;
    let places: Vec<f64> = (0..PLACES).map(place).collect();
    let text: String = places.iter().map(|x| format!("{x}\n")).collect();
    let how = Predict { mode, interval, ..Predict::default() };
    let predicted = committee.predict(read(text)?, &how, team)?;
    let mut series = spread(&predicted, &places, kind, interval);
    let observed = own_units::observed(first, &dataset.train);
    let observed = observed.into_iter().map(|y| transform.target.raised(0, y));
    series.push(Series::dots("training rows", 3, seen.iter().copied().zip(observed).collect()));
    let title = format!("{} over its input, {} training rows", first.model.output.name, dataset.train.rows());
    Ok(Chart {
        title,
        x: "input".into(),
        y: first.model.output.name.clone(),
        series,
        diagonal: false,
        names: Corner::UpperLeft,
        ..Chart::default()
    })
}

/// What a net says of each place of the held-out stretch of a series, with its intervals, beside what came. The title counts how many of the
/// observations lie in their intervals. With `ahead`, as many lines beyond the end of the table too, each foretold from those before it.
///
/// # Errors
/// A net whose rows are no windows of a table, or that does not say one number; data that are missing, broken, or not those of training.
pub fn forecast(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    interval: Option<Interval>,
    ahead: usize,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let first = committee.first();
    let (kind, name) = (first.model.output.kind, &first.model.output.name);
    let window = first.model.data.as_ref().and_then(|data| data.settings.window.as_ref());
    let (Some(window), true) = (window, is_one_number(kind)) else {
        let why = "a forecast is of one number of a series: of a net whose `data` have a `window` of a table";
        return Err(TrainedError::Unfit(why.into()));
    };
    let (part_name, part) = held_out::first_rows(first, search, None)?;
    if part.streams().is_some() {
        let why = "with `carry=true` a part is streams side by side, which foretell a place in each window alone\nhelp: a forecast is drawn of windows without `carry`";
        return Err(TrainedError::Unfit(why.into()));
    }
    let part = in_time(&part);
    let places: Vec<f64> = part.numbers().iter().map(|number| window.foretells(*number) as f64).collect();
    let how = Predict { mode, interval, ..Predict::default() };
    let mut all: Option<Predictions> = None;
    committee.predict_part(&part, &how, team, |block| {
        match &mut all {
            None => all = Some(block),
            Some(all) => all.extend(block),
        }
        Ok::<(), TrainedError>(())
    })?;
    let Some(predicted) = all else {
        return Err(TrainedError::Unfit(format!("the {part_name} part has no rows")));
    };
    let target = &first.checkpoint.meta.transform.target;
    let observed: Vec<f64> =
        own_units::observed(first, &part).into_iter().map(|y| target.raised(0, y)).collect();
    let mut series = spread(&predicted, &places, kind, interval);
    let came = places.iter().copied().zip(observed.iter().copied()).collect();
    series.push(Series::dots("observed", 3, came));
    if ahead > 0 {
        series.extend(ahead::ahead(committee, search, (mode, window), ahead, team)?);
    }
    let covered = covered(&predicted, &observed);
    let said = covered.zip(interval).map_or(String::new(), |(covered, interval)| {
        format!(": {covered} in their {}% intervals", 100.0 * interval.share)
    });
    Ok(Chart {
        title: format!("{name} foretold, {} rows of the {part_name} part{said}", part.rows()),
        x: "line of the table".into(),
        y: name.clone(),
        series,
        diagonal: false,
        names: Corner::UpperLeft,
        ..Chart::default()
    })
}

/// The rows in the order of the table.
fn in_time(part: &Part) -> Part {
    let mut numbers = part.numbers().to_vec();
    numbers.sort_unstable();
    Part::new(numbers.into(), part.inputs.clone(), part.target.clone())
}

fn is_one_number(kind: OutputKind) -> bool {
    !kind.has_probabilities() && kind.outputs() == 1
}

/// What is said at each place: intervals of observations, what samples differ by, and the mean.
fn spread(
    predicted: &Predictions,
    places: &[f64],
    kind: OutputKind,
    interval: Option<Interval>,
) -> Vec<Series> {
    let column = |measure: &str| column(predicted, measure);
    let means: Vec<f64> = predicted.rows().map(|row| row[0]).collect();
    let mut series = Vec::new();
    if let (Some(low), Some(high)) = (column("low"), column("high")) {
        let band = places.iter().zip(low.iter().zip(&high)).map(|(x, (low, high))| (*x, *low, *high));
        let share = interval.map_or(0.0, |interval| 100.0 * interval.share);
        series.push(Series::band(&format!("{share}% of observations"), 1, band.collect()));
    } else if let Some(sd) = column("sd").filter(|_| kind.says_spread()) {
        series.push(Series::band("2 sd of observations", 1, around(places, &means, &sd)));
    }
    if let Some(sd) = column("epistemic_sd") {
        series.push(Series::band("2 epistemic sd", 0, around(places, &means, &sd)));
    }
    series.push(Series::line("mean", 0, places.iter().copied().zip(means).collect()));
    series
}

/// What one measure is at each row.
fn column(predicted: &Predictions, measure: &str) -> Option<Vec<f64>> {
    predicted.measured(measure).map(|rows| rows.iter().map(|row| row[0]).collect())
}

/// How many observations lie in their intervals, where there are some.
fn covered(predicted: &Predictions, observed: &[f64]) -> Option<usize> {
    let (low, high) = (column(predicted, "low")?, column(predicted, "high")?);
    Some(
        observed
            .iter()
            .zip(low.iter().zip(&high))
            .filter(|(y, (low, high))| *low <= *y && *y <= *high)
            .count(),
    )
}

fn around(places: &[f64], means: &[f64], sd: &[f64]) -> Vec<(f64, f64, f64)> {
    let each = places.iter().zip(means).zip(sd);
    each.map(|((x, mean), sd)| (*x, mean - 2.0 * sd, mean + 2.0 * sd)).collect()
}

fn values(part: &Part) -> Result<Vec<f64>, DataError> {
    let seen = part.inputs.first().map(|input| part.seen(input)).transpose()?;
    Ok(seen.unwrap_or_default().into_iter().map(f64::from).collect())
}
