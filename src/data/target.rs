//! Raw targets to what the net's output asks for: classes, real numbers or bits.
//!
//! Table classes are named by their cells, in the order of `label_order`; array classes are the numbers from 0. Invariant: a
//! class target has exactly the classes that `class[K]` says.

use rustc_hash::FxHashMap;

use super::Want;
use super::advice::fitting_classes;
use super::cells::no_logarithm;
use super::error::{DataError, counted, cut, listed};
use super::notation::Notations;
use super::raw::{Cells, Column, RawTarget};
use super::scaler::Scaler;
use super::single;
use super::text::number;
use super::transform::TargetRule;
use super::units::Units;
use crate::vocab::exactly;

/// The target of all rows, before they are divided.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Whole {
    Classes {
        codes: Vec<u32>,
        column: String,
        names: Vec<String>,
    },
    /// Rows of `columns.len()` numbers, in their own units.
    Real {
        data: Vec<f64>,
        columns: Vec<String>,
    },
    /// Rows of `columns.len()` zeros and ones.
    Bits {
        data: Vec<f32>,
        columns: Vec<String>,
        names: Option<[String; 2]>,
    },
}

/// More distinct numbers than this are not listed as classes.
const MOST_CLASSES: usize = 10_000;

/// Class codes and names of a table column: its words, or its distinct numbers in ascending order.
pub(super) fn classes_of(cells: &Cells) -> Option<(Vec<u32>, Vec<String>)> {
    match cells {
        Cells::Words { codes, names } => Some((codes.clone(), names.clone())),
        Cells::Numbers(values) => {
            let mut distinct: Vec<f64> = values.iter().map(|x| x + 0.0).collect(); // -0 counts as 0
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            if distinct.len() > MOST_CLASSES {
                return None;
            }
            let code = |x: &f64| distinct.partition_point(|d| d < x) as u32;
            Some((values.iter().map(code).collect(), distinct.iter().copied().map(exactly).collect()))
        }
    }
}

/// Classes are told apart by every digit.
///
/// # Errors
/// E0544 without a place.
pub(super) fn told_apart_as_classes(column: &Column) -> Result<(), DataError> {
    column.merged.map_or(Ok(()), |(a, b)| Err(single::merged_whole(a, b, &column.name)))
}

/// The target of a table.
///
/// # Errors
/// E0531 for a value that does not fit, E0532 for a number of classes or columns other than the output's.
pub(super) fn from_columns(columns: &[Column], want: Want) -> Result<Whole, DataError> {
    let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    match want {
        Want::Class(k) => {
            let [column] = columns else { return Err(wrong_width(columns.len(), 1, &format!("class[{k}]"))) };
            let place = |e: DataError| e.column(column.number, &column.name);
            told_apart_as_classes(column).map_err(place)?;
            let (codes, names) = classes_of(&column.cells).ok_or_else(|| {
                place(DataError::new(
                    "E0532",
                    format!("the target has more than {MOST_CLASSES} different numbers"),
                ))
                .note(format!("the net's output says class[{k}]"))
                .help("for a number to be predicted write `output y: real[1]`")
            })?;
            check_classes(&names, codes.len(), k).map_err(place)?;
            Ok(Whole::Classes { codes, column: column.name.clone(), names })
        }
        Want::Real(d) => {
            if columns.len() != d {
                return Err(wrong_width(columns.len(), d, &format!("{d} numbers")));
            }
            let data = columns.iter().map(real).collect::<Result<Vec<_>, _>>()?;
            Ok(Whole::Real { data: interleaved(&data), columns: names })
        }
        Want::Bits(d) => {
            if columns.len() != d {
                return Err(wrong_width(columns.len(), d, &format!("bits[{d}]")));
            }
            let mut data = Vec::with_capacity(d);
            let mut words = None;
            for column in columns {
                let (bits, names) = bits(column, d == 1)?;
                data.push(bits);
                words = words.or(names);
            }
            Ok(Whole::Bits { data: interleaved(&data), columns: names, names: words.filter(|_| d == 1) })
        }
        Want::Tokens(_) => Err(no_tokens()),
    }
}

