//! Tables in the order of time as rows of several lines.

use super::*;

const LOAD: &str = "day,load,heat\nmon,1,10\ntue,2,20\nwed,3,30\nthu,4,40\nfri,5,50\nsat,6,60\nsun,7,70\n";

fn window(more: &[(&'static str, Value)]) -> Use<'static> {
    let mut args = vec![
        ("length", n(2.0)),
        ("horizon", n(1.0)),
        ("stride", n(1.0)),
        ("carry", Value::Bool(false)),
        ("target", word("load")),
    ];
    args.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    args.extend(more.iter().cloned());
    ("window", args)
}

fn loaded(more: &[Use<'static>], width: usize) -> Result<Dataset, DataError> {
    csv(LOAD, &[("header", Value::Bool(true))], more, &need(width, Want::Real(1)))
}

fn numbers(part: &Part) -> Vec<f32> {
    let Target::Real { data, .. } = target(part) else { panic!("numbers") };
    data
}

#[test]
fn a_row_is_some_lines_and_what_comes_behind_them() {
    let data = loaded(&[window(&[])], 4).expect("sound data");
    assert_eq!(floats(&data.train, 0)[..8], [1.0, 10.0, 2.0, 20.0, 2.0, 20.0, 3.0, 30.0]);
    assert_eq!(numbers(&data.train), [3.0, 4.0, 5.0, 6.0, 7.0]);
    let data = loaded(
        &[
            window(&[("horizon", n(3.0)), ("stride", n(2.0))]),
            ("inputs", vec![("columns", list(vec![word("heat")]))]),
        ],
        2,
    )
    .expect("sound data");
    assert_eq!(
        (floats(&data.train, 0), numbers(&data.train)),
        (vec![10.0, 20.0, 30.0, 40.0], vec![5.0, 7.0])
    );
}

#[test]
fn parts_are_stretches_of_time_and_only_the_first_is_fitted_to() {
    let split =
        ("split", vec![("valid", n(2.0)), ("shuffle", Value::Bool(true)), ("forward", Value::Bool(false))]);
    let split = (split.0, split.1.into_iter().filter(|(name, _)| *name == "valid").collect());
    let normalize = ("normalize", vec![("what", list(vec![word("inputs")])), ("per", word("column"))]);
    let data = loaded(&[window(&[]), split, normalize], 4).expect("sound data");
    assert_eq!(
        (numbers(&data.train), numbers(data.valid.as_ref().expect("two windows"))),
        (vec![3.0, 4.0, 5.0], vec![6.0, 7.0])
    );
    // The training windows hold 1, 2, 2, 3, 3, 4 of one column, and ten times as much of the other: mean 2.5.
    let sd = (5.5_f32 / 6.0).sqrt();
    let first = floats(&data.train, 0);
    assert!(first[..2].iter().all(|x| (x + 1.5 / sd).abs() < 1e-6), "{first:?}");
}

#[test]
fn windows_that_cannot_be() {
    let say = |more: &[(&'static str, Value)]| loaded(&[window(more)], 4).expect_err("a fault").plain();
    let lines =
        [say(&[("length", n(7.0))]), say(&[("target", word("day"))]), say(&[("target", word("lode"))])];
    insta::assert_snapshot!(lines.join("\n---\n"));
}
