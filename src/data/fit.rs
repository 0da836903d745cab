//! Fits the `Transform`'s numbers: means, deviations and fillings, from rows of the training part only.
//!
//! Invariant: sums are f64 in the order of the rows ([`Moments`]), so they do not depend on threads; what does not spread has the deviation 1.

use std::cell::Cell;

use super::cells::no_logarithm;
use super::cleaning::Fill;
use super::config::{Normalize, Per, Settings};
use super::error::DataError;
use super::inputs::{Inputs, Precision};
use super::raw::{Arrays, Cells, Column, MISSING, OWN, View};
use super::scaler::Scaler;
use super::single;
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule};
use crate::math::Moments;

fn normalizes_inputs(settings: &Settings) -> Option<Normalize> {
    settings.normalize.filter(|n| n.inputs)
}

fn factor(settings: &Settings) -> f64 {
    settings.scale.map_or(1.0, |s| s.factor)
}

/// Rules for a table's input columns.
///
/// # Errors
/// E0536: `per=channel` on a table; E0524: a column that is missing in the whole training part; E0544: numbers that become equal.
pub(super) fn columns(
    columns: &[Column],
    train: &[u32],
    settings: &Settings,
) -> Result<Vec<ColumnRule>, DataError> {
    let normalize = normalizes_inputs(settings);
    if let Some(normalize) = normalize.filter(|n| n.per == Per::Channel) {
        return Err(DataError::new("E0536", "a table has no channels")
            .net(normalize.span)
            .help("write `normalize inputs`: each column by itself"));
    }
    let factor = factor(settings);
    let all = |by: Scaler| -> Result<Affine, DataError> {
        let curved = |x: f64| by.curve().map_or(Some(x), |curve| curve.of(x));
        for column in columns {
            check_curve(column, by)?;
        }
        let numbers = all_numbers(columns, train).map(|x| curved(x).unwrap_or(f64::NAN));
        Ok(by.pair(numbers, factor))
    };
    let common = normalize.filter(|n| n.per == Per::All).map(|n| all(n.by)).transpose()?;
    let scaling = Scaling { by: normalize.map(|n| n.by), common, factor };
    let rule = |column: &Column| {
        let rule = rule(column, train, &scaling).map_err(|e| match e.place.column {
            Some(_) => e,
            None => e.column(column.number, &column.name),
        })?;
        Ok(ColumnRule { name: column.name.clone(), number: column.number, rule })
    };
    columns.iter().map(rule).collect()
}

/// How columns of numbers come to one scale.
struct Scaling {
    by: Option<Scaler>,
    /// Where all columns share it.
    common: Option<Affine>,
    factor: f64,
}

impl Scaling {
    /// The way of a column.
    fn of(&self, column: &Column) -> Option<Scaler> {
        column.scaler.or(self.by)
    }

    /// The pair for these numbers of a column's training part.
    fn pair(&self, column: &Column, numbers: impl Iterator<Item = f64> + Clone) -> Affine {
        match (column.scaler, self.by, self.common) {
            (None, _, Some(common)) => common,
            (Some(by), ..) | (None, Some(by), None) => by.pair(numbers, self.factor),
            (None, None, None) => Affine { scale: self.factor, shift: 0.0 },
        }
    }
}

/// # Errors
/// E0557 for a number that has no logarithm, where one is to be taken.
fn check_curve(column: &Column, by: Scaler) -> Result<(), DataError> {
    let (Some(curve), Cells::Numbers(values)) = (by.curve(), &column.cells) else { return Ok(()) };
    if column.view != View::Plain {
        let what = if matches!(column.view, View::Dates(_)) { "dates" } else { "places in an order" };
        return Err(DataError::new("E0557", format!("`kind={}` of {what}", curve.word()))
            .column(column.number, &column.name)
            .help("write `normalize columns=[...]` for the columns that are amounts"));
    }
    match values.iter().position(|x| !x.is_nan() && curve.of(*x).is_none()) {
        Some(row) => Err(no_logarithm(values[row], curve).row(row).column(column.number, &column.name)),
        None => Ok(()),
    }
}