fn interleaved<T: Copy>(columns: &[Vec<T>]) -> Vec<T> {
    let rows = columns.first().map_or(0, Vec::len);
    (0..rows).flat_map(|r| columns.iter().map(move |c| c[r])).collect()
}

fn wrong_width(found: usize, wanted: usize, output: &str) -> DataError {
    DataError::new(
        "E0532",
        format!("the target is {}, the net's output says {output}", counted(found, "column")),
    )
    .help(format!("name {} in `target`, or change the output", counted(wanted, "column")))
}

fn check_classes(names: &[String], rows: usize, k: usize) -> Result<(), DataError> {
    if names.len() == k {
        return Ok(());
    }
    let found = if names.len() == 1 { "1 class".to_owned() } else { format!("{} classes", names.len()) };
    let error = DataError::new("E0532", format!("the target has {found}, the net's output says class[{k}]"));
    let advice = fitting_classes(names, rows);
    Err(advice.notes.into_iter().fold(error, DataError::note).help(advice.help))
}

/// Numbers of a column; names that are numbers count (`class` of a generator), unless the file asks for words.
fn real(column: &Column) -> Result<Vec<f64>, DataError> {
    match &column.cells {
        Cells::Numbers(values) => Ok(values.clone()),
        Cells::Words { codes, names } => {
            let fault =
                |message: String| DataError::new("E0531", message).column(column.number, &column.name);
            let classes = format!("write `output y: class[{}]`", names.len());
            if column.settled {
                return Err(fault(
                    "`words` makes classes of the target, and the net's output is real".into(),
                )
                .help(format!("leave the target out of `words`, or {classes}")));
            }
            let values: Result<Vec<f64>, &String> = names.iter().map(|n| number(n).ok_or(n)).collect();
            let values = values.map_err(|word| {
                let error = fault(format!("`{}` is not a number, and the net's output is real", cut(word)));
                match Notations::of(names) {
                    Some(notation) => error
                        .note(format!("the column seems to hold {}", notation.name()))
                        .help(notation.fix()),
                    None if names.len() < 2 => error.help("name another column in `target`"),
                    None => error.help(format!("for classes {classes}")),
                }
            })?;
            Ok(codes.iter().map(|c| values[*c as usize]).collect())
        }
    }
}

/// Zeros and ones: numbers 0 and 1, or two words of which the second in order is 1.
fn bits(column: &Column, is_alone: bool) -> Result<(Vec<f32>, Option<[String; 2]>), DataError> {
    let place = |e: DataError| e.column(column.number, &column.name);
    match &column.cells {
        Cells::Numbers(values) => match values.iter().position(|x| *x != 0.0 && *x != 1.0) {
            Some(row) => Err(place(neither(values[row], if is_alone { values } else { &[] }).row(row))
                .note("the net's output is bits")),
            None => Ok((values.iter().map(|x| *x as f32).collect(), None)),
        },
        Cells::Words { codes, names } => match names.as_slice() {
            [zero, one] => Ok((codes.iter().map(|c| *c as f32).collect(), Some([zero.clone(), one.clone()]))),
            _ => Err(place(DataError::new(
                "E0531",
                format!("a bit has two values, the column has {}", names.len()),
            ))
            .note(format!("they are {}", listed(names, 12)))
            .help(format!("write `output y: class[{}]`", names.len()))),
        },
    }
}

