//! Divisions of whole groups, in every way that `split` divides.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::data::config::{By, ColumnRef};
use crate::diag::Span;

fn words(cells: &[&str]) -> Groups {
    let mut names: Vec<String> = cells.iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    let codes = cells.iter().map(|cell| names.iter().position(|name| name == cell).unwrap() as u32);
    Groups::of(&Column::new("who".into(), 1, Cells::Words { codes: codes.collect(), names: names.clone() }))
}

fn numbers(values: &[u8]) -> Groups {
    Groups::of(&Column::new("who".into(), 1, Cells::Numbers(values.iter().map(|x| f64::from(*x)).collect())))
}

fn split(division: Division, valid: Option<Share>) -> Split {
    let by = Some(By { column: ColumnRef::Number(1), span: Span::default() });
    Split { division, valid, by, ..Split::none() }
}

fn shares(train: Option<Share>, test: Option<Share>) -> Division {
    Division::Shares { train, test }
}

fn sizes(parts: &Parts) -> [usize; 3] {
    [parts.train.len(), parts.valid.len(), parts.test.len()]
}

#[test]
fn numbers_are_groups_by_value_unless_a_word_is_among_them() {
    assert_eq!(words(&["1", "1.0", "10", "2"]).names, ["1", "2", "10"]);
    assert_eq!(words(&["1", "1.0", "b"]).names, ["1", "1.0", "b"]);
    // Two numbers that 64 bits do not tell apart.
    assert_eq!(words(&["9007199254740992", "9007199254740993"]).count(), 2);
    assert_eq!(numbers(&[3, 1, 3]).of_row, [1, 0, 1]);
}

#[test]
fn sizes_are_met_as_closely_as_whole_groups_allow() {
    let groups = words(&["a", "a", "a", "a", "a", "a", "b", "b", "b", "c", "c", "d"]);
    for seed in 0..20 {
        let how = |valid, test| Split { seed, ..split(shares(None, Some(test)), Some(valid)) };
        let parts = groups.divide(&how(Share::Rows(1), Share::Rows(2))).unwrap();
        assert_eq!(sizes(&parts), [9, 1, 2], "seed {seed}");
        let parts = groups.divide(&how(Share::Fraction(0.25), Share::Fraction(0.25))).unwrap();
        assert_eq!(sizes(&parts), [6, 3, 3], "seed {seed}");
    }
    let less = split(shares(Some(Share::Rows(6)), Some(Share::Rows(3))), None);
    assert_eq!(sizes(&groups.divide(&less).unwrap()), [6, 0, 3]);
}

#[test]
fn folds_are_about_equal_and_as_many_as_groups_leave_one_out_each() {
    let groups = words(&["b", "b", "b", "b", "a", "c", "c", "d", "d", "d"]);
    let fold = |folds, fold| groups.divide(&split(Division::Folds { folds, fold }, None)).unwrap();
    assert_eq!([1, 2].map(|k| fold(2, k).test.len()), [5, 5]);
    assert_eq!([1, 2, 3].map(|k| fold(3, k).test.len()), [4, 3, 3]);
    assert_eq!([1, 2, 3, 4].map(|k| fold(4, k).test), [vec![4], vec![0, 1, 2, 3], vec![5, 6], vec![7, 8, 9]]);
}

#[test]
fn groups_are_named() {
    let groups = words(&["0", "1", "1", "2", "3", "4"]);
    let named = |valid: &[&str], test: &[&str], share| {
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        groups.divide(&split(Division::Named { valid: names(valid), test: names(test) }, share))
    };
    let parts = named(&["3"], &["1", "0"], None).unwrap();
    assert_eq!((parts.train, parts.valid, parts.test), (vec![3, 5], vec![4], vec![0, 1, 2]));
    assert_eq!(sizes(&named(&[], &["1.0"], Some(Share::Rows(1))).unwrap()), [3, 1, 2]);
    let faults = [
        named(&[], &["7"], None),
        named(&["1"], &["1"], None),
        named(&["0", "1", "2"], &["3", "4"], None),
        named(&[], &["0", "1", "2", "3"], Some(Share::Fraction(0.5))),
    ];
    insta::assert_snapshot!(said(faults));
}

fn said<const N: usize>(faults: [Result<Parts, DataError>; N]) -> String {
    faults.map(|fault| fault.unwrap_err().to_string()).join("\n\n")
}

