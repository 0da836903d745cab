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
mod tests {
    use super::*;

    fn split(division: Division, valid: Option<Share>) -> Split {
        Split { division, valid, ..Split::none() }
    }

    fn shares_of(train: Option<Share>, test: Option<Share>) -> Division {
        Division::Shares { train, test }
    }

    fn all_of(parts: &Parts) -> Vec<u32> {
        let mut rows: Vec<u32> = parts.train.iter().chain(&parts.valid).chain(&parts.test).copied().collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn shares_are_disjoint_and_depend_on_the_seed() {
        let mut split = split(shares_of(None, Some(Share::Fraction(0.2))), Some(Share::Rows(10)));
        let parts = divide(100, Some(&split), None, None, false).unwrap();
        assert_eq!((parts.train.len(), parts.valid.len(), parts.test.len()), (70, 10, 20));
        assert_eq!(all_of(&parts), (0..100).collect::<Vec<u32>>());
        assert_eq!(parts, divide(100, Some(&split), None, None, false).unwrap());
        split.seed = 1;
        assert_ne!(parts, divide(100, Some(&split), None, None, false).unwrap());
    }

    /// What is tested stays the same when the validation rows are trained on.
    #[test]
    fn the_whole_is_training_and_validation() {
        let listed = || Listed { train: (0..30).rev().collect(), test: (30..40).collect() };
        let kinds = [
            shares_of(None, Some(Share::Rows(10))),
            shares_of(Some(Share::Rows(12)), Some(Share::Rows(10))),
            Division::Folds { folds: 4, fold: 2 },
            Division::Given { prefix: "rows".into(), number: None },
        ];
        for (division, tail) in kinds.iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            let given = || matches!(division, Division::Given { .. }).then(listed);
            let split = Split { tail, ..split(division.clone(), Some(Share::Rows(8))) };
            let parts = divide(40, Some(&split), None, given(), false).unwrap();
            let done = Split { choosing: Choosing::Done, ..split.clone() };
            let whole = divide(40, Some(&done), None, given(), false).unwrap();
            let mut both = [parts.train, parts.valid].concat();
            both.sort_unstable();
            assert_eq!(
                (whole.train, whole.valid, whole.test),
                (both, vec![], parts.test),
                "{division:?} {tail}"
            );
        }
    }

    /// Where something is to be chosen and the file divides no validation rows off, a fifth of the training rows is; the test rows stay.
    #[test]
    fn a_fifth_chooses() {
        for division in
            [shares_of(None, Some(Share::Rows(10))), shares_of(Some(Share::Rows(30)), Some(Share::Rows(10)))]
        {
            let written = split(division, None);
            let needed = Split { choosing: Choosing::Needed, ..written.clone() };
            let (all, parts) =
                [&written, &needed].map(|s| divide(40, Some(s), None, None, false).unwrap()).into();
            assert_eq!((parts.train.len(), parts.valid.len()), (24, 6));
            assert_eq!(parts.test, all.test);
            let mut both = [parts.train, parts.valid].concat();
            both.sort_unstable();
            assert_eq!(both, all.train);
        }
        let own = Split { choosing: Choosing::Needed, ..split(shares_of(None, None), Some(Share::Rows(4))) };
        assert_eq!(divide(40, Some(&own), None, None, false).unwrap().valid.len(), 4);
    }

    #[test]
    fn every_class_is_shared_in_proportion() {
        let strata: Vec<u32> = (0..1000).map(|i| if i < 900 { 0 } else { 1 }).collect();
        let split = split(shares_of(None, Some(Share::Fraction(0.2))), Some(Share::Fraction(0.1)));
        let parts = divide(1000, Some(&split), Some(&strata), None, false).unwrap();
        let rare = |rows: &[u32]| rows.iter().filter(|r| strata[**r as usize] == 1).count();
        assert_eq!((rare(&parts.train), rare(&parts.valid), rare(&parts.test)), (70, 10, 20));
    }

    #[test]
    fn without_a_shuffle_the_order_stays() {
        let mut split = split(shares_of(Some(Share::Rows(6)), Some(Share::Rows(2))), Some(Share::Rows(2)));
        split.shuffle = false;
        let parts = divide(10, Some(&split), None, None, false).unwrap();
        assert_eq!((parts.train, parts.valid, parts.test), (vec![0, 1, 2, 3, 4, 5], vec![6, 7], vec![8, 9]));
        split.tail = true;
        let parts = divide(10, Some(&split), None, None, false).unwrap();
        assert_eq!((parts.valid, parts.test), (vec![8, 9], vec![6, 7]));
    }