fn rule(column: &Column, train: &[u32], scaling: &Scaling) -> Result<CellRule, DataError> {
    let values = match &column.cells {
        Cells::Numbers(values) => values,
        Cells::Words { codes, names } => {
            let most = most_frequent(codes, names.len(), train);
            let place = |word: &str| names.iter().position(|name| name == word).map(|place| place as u32);
            let fill = match &column.fill {
                None => None,
                Some(Fill::Own) => place(OWN),
                Some(Fill::Word(word)) => place(word),
                Some(_) => most,
            };
            // What fills gaps may be known where the column is not.
            most.or(fill).ok_or_else(|| never_known(column))?;
            return Ok(CellRule::Category { names: names.clone(), fill });
        }
    };
    let known: Vec<f64> = train.iter().map(|r| values[*r as usize]).filter(|x| !x.is_nan()).collect();
    if known.is_empty() && !matches!(column.fill, Some(Fill::Number(_) | Fill::Word(_))) {
        return Err(never_known(column));
    }
    let fill = column.fill.as_ref().map(|fill| match (fill, &column.view) {
        (Fill::Number(x), _) => *x,
        (Fill::Word(word), View::Ordered(names)) => {
            names.iter().position(|name| name == word).unwrap_or(0) as f64
        }
        (Fill::Word(word), View::Dates(dates)) => dates.read(word).unwrap_or(0.0),
        (Fill::Median, _) => median(&known),
        (Fill::Mode, _) => mode(&known),
        _ => Moments::of(known.iter().copied()).mean,
    });
    let by = scaling.of(column).unwrap_or_default();
    check_curve(column, by)?;
    if let (Some(curve), Some(fill)) = (by.curve(), fill)
        && curve.of(fill).is_none()
    {
        return Err(no_logarithm(fill, curve).note("it fills the gaps of the column"));
    }
    let filled = train.iter().map(|r| values[*r as usize]);
    let filled = filled.map(|x| if x.is_nan() { fill.unwrap_or(0.0) } else { x });
    if let View::Dates(dates) = &column.view {
        let rows: Vec<Vec<f64>> = filled.map(|days| dates.numbers(days)).collect();
        let pair = |part: usize| scaling.pair(column, rows.iter().map(move |row| row[part]));
        let pairs = (0..dates.width()).map(pair);
        return Ok(CellRule::Dates { dates: dates.clone(), pairs: pairs.collect(), fill });
    }
    let curve = by.curve();
    let Affine { scale, shift } =
        scaling.pair(column, filled.map(|x| curve.and_then(|curve| curve.of(x)).unwrap_or(x)));
    let rule = match (&column.view, curve) {
        (View::Ordered(names), _) => CellRule::Ordered { names: names.clone(), scale, shift, fill },
        (_, Some(curve)) => CellRule::Curved { curve, scale, shift, fill },
        (_, None) => CellRule::Number { scale, shift, fill },
    };
    let short = |x: f64| rule.number(x).unwrap_or(f32::NAN);
    if curve.is_none() {
        single::check(values.len(), &|row| values[row], scale, &short, INPUTS)?;
    }
    Ok(rule)
}