/// A value that is no bit; two other values of the column can be made bits.
fn neither(value: f64, column: &[f64]) -> DataError {
    let error = DataError::new("E0531", format!("{} is neither 0 nor 1", exactly(value)));
    let mut values: Vec<f64> = Vec::new();
    for x in column {
        if !values.contains(x) {
            values.push(*x);
        }
        if values.len() > 2 {
            break;
        }
    }
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [zero, one] if zero.fract() == 0.0 && one.fract() == 0.0 => error.help(format!(
            "write `classes {}, {}` in `data`: the first is then called 0, the second 1",
            exactly(*zero),
            exactly(*one)
        )),
        [zero, one] => {
            error.help(format!("write 0 for {} and 1 for {} in the file", exactly(*zero), exactly(*one)))
        }
        _ => error.help("a bit is 0 or 1; for a number to be predicted write `output y: real[1]`"),
    }
}

/// For rows that have no token at each step.
fn no_tokens() -> DataError {
    DataError::new("E0532", "the net's output is a token at each step, and the rows have no such target")
        .note("the tokens of one text are foretold: `source text, FILE` with `window`; or those of `source copy`")
        .help("for one answer a row write `output y: class[_]`")
}

/// The target of arrays; `file` is for messages.
///
/// # Errors
/// E0531 for a label or bit out of range, E0532 for another number of outputs.
pub(super) fn from_array(target: &RawTarget, want: Want, file: &str) -> Result<Whole, DataError> {
    let (data, width): (Vec<f64>, usize) = match target {
        RawTarget::Labels { codes, names } => (numbers_of(codes, names, want), 1),
        RawTarget::Numbers { data, width } => (data.clone(), *width),
        RawTarget::Columns(columns) => return from_columns(columns, want).map_err(|e| e.file(file)),
    };
    let columns = |d: usize| (1..=d).map(|n| n.to_string()).collect();
    let fits = |d: usize, output: String| match width == d {
        true => Ok(()),
        false => Err(DataError::new(
            "E0532",
            format!("the target has {} a row, the net's output says {output}", counted(width, "number")),
        )
        .file(file)),
    };
    match want {
        Want::Class(k) => {
            fits(1, format!("class[{k}]"))?;
            if let RawTarget::Labels { codes, names } = target
                && !names.is_empty()
            {
                check_classes(names, codes.len(), k).map_err(|e| e.file(file))?;
            }
            if let Some(row) = data.iter().position(|x| x.fract() != 0.0 || *x < 0.0 || *x >= k as f64) {
                return Err(DataError::new(
                    "E0531",
                    format!("label {} is not a class of class[{k}]", exactly(data[row])),
                )
                .file(file)
                .row(row)
                .help(format!(
                    "labels are whole numbers from 0 to {}; for more classes write a larger `class[...]`",
                    k - 1
                )));
            }
            let codes = data.iter().map(|x| *x as u32).collect();
            Ok(Whole::Classes { codes, column: "label".into(), names: array_names(target, k) })
        }
        Want::Real(d) => fits(d, format!("{d} numbers")).map(|()| Whole::Real { data, columns: columns(d) }),
        Want::Bits(d) => {
            fits(d, format!("bits[{d}]"))?;
            match data.iter().position(|x| *x != 0.0 && *x != 1.0) {
                Some(at) => Err(neither(data[at], if d == 1 { &data } else { &[] }).file(file).row(at / d)),
                None => Ok(Whole::Bits {
                    data: data.iter().map(|x| *x as f32).collect(),
                    columns: columns(d),
                    names: two_names(target).filter(|_| d == 1),
                }),
            }
        }
        Want::Tokens(_) => Err(no_tokens().file(file)),
    }
}

/// Labels as numbers: what they are called, where that is numbers and numbers are asked for.
fn numbers_of(codes: &[u32], names: &[String], want: Want) -> Vec<f64> {
    let named: Option<Vec<f64>> = names.iter().map(|name| number(name)).collect();
    match (want, named) {
        (Want::Real(_), Some(named)) if !named.is_empty() => {
            codes.iter().map(|code| named.get(*code as usize).copied().unwrap_or(f64::NAN)).collect()
        }
        _ => codes.iter().map(|code| f64::from(*code)).collect(),
    }
}

