//! Fits the [`Transform`]'s numbers: means, deviations and fillings, from rows of the training part only.
//!
//! Invariant: sums are f64 in the order of the rows, two passes (mean, then squared distances), so they do not depend on threads.

use super::config::{Normalize, Per, Settings};
use super::error::DataError;
use super::raw::{Arrays, Cells, Column, MISSING, Storage};
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule};

/// Mean and population deviation of the values.
pub(super) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (mut count, mut sum) = (0u64, 0.0);
    for x in values.clone() {
        count += 1;
        sum += x;
    }
    let n = count.max(1) as f64;
    let mean = sum / n;
    let squares: f64 = values.map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / n).sqrt())
}

fn normalizes_inputs(settings: &Settings) -> Option<Normalize> {
    settings.normalize.filter(|n| n.inputs)
}

fn factor(settings: &Settings) -> f64 {
    settings.scale.map_or(1.0, |s| s.factor)
}

/// Rules for a table's input columns. `fills`: gaps take what the training part has, in columns too that have none yet.
///
/// # Errors
/// E0536: `per=channel` on a table; E0524: a column that is missing in the whole training part.
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
        .map(|_| moments(all_numbers(columns, train, factor(settings))));
    let mut rules = Vec::with_capacity(columns.len());
    for column in columns {
        let rule = match &column.cells {
            Cells::Numbers(values) => {
                let known = train.iter().map(|r| values[*r as usize]).filter(|x| !x.is_nan());
                if known.clone().next().is_none() {
                    return Err(never_known(column));
                }
                let fill = fills.then(|| moments(known.clone()).0);
                let factor = factor(settings);
                let pair = match (normalize, common) {
                    (Some(_), Some((mean, sd))) => Affine::standard(factor, mean, sd),
                    (Some(_), None) => {
                        let filled = train.iter().map(|r| values[*r as usize]);
                        let filled =
                            filled.map(|x| if x.is_nan() { fill.unwrap_or(0.0) } else { x } * factor);
                        let (mean, sd) = moments(filled);
                        Affine::standard(factor, mean, sd)
                    }
                    (None, _) => Affine { scale: factor, shift: 0.0 },
                };
                CellRule::Number { scale: pair.scale, shift: pair.shift, fill }
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
/// E0536: `per=channel` on rows without axes.
pub(super) fn array(arrays: &Arrays, train: &[u32], settings: &Settings) -> Result<ArrayRule, DataError> {
    let width: usize = arrays.shape.iter().product();
    let factor = factor(settings);
    let Some(normalize) = normalizes_inputs(settings) else {
        return Ok(ArrayRule { width, pairs: vec![Affine { scale: factor, shift: 0.0 }] });
    };
    let groups = match (normalize.per, arrays.shape.as_slice()) {
        (Per::All, _) => 1,
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
    let pairs = standard_pairs(&arrays.data, train, width, groups, factor);
    Ok(ArrayRule { width, pairs })
}

/// One pair a group; element `i` of a row is in group `i % groups`. Bytes have exact sums; floats take two passes.
fn standard_pairs(data: &Storage, train: &[u32], width: usize, groups: usize, factor: f64) -> Vec<Affine> {
    let rows = || train.iter().map(|r| *r as usize * width);
    let per_group = (train.len() * width / groups.max(1)).max(1) as f64;
    let each = |visit: &mut dyn FnMut(usize, f64)| {
        for start in rows() {
            match data {
                Storage::U8(bytes) => (0..width).for_each(|i| visit(i % groups, f64::from(bytes[start + i]))),
                Storage::F32(floats) => {
                    (0..width).for_each(|i| visit(i % groups, f64::from(floats[start + i])))
                }
            }
        }
    };
    let mut means = vec![0.0; groups];
    each(&mut |g, x| means[g] += x);
    means.iter_mut().for_each(|m| *m /= per_group);
    let mut squares = vec![0.0; groups];
    each(&mut |g, x| squares[g] += (x - means[g]) * (x - means[g]));
    let pair = |(mean, squares): (&f64, &f64)| {
        let sd = (squares / per_group).sqrt() * factor.abs();
        Affine::standard(factor, mean * factor, sd)
    };
    means.iter().zip(&squares).map(pair).collect()
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
        Column { name: "x".into(), number: 1, cells: Cells::Numbers(values.to_vec()) }
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
        let words = Column {
            name: "sex".into(),
            number: 2,
            cells: Cells::Words { codes: vec![1, 0, 1, MISSING], names: vec!["f".into(), "m".into()] },
        };
        let rules =
            columns(&[numbers(&[1.0, 3.0, f64::NAN, 8.0]), words], &[0, 1, 2], &Settings::default(), true)
                .unwrap();
        assert_eq!(rules[0].rule, CellRule::Number { scale: 1.0, shift: 0.0, fill: Some(2.0) });
        assert_eq!(rules[1].rule, CellRule::Category { names: vec!["f".into(), "m".into()], fill: Some(1) });
    }

    #[test]
    fn pictures_are_normalised_by_channel_or_together() {
        let arrays = Arrays {
            target_file: String::new(),
            file: "x".into(),
            rows: 2,
            shape: vec![1, 2, 2],
            data: Storage::U8(vec![0, 10, 2, 10, 0, 30, 2, 30]),
            target: super::super::raw::RawTarget::Labels(vec![0, 1]),
        };
        let rule = array(&arrays, &[0, 1], &normalized(Per::Channel)).unwrap();
        assert_eq!(rule.pairs, [Affine { scale: 1.0, shift: -1.0 }, Affine { scale: 0.1, shift: -2.0 }]);
        assert_eq!(array(&arrays, &[0, 1], &normalized(Per::All)).unwrap().pairs.len(), 1);
        assert_eq!(array(&arrays, &[0, 1], &normalized(Per::Column)).unwrap().pairs.len(), 4);
    }
}