#[test]
fn forward_in_time_groups_are_stretches() {
    let days = words(&["mo", "mo", "mo", "tu", "we", "we", "th", "th", "th", "fr"]);
    let onward = |division, valid| Split { shuffle: false, forward: true, ..split(division, valid) };
    let parts = |division, valid| {
        let parts = days.divide(&onward(division, valid)).unwrap();
        assert!([&parts.train[..], &parts.valid, &parts.test].concat().is_sorted());
        sizes(&parts)
    };
    assert_eq!(parts(shares(None, Some(Share::Rows(1))), Some(Share::Rows(2))), [6, 3, 1]);
    assert_eq!(parts(Division::Folds { folds: 3, fold: 1 }, None), [3, 0, 1]);
    assert_eq!(parts(Division::Folds { folds: 3, fold: 2 }, Some(Share::Fraction(0.4))), [3, 1, 2]);
    assert_eq!(parts(Division::Folds { folds: 3, fold: 3 }, None), [6, 0, 4]);
    let twice = words(&["mo", "tu", "mo"]);
    let faults = [
        twice.divide(&onward(shares(None, Some(Share::Rows(1))), None)),
        days.divide(&onward(Division::Folds { folds: 5, fold: 1 }, None)),
        days.divide(&onward(Division::Folds { folds: 4, fold: 1 }, Some(Share::Rows(1)))),
    ];
    insta::assert_snapshot!(said(faults));
}

#[test]
fn too_few_groups_are_said_with_figures() {
    let (one, three) = (words(&["a", "a", "a", "a"]), words(&["a", "a", "b", "c"]));
    let half = Some(Share::Fraction(0.5));
    let faults = [
        one.divide(&split(shares(None, half), None)),
        words(&["a", "a", "b"]).divide(&split(shares(None, Some(Share::Rows(1))), Some(Share::Rows(1)))),
        three.divide(&split(Division::Folds { folds: 4, fold: 1 }, None)),
        three.divide(&split(shares(None, Some(Share::Rows(4))), None)),
    ];
    insta::assert_snapshot!(said(faults));
    assert_eq!(sizes(&one.divide(&split(shares(None, None), None)).unwrap()), [4, 0, 0]);
}

fn divisions() -> impl Strategy<Value = Division> {
    let share = || prop_oneof![(0.05..0.4).prop_map(Share::Fraction), (2..9_usize).prop_map(Share::Rows)];
    prop_oneof![
        prop::option::of(share()).prop_map(|test| shares(None, test)),
        (share(), share()).prop_map(|(train, test)| shares(Some(train), Some(test))),
        (2..6_usize, 1..6_usize).prop_map(|(n, k)| Division::Folds { folds: n, fold: 1 + k % n }),
        (1..9_usize, share()).prop_map(|(fold, test)| Division::Repeats { folds: 9, fold, test }),
    ]
}

proptest! {
    /// No group is in two parts, every part that is asked for has one, the seed decides all, and the test rows stay where the validation rows go.
    #[test]
    fn groups_stay_whole(
        cells in prop::collection::vec(0..12_u8, 1..80),
        division in divisions(),
        valid in prop::option::of(0.05..0.5_f64),
        (seed, shuffle) in (0..1000_u64, any::<bool>()),
    ) {
        let groups = numbers(&cells);
        let how = Split { seed, shuffle, ..split(division, valid.map(Share::Fraction)) };
        let Ok(parts) = groups.divide(&how) else { return Ok(()) };
        let each = [&parts.train, &parts.valid, &parts.test];
        let of = each.map(|rows| rows.iter().map(|row| cells[*row as usize]).collect::<BTreeSet<u8>>());
        prop_assert!(of[0].is_disjoint(&of[1]) && of[0].is_disjoint(&of[2]) && of[1].is_disjoint(&of[2]));
        let whole = cells.iter().filter(|cell| of.iter().any(|groups| groups.contains(cell))).count();
        prop_assert_eq!(whole, sizes(&parts).iter().sum::<usize>());
        prop_assert!(!of[0].is_empty() && of[1].is_empty() == valid.is_none());
        prop_assert_eq!(of[2].is_empty(), matches!(how.division, Division::Shares { test: None, .. }));
        prop_assert_eq!(&parts, &groups.divide(&how).unwrap());
        let done = groups.divide(&Split { choosing: Choosing::Done, ..how.clone() }).unwrap();
        prop_assert_eq!(&done.test, &parts.test);
        if let (None, Ok(needed)) = (valid, groups.divide(&Split { choosing: Choosing::Needed, ..how })) {
            prop_assert_eq!(&needed.test, &parts.test);
        }
    }

    /// Over its folds each row is tested once.
    #[test]
    fn folds_test_every_row_once(cells in prop::collection::vec(0..12_u8, 1..80), folds in 2..6_usize, seed in 0..1000_u64) {
        let groups = numbers(&cells);
        let fold = |fold| groups.divide(&Split { seed, ..split(Division::Folds { folds, fold }, None) });
        let Ok(parts) = (1..=folds).map(fold).collect::<Result<Vec<Parts>, _>>() else { return Ok(()) };
        let mut tested: Vec<u32> = parts.into_iter().flat_map(|parts| parts.test).collect();
        tested.sort_unstable();
        prop_assert_eq!(tested, (0..cells.len() as u32).collect::<Vec<u32>>());
    }
}