/// How many classes an array's target has: one more than its largest label, where it holds labels.
pub(super) fn array_classes(target: &RawTarget) -> Option<usize> {
    match target {
        RawTarget::Labels { names, .. } if !names.is_empty() => Some(names.len()),
        RawTarget::Labels { codes, .. } => codes.iter().max().map(|l| *l as usize + 1),
        RawTarget::Numbers { data, width: 1 }
            if data.iter().all(|x| x.fract() == 0.0 && (0.0..1e6).contains(x)) =>
        {
            data.iter().copied().reduce(f64::max).map(|x| x as usize + 1)
        }
        RawTarget::Numbers { .. } => None,
        RawTarget::Columns(columns) => names_of(columns).map(|names| names.len()),
    }
}

/// The classes of the only column of a target, where its values may be classes.
fn names_of(columns: &[Column]) -> Option<Vec<String>> {
    let [column] = columns else { return None };
    let may_be = match &column.cells {
        Cells::Numbers(values) => column.merged.is_none() && values.iter().all(|x| x.fract() == 0.0),
        Cells::Words { .. } => true,
    };
    may_be.then(|| classes_of(&column.cells)).flatten().map(|(_, names)| names)
}

/// What the `k` classes of an array's target are called.
pub(super) fn array_names(target: &RawTarget, k: usize) -> Vec<String> {
    match target {
        RawTarget::Labels { names, .. } if !names.is_empty() => names.clone(),
        RawTarget::Labels { .. } | RawTarget::Numbers { .. } => (0..k).map(|c| c.to_string()).collect(),
        RawTarget::Columns(columns) => names_of(columns).unwrap_or_default(),
    }
}

fn two_names(target: &RawTarget) -> Option<[String; 2]> {
    match target {
        RawTarget::Labels { names, .. } => names.clone().try_into().ok(),
        RawTarget::Numbers { .. } | RawTarget::Columns(_) => None,
    }
}

/// Bits are divided by their combinations if there are so many rows a combination.
const ROWS_A_COMBINATION: usize = 10;

/// Equal rows have equal numbers; `None` if more than `most` differ.
fn grouped<T: Copy + Into<f64>>(data: &[T], width: usize, most: usize) -> Option<Vec<u32>> {
    let mut known: FxHashMap<Vec<u64>, u32> = FxHashMap::default();
    let group = |row: &[T]| {
        let next = known.len() as u32;
        let values = row.iter().map(|x| ((*x).into() + 0.0).to_bits()); // -0 counts as 0
        let group = *known.entry(values.collect()).or_insert(next);
        ((group as usize) < most).then_some(group)
    };
    data.chunks_exact(width).map(group).collect()
}

impl Whole {
    /// What a division keeps in proportion, as a number for each row: its class, or the values of its bits together where there are few
    /// such combinations, or which of two numbers it is. How the net reads two values makes no difference to how rows are divided.
    pub fn strata(&self) -> Option<Vec<u32>> {
        match self {
            Whole::Classes { codes, .. } => Some(codes.clone()),
            Whole::Bits { data, columns, .. } => {
                let rows = data.len() / columns.len().max(1);
                grouped(data, columns.len(), (rows / ROWS_A_COMBINATION).max(2))
            }
            Whole::Real { data, columns } if columns.len() == 1 => grouped(data, 1, 2),
            Whole::Real { .. } => None,
        }
    }

