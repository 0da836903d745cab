//! Fits the `Transform`'s numbers: means, deviations and fillings, from rows of the training part only.
//!
//! Invariant: sums are f64 in the order of the rows ([`Moments`]), so they do not depend on threads; what does not spread has the deviation 1.

use std::cell::Cell;

use super::config::{Normalize, Per, Settings};
use super::error::DataError;
use super::inputs::{Inputs, Precision};
use super::raw::{Arrays, Cells, Column, MISSING};
use super::single;
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule};
use crate::math::Moments;

fn normalizes_inputs(settings: &Settings) -> Option<Normalize> {
    settings.normalize.filter(|n| n.inputs)
}

fn factor(settings: &Settings) -> f64 {
    settings.scale.map_or(1.0, |s| s.factor)
}

/// Rules for a table's input columns. `fills`: gaps take what the training part has, in columns too that have none yet.
///
/// # Errors
/// E0536: `per=channel` on a table; E0524: a column that is missing in the whole training part; E0544: numbers that become equal.
pub(super) fn columns(
    columns: &[Column],
    train: &[u32],
    settings: &Settings,
    fills: bool,
) -> Result<Vec<ColumnRule>, DataError> {
    let normalize = normalizes_inputs(settings);
    if let Some(normalize) = normalize.filter(|n| n.per == Per::Channel) {
        return Err(DataError::new("E0536", "a table has no channels")
            .net(normalize.span)
            .help("write `normalize inputs`: each column by itself"));
    }
    let common = normalize
        .filter(|n| n.per == Per::All)
        .map(|_| Moments::of(all_numbers(columns, train, factor(settings))));
    let mut rules = Vec::with_capacity(columns.len());
    for column in columns {
        let rule = match &column.cells {
            Cells::Numbers(values) => {
                let known = train.iter().map(|r| values[*r as usize]).filter(|x| !x.is_nan());
                if known.clone().next().is_none() {
                    return Err(never_known(column));
                }
                let fill = fills.then(|| Moments::of(known.clone()).mean);
                let factor = factor(settings);
                let pair = match (normalize, common) {
                    (Some(_), Some(all)) => Affine::standard(factor, all.mean, all.unit()),
                    (Some(_), None) => {
                        let filled = train.iter().map(|r| values[*r as usize]);
                        let filled =
                            filled.map(|x| if x.is_nan() { fill.unwrap_or(0.0) } else { x } * factor);
                        let own = Moments::of(filled);
                        Affine::standard(factor, own.mean, own.unit())
                    }
                    (None, _) => Affine { scale: factor, shift: 0.0 },
                };
                let rule = CellRule::Number { scale: pair.scale, shift: pair.shift, fill };
                let short = |x: f64| rule.number(x).unwrap_or(f32::NAN);
                single::check(values.len(), &|row| values[row], pair.scale, &short, INPUTS)
                    .map_err(|e| e.column(column.number, &column.name))?;
                rule
            }
            Cells::Words { codes, names } => {
                let most = most_frequent(codes, names.len(), train).ok_or_else(|| never_known(column))?;
                CellRule::Category { names: names.clone(), fill: fills.then_some(most) }
            }
        };
        rules.push(ColumnRule { name: column.name.clone(), number: column.number, rule });
    }
    Ok(rules)
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
    match columns.iter().find(|column| !train.iter().any(|row| is_known(column, row))) {
        Some(column) => Err(never_known(column)),
        None => Ok(()),
    }
}

/// All known numbers of the training part, scaled.
fn all_numbers<'a>(
    columns: &'a [Column],
    train: &'a [u32],
    factor: f64,
) -> impl Iterator<Item = f64> + Clone + 'a {
    columns
        .iter()
        .filter_map(|c| if let Cells::Numbers(values) = &c.cells { Some(values) } else { None })
        .flat_map(move |values| train.iter().map(move |r| values[*r as usize] * factor))
        .filter(|x| !x.is_nan())
}

fn never_known(column: &Column) -> DataError {
    DataError::new("E0524", "no row of the training part has a value")
        .column(column.number, &column.name)
        .note("other parts have some, but what fills gaps is learnt from the training part")
        .help("leave the column out by `inputs`, or divide the rows in another way")
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
    let pairs = standard_pairs(&arrays.data, train, width, groups, factor)?;
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

/// One pair a group; element `i` of a row is in group `i % groups`.
fn standard_pairs(
    data: &Inputs,
    train: &[u32],
    width: usize,
    groups: usize,
    factor: f64,
) -> Result<Vec<Affine>, DataError> {
    let each = |visit: &mut dyn FnMut(usize, f64)| {
        data.each(width, train.iter().map(|row| *row as usize), &mut |i, x| visit(i % groups, x))
    };
    let pair = |of: Moments| {
        let unit = if of.squares == 0.0 { 1.0 } else { of.deviation() * factor.abs() };
        Affine::standard(factor, of.mean * factor, unit)
    };
    Ok(moments(groups, each)?.into_iter().map(pair).collect())
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
            normalize: Some(Normalize { inputs: true, target: false, per, span: Span::default() }),
            ..Settings::default()
        }
    }

    fn numbers(values: &[f64]) -> Column {
        Column::new("x".into(), 1, Cells::Numbers(values.to_vec()))
    }

    #[test]
    fn only_training_rows_count_and_the_deviation_is_the_populations() {
        let column = numbers(&[1.0, 3.0, 1000.0]);
        let rules = columns(&[column], &[0, 1], &normalized(Per::Column), false).unwrap();
        assert_eq!(rules[0].rule, CellRule::Number { scale: 1.0, shift: -2.0, fill: None });
    }

    #[test]
    fn a_constant_column_becomes_zero() {
        let rules = columns(&[numbers(&[7.0, 7.0])], &[0, 1], &normalized(Per::Column), false).unwrap();
        assert_eq!(rules[0].rule.number(7.0), Some(0.0));
    }

    #[test]
    fn gaps_take_the_mean_and_the_most_frequent_word() {
        let cells = Cells::Words { codes: vec![1, 0, 1, MISSING], names: vec!["f".into(), "m".into()] };
        let words = Column::new("sex".into(), 2, cells);
        let rules =
            columns(&[numbers(&[1.0, 3.0, f64::NAN, 8.0]), words], &[0, 1, 2], &Settings::default(), true)
                .unwrap();
        assert_eq!(rules[0].rule, CellRule::Number { scale: 1.0, shift: 0.0, fill: Some(2.0) });
        assert_eq!(rules[1].rule, CellRule::Category { names: vec!["f".into(), "m".into()], fill: Some(1) });
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
