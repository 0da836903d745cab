//! Which class a net of two inputs gives to each place of their plane, and where its samples disagree: paler there.

use crate::{
    data::{CellRule, Fields, Observed, Part, Search, Transform},
    kernels::team::Team,
    model::{Predict, PredictMode},
    plot::{Cell, Chart, Corner, Series},
    run::{
        folder::trained::TrainedError,
        predictions::{committee::Committee, predict::Predictions},
    },
};

/// Places along each axis, and how far the plane goes beyond the training rows, in their range.
const PLACES: usize = 64;
const BEYOND: f64 = 0.15;
/// How strong the colour of a place is where the net is sure, and where it knows least.
const SURE: f64 = 0.5;
const UNSURE: f64 = 0.06;

/// Regions of classes with the training and the held-out rows in them.
///
/// # Errors
/// A net with other inputs than two numbers, or without classes; data that are missing, broken, or not those of training.
pub fn boundary(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    team: &Team,
) -> Result<Chart, TrainedError> {
    let first = committee.first();
    let kind = first.model.output.kind;
    let width: usize = first.model.inputs.iter().map(|id| first.model.node(*id).ty.len()).sum();
    let transform = &first.checkpoint.meta.transform;
    let has_two_classes_or_more = kind.classes().is_some() || kind.has_probabilities() && kind.outputs() == 1;
    if width != 2 || !has_two_classes_or_more || kind.steps().is_some() || !are_numbers(transform) {
        return Err(TrainedError::Unfit(
            "a boundary is drawn of classes over two inputs that are numbers".into(),
        ));
    }
    let dataset = first.dataset(search)?;
    let train = places_of(&dataset.train, transform)?;
    let axes = [0, 1].map(|axis| Axis::around(train.iter().map(|place| place[axis])));
    let grid: Vec<[f64; 2]> =
        (0..PLACES * PLACES).map(|i| [axes[0].at(i % PLACES), axes[1].at(i / PLACES)]).collect();
    let text: String = grid.iter().map(|[x, y]| format!("{x},{y}\n")).collect();
    let rows = transform.read_rows(text.into_bytes(), "the places of a plane")?;
    let how = Predict { mode, ..Predict::default() };
    let predicted = committee.predict(rows, &how, team)?;
    let names = class_names(&predicted, transform);
    let (measure, doubts) = doubts(&predicted);
    let most = doubts.iter().copied().fold(0.0, f64::max);
    let strength =
        |doubt: f64| UNSURE + (SURE - UNSURE) * (1.0 - if most > 0.0 { doubt / most } else { 0.0 });
    let classes: Vec<usize> = predicted.rows().map(taken).collect();
    let mut series = Vec::new();
    for (class, name) in names.iter().enumerate() {
        let own = grid.iter().zip(&doubts).zip(&classes).filter(|(_, taken)| **taken == class);
        let cell = |(([x, y], doubt), _): ((&[f64; 2], &f64), &usize)| Cell {
            x: *x,
            y: *y,
            shade: strength(*doubt),
        };
        let size = [axes[0].step(), axes[1].step()];
        series.push(Series::cells(&format!("taken for {name}"), class, own.map(cell).collect(), size));
    }
    for (what, part) in [("training", Some(&dataset.train)), ("test", dataset.test.as_ref())] {
        let Some(part) = part else { continue };
        let places = places_of(part, transform)?;
        for (class, name) in names.iter().enumerate() {
            let own = places.iter().enumerate().filter(|(row, _)| observed(part, *row) == class);
            let points: Vec<(f64, f64)> = own.map(|(_, [x, y])| (*x, *y)).collect();
            let name = format!("{name}, {what} rows");
            let one = if what == "test" {
                Series::rings(&name, class, points)
            } else {
                Series::dots(&name, class, points)
            };
            series.push(one);
        }
    }
    let inputs = input_names(transform);
    Ok(Chart {
        title: format!("{} over its inputs, paler where {measure} is large", first.model.output.name),
        x: inputs[0].clone(),
        y: inputs[1].clone(),
        series,
        names: Corner::UpperRight,
        ..Chart::default()
    })
}

/// A range with some room around it.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let room = BEYOND * if high > low { high - low } else { 1.0 };
        Self { low: low - room, high: high + room }
    }

    fn step(&self) -> f64 {
        (self.high - self.low) / (PLACES - 1) as f64
    }

    fn at(&self, i: usize) -> f64 {
        self.low + self.step() * i as f64
    }
}

fn are_numbers(transform: &Transform) -> bool {
    match &transform.fields {
        Fields::Table { columns, .. } => {
            columns.iter().all(|column| matches!(column.rule, CellRule::Number { .. }))
        }
        Fields::Array(_) => transform.lengths.is_none(),
        Fields::Text(_) => false,
    }
}

fn input_names(transform: &Transform) -> Vec<String> {
    match &transform.fields {
        Fields::Table { columns, .. } => columns.iter().map(|column| column.name.clone()).collect(),
        Fields::Array(_) | Fields::Text(_) => vec!["first input".into(), "second input".into()],
    }
}

/// The inputs of each row, as the source has them.
fn places_of(part: &Part, transform: &Transform) -> Result<Vec<[f64; 2]>, TrainedError> {
    let mut places = vec![[0.0; 2]; part.rows()];
    let mut at = 0;
    for (i, input) in part.inputs.iter().enumerate() {
        let (pairs, seen, width) = (transform.pairs(i), part.seen(input)?, input.width());
        for (row, numbers) in seen.chunks_exact(width).enumerate() {
            for (k, x) in numbers.iter().enumerate() {
                places[row][at + k] = pairs[k % pairs.len()].raw(f64::from(*x));
            }
        }
        at += width;
    }
    Ok(places)
}

/// Of one bit 0 and 1.
fn class_names(predicted: &Predictions, transform: &Transform) -> Vec<String> {
    use crate::data::TargetRule;
    match (&transform.target, predicted.has_classes()) {
        (TargetRule::Bits { names: Some(names), .. }, false) => names.to_vec(),
        (_, false) => vec!["0".into(), "1".into()],
        (_, true) => predicted.names(predicted.classes().unwrap_or(0)),
    }
}

fn taken(row: &[f64]) -> usize {
    match row {
        [p] => usize::from(*p > 0.5),
        classes => {
            classes.iter().enumerate().fold(0, |best, (k, p)| if *p > classes[best] { k } else { best })
        }
    }
}

fn observed(part: &Part, row: usize) -> usize {
    match part.observed(row) {
        Observed::Class(class) => class as usize,
        Observed::Bits(bits) => usize::from(bits[0] > 0.5),
        Observed::Real(_) | Observed::Tokens(_) => 0,
    }
}

/// What samples disagree about; of one pass how undecided it is.
fn doubts(predicted: &Predictions) -> (&'static str, Vec<f64>) {
    let first = |rows: Vec<Vec<f64>>| rows.iter().map(|row| row[0]).collect();
    if let Some(rows) = predicted.measured("mutual_information") {
        return ("mutual information", first(rows));
    }
    if let Some(rows) = predicted.measured("epistemic_sd") {
        return ("the spread of samples", first(rows));
    }
    match predicted.measured("entropy") {
        Some(rows) => ("entropy", first(rows)),
        None => ("doubt", predicted.rows().map(|row| 1.0 - (2.0 * row[0] - 1.0).abs()).collect()),
    }
}