    /// Refuses numbers that 32 bits do not tell apart in the units of training; `place` says where output `c` comes from.
    ///
    /// # Errors
    /// E0544; also where they have a unit in which 32 bits could not say what the net finds. E0557 for a number that has no logarithm, where one is taken.
    pub fn told_apart(
        &self,
        rule: &TargetRule,
        place: impl Fn(usize, DataError) -> DataError,
    ) -> Result<(), DataError> {
        let (Whole::Real { data, columns }, TargetRule::Real { units, .. }) = (self, rule) else {
            return Ok(());
        };
        let d = columns.len();
        for c in 0..d {
            let exact = |row: usize| data[row * d + c];
            if let Some(curve) = units.curve {
                let outside = (0..data.len() / d).find(|row| curve.of(exact(*row)).is_none());
                if let Some(row) = outside {
                    return Err(place(c, no_logarithm(exact(row), curve).row(row)));
                }
                // Logarithms make other distances of them.
                continue;
            }
            let sd = units.sd[c];
            if !UNITS.contains(&sd) {
                return Err(place(c, beyond_units(sd)));
            }
            let short = |x: f64| units.seen(c, x);
            let cure = "write `normalize target` in `data` (`normalize inputs, target` for both): the mean is taken off before numbers are shortened";
            single::check(data.len() / d, &exact, 1.0 / sd, &short, cure).map_err(|e| place(c, e))?;
        }
        Ok(())
    }

    /// The rule for outputs; a real target is normalised by the training rows if `normalize` says how.
    pub fn rule(&self, train: &[u32], normalize: Option<Scaler>) -> TargetRule {
        match self {
            Whole::Classes { column, names, .. } => {
                TargetRule::Classes { column: column.clone(), names: names.clone() }
            }
            Whole::Bits { columns, names, .. } => {
                TargetRule::Bits { columns: columns.clone(), names: names.clone() }
            }
            Whole::Real { data, columns } => {
                let d = columns.len();
                let Some(by) = normalize else {
                    return TargetRule::Real { columns: columns.clone(), units: Units::plain(d) };
                };
                let curve = by.curve();
                let curved = move |x: f64| curve.map_or(Some(x), |curve| curve.of(x)).unwrap_or(f64::NAN);
                let own = |c: usize| by.center(train.iter().map(move |r| curved(data[*r as usize * d + c])));
                let (mean, sd) = (0..d).map(own).unzip();
                TargetRule::Real { columns: columns.clone(), units: Units { mean, sd, curve } }
            }
        }
    }
}

/// Deviations of a normalised target in which 32-bit outputs can be said: with room for what is much nearer and much further.
const UNITS: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

fn beyond_units(sd: f64) -> DataError {
    let (size, change) = if sd < 1.0 { ("small", "larger") } else { ("large", "smaller") };
    DataError::new(
        "E0544",
        format!("the target spreads by {sd:.1e}, which is too {size} for what the net will say of it"),
    )
    .note("predictions are 32-bit numbers in the target's own units: they hold what spreads by 1e-30 to 1e30")
    .help(format!("write the target in another unit, so that its numbers are {change}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(data: &[f32], width: usize) -> Whole {
        let columns = (0..width).map(|c| c.to_string()).collect();
        Whole::Bits { data: data.to_vec(), columns, names: None }
    }

    #[test]
    fn two_values_are_two_strata_whatever_the_output_is_called() {
        let wanted = Some(vec![0, 1, 0, 1]);
        let names = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(Whole::Classes { codes: vec![0, 1, 0, 1], column: String::new(), names }.strata(), wanted);
        assert_eq!(bits(&[0.0, 1.0, 0.0, 1.0], 1).strata(), wanted);
        let real = |data: &[f64]| Whole::Real { data: data.to_vec(), columns: vec!["y".into()] }.strata();
        assert_eq!(real(&[-1.0, 2.5, -1.0, 2.5]), wanted);
        assert_eq!(real(&[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn few_combinations_of_bits_are_strata() {
        let rows = |n: usize| (0..n).flat_map(|i| [(i % 2) as f32, (i / 2 % 2) as f32]).collect::<Vec<f32>>();
        assert_eq!(bits(&rows(40), 2).strata().unwrap()[..6], [0, 1, 2, 3, 0, 1]);
        assert_eq!(bits(&rows(39), 2).strata(), None);
    }
}
