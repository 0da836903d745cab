//! Which rows are training, validation and test.
//!
//! Invariants: the parts are disjoint and each is in the order of the source; a division is a function of the number of rows,
//! the statement, its seed and (for targets of few values) the target. Whole groups are divided by [`super::groups`]. Fractions are of the rows that are divided; for `valid` beside `folds`
//! or `given`, of the rows outside the test part.

use super::config::{Choosing, Division, Share, Split};
use super::draw::shuffled;
use super::error::{DataError, counted};
use crate::vocab::exactly;

/// Row numbers from 0, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub train: Vec<u32>,
    pub valid: Vec<u32>,
    pub test: Vec<u32>,
}

/// Row numbers that index files name, already checked against the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub train: Vec<u32>,
    pub test: Vec<u32>,
}

/// Divides `rows` rows. `strata` numbers the class of each row where the target has classes; `own_test` says that the source has a
/// test part of its own, which is not among these rows.
///
/// # Errors
/// E0534: a part without rows, more rows asked for than there are, a second test part.
pub(super) fn divide(
    rows: usize,
    split: Option<&Split>,
    strata: Option<&[u32]>,
    listed: Option<Listed>,
    own_test: bool,
) -> Result<Parts, DataError> {
    let all: Vec<u32> = (0..rows as u32).collect();
    let Some(split) = split else { return Ok(Parts { train: all, ..Parts::default() }) };
    let wants_test = !matches!(split.division, Division::Shares { test: None, .. });
    if own_test && wants_test {
        return Err(DataError::new("E0534", "the source has a test part of its own")
            .note("`split` asks for another one")
            .help("keep only `train=` and `valid=` in `split`"));
    }
    let mut parts = match (&split.division, listed) {
        (Division::Shares { train, test }, _) => shares(&all, split, 0, *train, *test, strata)?,
        (Division::Repeats { fold, test, .. }, _) => {
            shares(&all, split, *fold as u64, None, Some(*test), strata)?
        }
        (Division::Folds { folds, fold }, _) if split.forward => onward(&all, split, *folds, *fold)?,
        (Division::Folds { folds, fold }, _) => folds_of(&all, split, *folds, *fold, strata)?,
        (Division::Given { .. }, listed) => given(split, listed.unwrap_or_default(), strata)?,
        // The statement refuses lists of groups where `by` names no column.
        (Division::Named { .. }, _) => return Err(DataError::new("E0534", "the rows have no groups")),
    };
    match split.choosing {
        Choosing::Needed if parts.valid.is_empty() => spare(&mut parts, split, strata)?,
        Choosing::Done => parts.train.append(&mut parts.valid),
        Choosing::Needed | Choosing::Written => {}
    }
    for part in [&mut parts.train, &mut parts.valid, &mut parts.test] {
        part.sort_unstable();
    }
    match parts.train.is_empty() {
        true => Err(DataError::new("E0534", "no row is left to train on")
            .note(format!("there are {}", counted(rows, "row")))),
        false => Ok(parts),
    }
}

/// The division of a source with a validation part of its own, the last `valid` rows.
///
/// # Errors
/// E0534: a part without rows, and any `split`.
pub(super) fn own(rows: usize, valid: usize, split: Option<&Split>) -> Result<Parts, DataError> {
    if split.is_some() {
        return Err(DataError::new("E0534", "the source has a validation part of its own")
            .note("`split` asks for another division")
            .help("leave `split` out, or take the source's folder `valid` away"));
    }
    let all: Vec<u32> = (0..rows as u32).collect();
    let (train, valid) = all.split_at(rows - valid);
    match train.is_empty() {
        true => Err(DataError::new("E0534", "no row is left to train on")),
        false => Ok(Parts { train: train.to_vec(), valid: valid.to_vec(), test: Vec::new() }),
    }
}

/// Of the training rows those that choose where the file names none.
pub(super) const SPARED: f64 = 0.2;

fn spare(parts: &mut Parts, split: &Split, strata: Option<&[u32]>) -> Result<(), DataError> {
    let share = Split { valid: Some(Share::Fraction(SPARED)), ..split.clone() };
    // Another order than that by which the parts were divided.
    let order = arrange(&parts.train, &share, u64::MAX, strata);
    (parts.train, parts.valid) = carve(order, &share)?;
    Ok(())
}

/// Takes the named shares one after another from the arranged rows: training, validation, test.
fn shares(
    all: &[u32],
    split: &Split,
    coordinate: u64,
    train: Option<Share>,
    test: Option<Share>,
    strata: Option<&[u32]>,
) -> Result<Parts, DataError> {
    let n = all.len();
    let Sizes { train, valid, test } = Sizes::of(n, train, split.valid, test)?;
    let train = train.unwrap_or(n - valid - test);
    let (pool, last) = all.split_at(if split.tail { n - valid } else { n });
    let order = arrange(pool, split, coordinate, strata);
    let after = if split.tail { 0 } else { valid };
    let test = order[train + after..train + after + test].to_vec();
    let valid = if split.tail { last.to_vec() } else { order[train..train + valid].to_vec() };
    Ok(Parts { train: order[..train].to_vec(), valid, test })
}

/// Rows of the parts that shares ask for; a training part that is all the rest has no size of its own.
pub(super) struct Sizes {
    pub train: Option<usize>,
    pub valid: usize,
    pub test: usize,
}