    #[test]
    fn folds_cover_every_row_once() {
        let mut tested = Vec::new();
        for fold in 1..=3 {
            let split = split(Division::Folds { folds: 3, fold }, Some(Share::Fraction(0.25)));
            let parts = divide(11, Some(&split), None, None, false).unwrap();
            assert_eq!(all_of(&parts), (0..11).collect::<Vec<u32>>());
            assert!(parts.test.len() == 3 || parts.test.len() == 4);
            tested.extend(parts.test);
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..11).collect::<Vec<u32>>());
    }

    #[test]
    fn forward_in_time_nothing_later_is_trained_on() {
        let split = |division, choosing| {
            let valid = Some(Share::Fraction(0.25));
            Split { shuffle: false, forward: true, choosing, ..split(division, valid) }
        };
        let mut tested = Vec::new();
        for fold in 1..=4 {
            let split = split(Division::Folds { folds: 4, fold }, Choosing::Written);
            let parts = divide(52, Some(&split), None, None, false).unwrap();
            let seen = [&parts.train[..], &parts.valid, &parts.test].concat();
            assert!(seen.is_sorted() && seen.len() == fold * 52 / 5 + parts.test.len(), "{seen:?}");
            assert_eq!(parts.valid.len(), ((fold * 52 / 5) as f64 / 4.0).round() as usize);
            tested.extend(parts.test);
        }
        assert_eq!(tested, (10..52).collect::<Vec<u32>>());
        let shares = split(shares_of(None, Some(Share::Rows(4))), Choosing::Done);
        let parts = divide(20, Some(&shares), None, None, false).unwrap();
        assert_eq!((parts.train, parts.test), ((0..16).collect(), (16..20).collect()));
        let many = split(Division::Folds { folds: 5, fold: 1 }, Choosing::Written);
        assert!(divide(5, Some(&many), None, None, false).unwrap_err().message.contains("forward in time"));
    }

    #[test]
    fn repeats_are_different_divisions() {
        let part = |fold| {
            let division = Division::Repeats { folds: 20, fold, test: Share::Fraction(0.1) };
            divide(100, Some(&split(division, None)), None, None, false).unwrap()
        };
        assert_eq!(part(1).test.len(), 10);
        assert_ne!(part(1).test, part(2).test);
    }

    #[test]
    fn given_rows_keep_their_parts() {
        let listed = Listed { train: vec![4, 0, 2, 1], test: vec![5, 3] };
        let mut split =
            split(Division::Given { prefix: "index".into(), number: None }, Some(Share::Fraction(0.25)));
        split.tail = true;
        let parts = divide(6, Some(&split), None, Some(listed), false).unwrap();
        assert_eq!((parts.train, parts.valid, parts.test), (vec![0, 2, 4], vec![1], vec![3, 5]));
    }

    #[test]
    fn counts_beyond_any_table_are_more_rows_than_there_are() {
        let all = Some(Share::Rows(usize::MAX));
        for division in [shares_of(None, all), shares_of(all, all), shares_of(all, None)] {
            let fault = divide(10, Some(&split(division, all)), None, None, false).unwrap_err();
            assert_eq!(fault.message, "`split` asks for more rows than there are");
        }
    }

    #[test]
    fn impossible_divisions() {
        let say = |rows, division, valid, own| {
            divide(rows, Some(&split(division, valid)), None, None, own).unwrap_err().to_string()
        };
        let faults = [
            say(10, shares_of(Some(Share::Rows(8)), Some(Share::Rows(2))), Some(Share::Rows(2)), false),
            say(10, shares_of(None, Some(Share::Rows(8))), Some(Share::Rows(2)), false),
            say(10, shares_of(None, None), Some(Share::Fraction(0.01)), false),
            say(10, Division::Folds { folds: 11, fold: 1 }, None, false),
            say(10, shares_of(None, Some(Share::Rows(2))), None, true),
        ];
        insta::assert_snapshot!(faults.join("\n\n"));
    }
}