/// The middle one, or the mean of the two in the middle.
fn median(known: &[f64]) -> f64 {
    let mut sorted = known.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.as_slice()) {
        (_, []) => 0.0,
        (1, sorted) => sorted[middle],
        (_, sorted) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The most frequent one; of equally frequent ones the least.
fn mode(known: &[f64]) -> f64 {
    let mut sorted = known.to_vec();
    sorted.sort_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.rev().max_by_key(|run| run.len()).map_or(0.0, |run| run[0])
}

/// Whether every column has a value in the training part.
///
/// # Errors
/// E0524: a column that is missing there.
pub(super) fn all_known(columns: &[Column], train: &[u32]) -> Result<(), DataError> {
    let is_known = |column: &Column, row: &u32| match &column.cells {
        Cells::Numbers(values) => !values[*row as usize].is_nan(),
        Cells::Words { codes, .. } => codes[*row as usize] != MISSING,
    };
    let needs_one =
        |column: &&Column| !matches!(column.fill, Some(Fill::Number(_) | Fill::Word(_) | Fill::Own));
    let unknown = |column: &&Column| !train.iter().any(|row| is_known(column, row));
    match columns.iter().filter(needs_one).find(unknown) {
        Some(column) => Err(never_known(column)),
        None => Ok(()),
    }
}

/// All known numbers of the training part.
fn all_numbers<'a>(columns: &'a [Column], train: &'a [u32]) -> impl Iterator<Item = f64> + Clone + 'a {
    columns
        .iter()
        .filter_map(|c| if let Cells::Numbers(values) = &c.cells { Some(values) } else { None })
        .flat_map(move |values| train.iter().map(move |r| values[*r as usize]))
        .filter(|x| !x.is_nan())
}

fn never_known(column: &Column) -> DataError {
    DataError::new("E0524", "no row of the training part has a value")
        .column(column.number, &column.name)
        .note("other parts have some, but what fills gaps is learnt from the training part")
        .help("leave the column out by `inputs`, fill it with a value of your own by `fill`, or divide the rows in another way")
}

/// Of equally frequent words the first.
fn most_frequent(codes: &[u32], names: usize, train: &[u32]) -> Option<u32> {
    let mut counts = vec![0usize; names];
    train.iter().filter_map(|r| counts_slot(codes[*r as usize], names)).for_each(|c| counts[c] += 1);
    let most = counts.iter().copied().max().filter(|n| *n > 0)?;
    counts.iter().position(|n| *n == most).map(|c| c as u32)
}

fn counts_slot(code: u32, names: usize) -> Option<usize> {
    Some(code as usize).filter(|c| *c < names)
}

/// The rule for array inputs.
///
/// # Errors
/// E0536: `per=channel` on rows without axes; E0544: numbers that become equal.
pub(super) fn array(arrays: &Arrays, train: &[u32], settings: &Settings) -> Result<ArrayRule, DataError> {
    let width: usize = arrays.shape.iter().product();
    let factor = factor(settings);
    let Some(normalize) = normalizes_inputs(settings) else {
        return told_apart(arrays, ArrayRule { width, pairs: vec![Affine { scale: factor, shift: 0.0 }] });
    };
    let groups = match (normalize.per, arrays.shape.as_slice()) {
        (Per::All, _) => 1,
        (Per::Column | Per::Channel, [_, columns]) if arrays.steps => *columns,
        (Per::Column, _) => width,
        (Per::Channel, [_, _, channels]) => *channels,
        (Per::Channel, [_, _]) => 1,
        (Per::Channel, _) => {
            return Err(DataError::new("E0536", "the rows have no channels")
                .file(&arrays.file)
                .net(normalize.span)
                .note(format!("their shape is {:?}; pictures are height, width, channel", arrays.shape))
                .help("write `per=column` or `per=all`"));
        }
    };
    let rows = Grouped { data: &arrays.data, train, width, groups, factor };
    let pairs = match normalize.by {
        Scaler::Standard => rows.standard_pairs()?,
        Scaler::MinMax => rows.minmax_pairs()?,
        Scaler::Robust | Scaler::Log | Scaler::Log1p => {
            return Err(DataError::new("E0536", "quartiles and logarithms are of columns of a table")
                .file(&arrays.file)
                .net(normalize.span)
                .help("write `kind=minmax`, or leave `kind` out"));
        }
    };
    told_apart(arrays, ArrayRule { width, pairs })
}

/// The rule, if single precision holds what it makes of the numbers.
///
/// # Errors
/// E0544.
fn told_apart(arrays: &Arrays, rule: ArrayRule) -> Result<ArrayRule, DataError> {
    let same = rule.pairs.iter().all(|pair| *pair == Affine::SAME);
    match arrays.data.precision() {
        // A byte has few values, and a single that stays as it is loses nothing.
        Precision::Byte => return Ok(rule),
        Precision::Short if same => return Ok(rule),
        Precision::Short | Precision::Long => {}
    }
    // Row by row first, as the numbers are stored: few columns are looked at one by one.
    let each = |visit: &mut dyn FnMut(usize, f64)| arrays.data.each(rule.width, 0..arrays.rows, visit);
    let moments = moments(rule.width, each)?;
    let mut sizes = vec![0.0_f64; rule.width];
    each(&mut |i, x| sizes[i] = sizes[i].max(x.abs()))?;
    for element in 0..rule.width {
        let Affine { scale, shift } = rule.pairs[element % rule.pairs.len()];
        // Not less than the step at any mapped number.
        let step = single::step((sizes[element] * scale).abs() + shift.abs(), scale);
        if single::are_apart(moments[element].deviation(), step) {
            continue;
        }
        let column = arrays.data.column(rule.width, arrays.rows, element)?;
        let exact = |row: usize| column[row];
        single::check(arrays.rows, &exact, scale, &|x| rule.apply(element, x), INPUTS)
            .map_err(|e| e.file(&arrays.file).column(element + 1, ""))?;
    }
    Ok(rule)
}

/// What keeps inputs apart.
const INPUTS: &str =
    "write `normalize inputs` in `data`: the mean is taken off each column before its numbers are shortened";

/// Groups of bytes up to so many are counted byte by byte: their counts and squares stay in the cache.
const MOST_COUNTED: usize = 16;

/// Rows of an array from which pairs are fitted, one a group; element `i` of a row is in group `i % groups`.
struct Grouped<'a> {
    data: &'a Inputs,
    train: &'a [u32],
    width: usize,
    groups: usize,
    factor: f64,
}