impl Sizes {
    /// Of `n` rows.
    ///
    /// # Errors
    /// E0534: a part without a row, or more rows than there are.
    pub fn of(
        n: usize,
        train: Option<Share>,
        valid: Option<Share>,
        test: Option<Share>,
    ) -> Result<Self, DataError> {
        let size = |share: Option<Share>, name: &str| share.map_or(Ok(0), |s| resolve(s, n, name));
        let wanted = match train {
            Some(Share::Fraction(f)) if (f + fraction(valid) + fraction(test) - 1.0).abs() < 1e-9 => None,
            Some(share) => Some(resolve(share, n, "train")?),
            None => None,
        };
        let (valid, test) = (size(valid, "valid")?, size(test, "test")?);
        // A count may be as large as it is written.
        let sum = wanted.unwrap_or(1).saturating_add(valid).saturating_add(test);
        if sum <= n {
            return Ok(Self { train: wanted, valid, test });
        }
        let note = match wanted {
            Some(train) => format!("train {train} + valid {valid} + test {test} = {sum}, of {n}"),
            None => format!("valid {valid} + test {test} leave nothing of {n} to train on"),
        };
        Err(DataError::new("E0534", "`split` asks for more rows than there are").note(note))
    }
}

/// Fold boundaries differ by at most one row in size.
fn folds_of(
    all: &[u32],
    split: &Split,
    folds: usize,
    fold: usize,
    strata: Option<&[u32]>,
) -> Result<Parts, DataError> {
    let n = all.len();
    if folds > n {
        return Err(DataError::new("E0534", format!("{} cannot make {folds} folds", counted(n, "row")))
            .help(format!("every fold tests a row or more: write `folds={n}` or fewer")));
    }
    let mut rest = arrange(all, split, 0, strata);
    let test: Vec<u32> = rest.drain((fold - 1) * n / folds..fold * n / folds).collect();
    if split.tail {
        rest.sort_unstable();
    }
    let (train, valid) = carve(rest, split)?;
    Ok(Parts { train, valid, test })
}

/// Forward in time: of one stretch more than there are folds, those up to the fold's number are trained on, and the next is tested.
fn onward(all: &[u32], split: &Split, folds: usize, fold: usize) -> Result<Parts, DataError> {
    let n = all.len();
    if folds >= n {
        return Err(DataError::new(
            "E0534",
            format!("{} cannot make {folds} folds forward in time", counted(n, "row")),
        )
        .help(format!(
            "they are {} stretches of a row or more: write `folds={}` or fewer",
            folds + 1,
            n - 1
        )));
    }
    let end = |stretch: usize| stretch * n / (folds + 1);
    let (train, valid) = carve(all[..end(fold)].to_vec(), split)?;
    Ok(Parts { train, valid, test: all[end(fold)..end(fold + 1)].to_vec() })
}

fn given(split: &Split, listed: Listed, strata: Option<&[u32]>) -> Result<Parts, DataError> {
    // The files list rows in an order of their own: the tail is theirs, not the table's.
    let order = if split.valid.is_some() && !split.tail {
        arrange(&listed.train, split, 0, strata)
    } else {
        listed.train
    };
    let (train, valid) = carve(order, split)?;
    Ok(Parts { train, valid, test: listed.test })
}

/// Takes the validation part off the end of rows that are not for testing.
fn carve(mut rest: Vec<u32>, split: &Split) -> Result<(Vec<u32>, Vec<u32>), DataError> {
    let Some(share) = split.valid else { return Ok((rest, Vec::new())) };
    let size = resolve(share, rest.len(), "valid")?;
    if size >= rest.len() {
        return Err(DataError::new("E0534", "the validation part leaves nothing to train on")
            .note(format!("valid {size}, of {} outside the test part", counted(rest.len(), "row"))));
    }
    let valid = rest.split_off(rest.len() - size);
    Ok((rest, valid))
}

fn fraction(share: Option<Share>) -> f64 {
    match share {
        Some(Share::Fraction(f)) => f,
        _ => 0.0,
    }
}

pub(super) fn resolve(share: Share, rows: usize, name: &str) -> Result<usize, DataError> {
    let size = match share {
        Share::Rows(n) => n,
        Share::Fraction(f) => (f * rows as f64).round() as usize,
    };
    if size == 0 {
        let percent = fraction(Some(share)) * 100.0;
        return Err(DataError::new("E0534", format!("the {name} part has no row")).note(format!(
            "{}% of {} is less than half a row",
            exactly(percent),
            counted(rows, "row")
        )));
    }
    Ok(size)
}

/// The rows in the order from which parts are cut. With classes, any stretch of it holds each class in proportion: row `i` of a
/// class of `n` shuffled rows stands at `(i + 1/2) / n`.
fn arrange(rows: &[u32], split: &Split, coordinate: u64, strata: Option<&[u32]>) -> Vec<u32> {
    if !split.shuffle {
        return rows.to_vec();
    }
    let order = shuffled(rows, split.seed, "split", &[coordinate]);
    let Some(strata) = strata else { return order };
    let class = |row: u32| strata.get(row as usize).map_or(0, |c| *c as usize);
    let classes = order.iter().map(|r| class(*r) + 1).max().unwrap_or(0);
    let mut sizes = vec![0u64; classes];
    order.iter().for_each(|r| sizes[class(*r)] += 1);
    let mut seen = vec![0u64; classes];
    let mut keyed: Vec<(u64, u64, u32)> = Vec::with_capacity(order.len());
    for row in order {
        let c = class(row);
        keyed.push((2 * seen[c] + 1, sizes[c], row)); // the place (2 i + 1) / (2 n), kept as a fraction
        seen[c] += 1;
    }
    keyed.sort_by(|a, b| (u128::from(a.0) * u128::from(b.1)).cmp(&(u128::from(b.0) * u128::from(a.1))));
    keyed.into_iter().map(|(_, _, row)| row).collect()
}

#[cfg(test)]
mod tests;
