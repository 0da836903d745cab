//! Properties of divisions, and what cannot be divided.

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
        assert_eq!((whole.train, whole.valid, whole.test), (both, vec![], parts.test), "{division:?} {tail}");
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