impl Grouped<'_> {
    /// Gives each number of the training rows with its group.
    fn each(&self, visit: &mut dyn FnMut(usize, f64)) -> Result<(), DataError> {
        let rows = self.train.iter().map(|row| *row as usize);
        self.data.each(self.width, rows, &mut |i, x| visit(i % self.groups, x))
    }

    fn standard_pairs(&self) -> Result<Vec<Affine>, DataError> {
        let factor = self.factor;
        let pair = |of: Moments| {
            let unit = if of.squares == 0.0 { 1.0 } else { of.deviation() * factor.abs() };
            Affine::standard(factor, of.mean * factor, unit)
        };
        Ok(self.moments()?.into_iter().map(pair).collect())
    }

    fn moments(&self) -> Result<Vec<Moments>, DataError> {
        if !self.data.are_bytes() || self.groups > MOST_COUNTED {
            return moments(self.groups, |visit| self.each(visit));
        }
        let read = Cell::new(Ok(()));
        let moments = Moments::of_bytes(self.groups, |see| {
            let rows = self.train.iter().map(|row| *row as usize);
            if let Err(error) = self.data.each_of_bytes(self.width, rows, see) {
                read.set(Err(error));
            }
        });
        read.into_inner().map(|()| moments)
    }

    /// From the least to the most.
    fn minmax_pairs(&self) -> Result<Vec<Affine>, DataError> {
        let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); self.groups];
        self.each(&mut |group, x| {
            let (least, most) = &mut ends[group];
            (*least, *most) = (least.min(x), most.max(x));
        })?;
        let pair = |(least, most)| Scaler::MinMax.pair([least, most].into_iter(), self.factor);
        Ok(ends.into_iter().map(pair).collect())
    }
}

