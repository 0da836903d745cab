//! Raw targets against what outputs ask for.

use super::super::raw::{Cells, Column, RawTarget, label_order};
use super::super::target::{Whole, array_classes, from_array, from_columns};
use super::*;

fn words(cells: &[&str]) -> Column {
    let mut names: Vec<String> = cells.iter().map(|s| s.to_string()).collect();
    names.sort_by(|a, b| label_order(a, b));
    names.dedup();
    let codes = cells.iter().map(|s| names.iter().position(|n| n == s).unwrap_or(0) as u32).collect();
    Column { name: "kind".into(), number: 3, cells: Cells::Words { codes, names } }
}

fn numbers(values: &[f64]) -> Column {
    Column { name: "grade".into(), number: 2, cells: Cells::Numbers(values.to_vec()) }
}

#[test]
fn classes_are_named_and_sorted() {
    let Whole::Classes { codes, names, .. } =
        from_columns(&[words(&["b", "a", "b"])], Want::Class(2)).unwrap()
    else {
        panic!("classes were asked for")
    };
    assert_eq!((codes, names), (vec![1, 0, 1], vec!["a".to_owned(), "b".to_owned()]));
    let Whole::Classes { codes, names, .. } =
        from_columns(&[numbers(&[10.0, 3.0, 9.0])], Want::Class(3)).unwrap()
    else {
        panic!("classes were asked for")
    };
    assert_eq!((codes, names), (vec![2, 0, 1], vec!["3".to_owned(), "9".to_owned(), "10".to_owned()]));
}

#[test]
fn the_output_decides() {
    assert_eq!(
        from_columns(&[numbers(&[3.0, 5.0])], Want::Real(1)).unwrap(),
        Whole::Real { data: vec![3.0, 5.0], columns: vec!["grade".into()] }
    );
    let bits = from_columns(&[words(&["yes", "no"])], Want::Bits(1)).unwrap();
    assert_eq!(
        bits,
        Whole::Bits {
            data: vec![1.0, 0.0],
            columns: vec!["kind".into()],
            names: Some(["no".into(), "yes".into()])
        }
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let labels = RawTarget::Labels(vec![0, 1, 10]);
    let faults: Vec<String> = [
        from_columns(&[words(&["a", "b", "c"])], Want::Class(4)),
        from_columns(&[words(&["a", "a"])], Want::Class(2)),
        from_columns(&[words(&["a", "b"])], Want::Real(1)),
        from_columns(&[words(&["a", "b", "c"])], Want::Bits(1)),
        from_columns(&[numbers(&[0.0, 2.0])], Want::Bits(1)),
        from_columns(&[numbers(&[1.0])], Want::Real(2)),
        from_array(&labels, Want::Class(10), "y.npy"),
    ]
    .into_iter()
    .map(|r| r.unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
    assert_eq!(array_classes(&labels), Some(11));
}

/// Three ones among sixty rows, in fifths and in shares: the division asks for the target, not for the word that reads it.
#[test]
fn two_values_are_divided_alike_as_class_bit_and_number() {
    let rows: String = (0..60).map(|i| format!("{i},{}\n", u8::from([7, 8, 50].contains(&i)))).collect();
    let fifth = |fold: usize| ("split", vec![("folds", n(5.0)), ("fold", n(fold as f64))]);
    let shares = ("split", vec![("valid", n(20.0)), ("test", n(20.0))]);
    let ones = |split: Use<'static>, want| {
        let data = csv(&format!("x,y\n{rows}"), &[], &[split], &need(1, want)).unwrap();
        let of = |part: &super::super::Part| {
            part.source_rows.iter().filter(|row| [7, 8, 50].contains(*row)).count()
        };
        [Some(&data.train), data.valid.as_ref(), data.test.as_ref()].map(|part| part.map_or(0, of))
    };
    for want in [Want::Class(2), Want::Bits(1), Want::Real(1)] {
        let tested: Vec<usize> = (1..=5).map(|fold| ones(fifth(fold), want)[2]).collect();
        assert_eq!(tested, [1, 0, 1, 0, 1], "{want:?}");
        assert_eq!(ones(shares.clone(), want), [1, 1, 1], "{want:?}");
    }
}