/// [`Moments::of_groups`] of numbers that may have to be read.
fn moments(
    groups: usize,
    each: impl Fn(&mut dyn FnMut(usize, f64)) -> Result<(), DataError>,
) -> Result<Vec<Moments>, DataError> {
    let read = Cell::new(Ok(()));
    let moments = Moments::of_groups(groups, |visit| {
        if let Err(error) = each(visit) {
            read.set(Err(error));
        }
    });
    read.into_inner().map(|()| moments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Span;

    fn normalized(per: Per) -> Settings {
        Settings {
            normalize: Some(Normalize {
                inputs: true,
                target: false,
                per,
                by: Scaler::Standard,
                target_by: Scaler::Standard,
                span: Span::default(),
            }),
            ..Settings::default()
        }
    }

    fn numbers(values: &[f64]) -> Column {
        Column::new("x".into(), 1, Cells::Numbers(values.to_vec()))
    }

    #[test]
    fn only_training_rows_count_and_the_deviation_is_the_populations() {
        let column = numbers(&[1.0, 3.0, 1000.0]);
        let rules = columns(&[column], &[0, 1], &normalized(Per::Column)).unwrap();
        assert_eq!(rules[0].rule, CellRule::Number { scale: 1.0, shift: -2.0, fill: None });
    }

    #[test]
    fn a_constant_column_becomes_zero() {
        let rules = columns(&[numbers(&[7.0, 7.0])], &[0, 1], &normalized(Per::Column)).unwrap();
        assert_eq!(rules[0].rule.number(7.0), Some(0.0));
    }

    fn filled(column: Column, fill: Fill) -> Column {
        Column { fill: Some(fill), ..column }
    }

    #[test]
    fn gaps_take_the_mean_and_the_most_frequent_word() {
        let cells = Cells::Words { codes: vec![1, 0, 1, MISSING], names: vec!["f".into(), "m".into()] };
        let words = filled(Column::new("sex".into(), 2, cells), Fill::Mean);
        let numbers = filled(numbers(&[1.0, 3.0, f64::NAN, 8.0]), Fill::Mean);
        let rules = columns(&[numbers, words], &[0, 1, 2], &Settings::default()).unwrap();
        assert_eq!(rules[0].rule, CellRule::Number { scale: 1.0, shift: 0.0, fill: Some(2.0) });
        assert_eq!(rules[1].rule, CellRule::Category { names: vec!["f".into(), "m".into()], fill: Some(1) });
    }

    #[test]
    fn gaps_take_the_median_the_mode_or_a_number_of_the_training_part() {
        let fill = |by: Fill, values: &[f64], train: &[u32]| {
            let rules = columns(&[filled(numbers(values), by)], train, &Settings::default()).unwrap();
            let CellRule::Number { fill, .. } = rules[0].rule else { panic!("numbers") };
            fill.unwrap()
        };
        let values = [4.0, 1.0, f64::NAN, 10.0, 1.0, 4.0, 1000.0];
        assert_eq!(fill(Fill::Median, &values, &[0, 1, 2, 3]), 4.0);
        assert_eq!(fill(Fill::Median, &values, &[0, 1, 3, 5]), 4.0);
        assert_eq!(fill(Fill::Median, &values, &[0, 1]), 2.5);
        assert_eq!(fill(Fill::Mode, &values, &[0, 1, 2, 3, 4, 5]), 1.0);
        assert_eq!(fill(Fill::Mode, &values, &[0, 3, 5]), 4.0);
        assert_eq!(fill(Fill::Number(-1.0), &values, &[2]), -1.0);
    }

    #[test]
    fn pictures_are_normalised_by_channel_or_together() {
        let bytes = super::super::raw::Stored::U8(vec![0, 10, 2, 10, 0, 30, 2, 30]);
        let target = super::super::raw::RawTarget::Labels { codes: vec![0, 1], names: Vec::new() };
        let arrays = Arrays::of("x", 2, vec![1, 2, 2], bytes, target);
        let rule = array(&arrays, &[0, 1], &normalized(Per::Channel)).unwrap();
        assert_eq!(rule.pairs, [Affine { scale: 1.0, shift: -1.0 }, Affine { scale: 0.1, shift: -2.0 }]);
        assert_eq!(array(&arrays, &[0, 1], &normalized(Per::All)).unwrap().pairs.len(), 1);
        assert_eq!(array(&arrays, &[0, 1], &normalized(Per::Column)).unwrap().pairs.len(), 4);
    }
}
