//! Raw targets against what outputs ask for.

use super::super::raw::{Cells, Column, RawTarget, label_order};
use super::super::target::{Whole, array_classes, from_array, from_columns};
use super::*;
use crate::run::agreement;

fn words(cells: &[&str]) -> Column {
    let mut names: Vec<String> = cells.iter().map(|s| s.to_string()).collect();
    names.sort_by(|a, b| label_order(a, b));
    names.dedup();
    let codes = cells.iter().map(|s| names.iter().position(|n| n == s).unwrap_or(0) as u32).collect();
    Column::new("kind".into(), 3, Cells::Words { codes, names })
}

fn numbers(values: &[f64]) -> Column {
    Column::new("grade".into(), 2, Cells::Numbers(values.to_vec()))
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
    let labels = RawTarget::Labels { codes: vec![0, 1, 10], names: Vec::new() };
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
        let of =
            |part: &super::super::Part| part.numbers().iter().filter(|row| [7, 8, 50].contains(*row)).count();
        [Some(&data.train), data.valid.as_ref(), data.test.as_ref()].map(|part| part.map_or(0, of))
    };
    for want in [Want::Class(2), Want::Bits(1), Want::Real(1)] {
        let tested: Vec<usize> = (1..=5).map(|fold| ones(fifth(fold), want)[2]).collect();
        assert_eq!(tested, [1, 0, 1, 0, 1], "{want:?}");
        assert_eq!(ones(shares.clone(), want), [1, 1, 1], "{want:?}");
    }
}

#[test]
fn two_other_values_are_made_bits_by_classes() {
    let rows = |one: i32, two: i32| format!("x,y\n1,{one}\n2,{two}\n3,{one}\n");
    let classes =
        |one: i32, two: i32| ("classes", vec![("names", list(vec![n(f64::from(one)), n(f64::from(two))]))]);
    for (one, two) in [(1, 2), (-1, 1)] {
        let error = csv(&rows(one, two), &[], &[], &need(1, Want::Bits(1))).unwrap_err();
        assert_eq!(error.code, "E0531");
        assert!(error.help[0].starts_with(&format!("write `classes {one}, {two}`")), "{error}");
        let data = csv(&rows(one, two), &[], &[classes(one, two)], &need(1, Want::Bits(1))).unwrap();
        assert_eq!(target(&data.train), super::super::Target::Bits { data: vec![0., 1., 0.], width: 1 });
    }
    let error = csv("x,y\n1,1\n2,2\n3,3\n", &[], &[], &need(1, Want::Bits(1))).unwrap_err();
    assert!(error.help[0].contains("real[1]"), "{error}");
    let array = RawTarget::Numbers { data: vec![-1.0, 1.0, -1.0], width: 1 };
    assert!(from_array(&array, Want::Bits(1), "y.npy").unwrap_err().to_string().contains("`classes -1, 1`"));
}

/// What has another word in each row is named, not counted as inputs; what has one class is not told to be written so.
#[test]
fn columns_that_tell_rows_apart_are_no_categories() {
    let rows: String =
        (0..40).map(|i| format!("2020-01-{i},{},{i}.5,{}\n", ["f", "m"][i % 2], ["x", "y"][i % 2])).collect();
    let fault = |rows: &str, need: &Need| csv(rows, &[], &[], need).unwrap_err().to_string();
    let dated = format!("Date,sex,mass,kind\n{rows}");
    let faults = [
        fault(&dated, &need(3, Want::Class(2))),
        fault(&format!("d,s,m,kind\n{}", rows.replace("2020-01-", "")), &need(2, Want::Class(2))),
        fault(&format!("d,s,kind,y\n{}", rows.replace("2020-01-", "")), &need(1, Want::Class(2))),
        fault("a,b\n1,x\n2,x\n", &need(1, Want::Class(2))),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
    let net = "data {\n  source csv, \"t.csv\"\n}\nnet {\n  input x: real[43]\n  dense 2\n  output y: class[2]\n}\n\
               train {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), dated).unwrap();
    let model = crate::check::check_source(net, &crate::check::Env::default()).model.unwrap();
    let search = Search::new(folder.path(), folder.path(), None);
    let schema = super::super::probe(model.data.as_ref().unwrap(), &search).unwrap();
    let found = agreement::disagreements(&schema, &model);
    assert_eq!((found.len(), found[0].code, found[0].is_error()), (1, "W0501", false));
    assert!(found[0].message.starts_with("`Date` has 40 different words in 40 rows"), "{:?}", found[0]);
}

#[test]
fn a_column_that_is_mostly_filled_in_is_doubted() {
    let net = |na: &str, inputs: usize| {
        format!(
            "data {{\n  source csv, \"t.csv\", missing=mean{na}\n}}\nnet {{\n  input x: real[{inputs}]\n  dense 2\n  output y: class[2]\n}}\n"
        )
    };
    let rows: String = (0..40).map(|i| if i % 4 == 0 { "Grvl,B\n" } else { "NA,A\n" }).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), format!("alley,y\n{rows}")).unwrap();
    let search = Search::new(folder.path(), folder.path(), None);
    let said = |net: &str| -> Vec<String> {
        let model = crate::check::check_source(net, &crate::check::Env::default()).model.unwrap();
        let schema = super::super::probe(model.data.as_ref().unwrap(), &search).unwrap();
        agreement::disagreements(&schema, &model)
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect()
    };
    assert_eq!(said(&net("", 1)), ["W0502: 30 of the 40 values of `alley` are not known and filled in"]);
    assert_eq!(said(&net(", na=[]", 2)), Vec::<String>::new());
}

/// A table of `x` and one target.
fn with_targets<T: std::fmt::Display>(targets: impl IntoIterator<Item = T>) -> String {
    let row = |(i, y): (usize, T)| format!("{},{y}\n", 2 * i);
    format!("x,y\n{}", targets.into_iter().enumerate().map(row).collect::<String>())
}

#[test]
fn targets_that_are_no_numbers_are_refused_before_training() {
    let fault = |rows: &str, args: &[(&'static str, Value)], want| {
        csv(rows, args, &[], &need(1, want)).expect_err("a fault").to_string()
    };
    let words = [("words", list(vec![word("y")]))];
    let large = with_targets((0..12).map(|i| format!("{}e300", i + 1)));
    let comma = with_targets((0..12).map(|i| format!("\"{i},5\"")));
    let euros = with_targets((0..12).map(|i| format!("{i}.3 EUR")));
    let faults = [
        fault(&large, &[], Want::Real(1)),
        fault(&large, &[], Want::Class(12)),
        fault("x,y\n1,\"NaN\"\n2,\"NaN\"\n", &[], Want::Real(1)),
        fault("x,y\n1,\"NaN\"\n2,5\n3,1e39\n", &words, Want::Real(1)),
        fault("x,y\n1,4\n2,5\n", &words, Want::Real(1)),
        fault(&comma, &[], Want::Real(1)),
        fault(&comma, &[], Want::Class(2)),
        fault(&euros, &[], Want::Real(1)),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
    // Words that would be numbers too stay words.
    for names in [["inf", "sup"], ["5%", "10%"]] {
        let data = csv(&with_targets(names), &[], &[], &need(1, Want::Class(2))).unwrap();
        assert_eq!(data.transform.class_names().len(), 2);
    }
}

#[test]
fn a_class_for_each_row_is_doubted() {
    let doubts = |rows: String, classes: usize| {
        let net = format!(
            "data {{\n  source csv, \"t.csv\"\n}}\nnet {{\n  input x: real[1]\n  dense {classes}\n  output y: class[{classes}]\n}}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), rows).unwrap();
        let model = crate::check::check_source(&net, &crate::check::Env::default()).model.unwrap();
        let search = Search::new(folder.path(), folder.path(), None);
        let schema = super::super::probe(model.data.as_ref().unwrap(), &search).unwrap();
        agreement::disagreements(&schema, &model)
    };
    let found = doubts(with_targets((0..60).map(|i| format!("\"{i},5\""))), 60);
    assert_eq!((found.len(), found[0].code, found[0].is_error()), (1, "W0501", false));
    assert!(format!("{:?}", found[0]).contains("decimal comma"), "{:?}", found[0]);
    let found = doubts(with_targets((0..60).map(|i| format!("{i}"))), 60);
    assert_eq!((found.len(), found[0].code), (1, "W0501"));
    assert!(format!("{:?}", found[0]).contains("real[1]"), "{:?}", found[0]);
    assert_eq!(doubts(with_targets((0..60).map(|i| i % 12)), 12).len(), 0);
}

/// 2^53 + 1 has no place among 64 bits.
#[test]
fn whole_numbers_that_become_equal_are_named() {
    let ids = |ids: &[u64]| with_targets(ids);
    let close = [9_007_199_254_740_992, 9_007_199_254_740_993, 9_007_199_254_740_996];
    let load = |rows: &str, args: &[(&'static str, Value)], more: &[Use<'static>], want| {
        csv(rows, args, more, &need(1, want))
    };
    let named = "9007199254740992 and 9007199254740993 become one number in 64 bits";
    let only =
        || ("classes", vec![("names", list(vec![n(9_007_199_254_740_992.0), n(9_007_199_254_740_996.0)]))]);
    let columns = || ("target", vec![("columns", list(vec![word("x")]))]);
    for error in [
        load(&ids(&close), &[], &[], Want::Class(3)),
        load(&ids(&close), &[], &[], Want::Real(1)),
        load(&ids(&close), &[], &[only()], Want::Class(2)),
        load(&ids(&close), &[], &[columns()], Want::Real(1)),
    ] {
        let error = error.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), ("E0544", named));
        assert_eq!(error.place.column_name.as_deref(), Some("y"));
    }
    // As words they differ, and beside much larger differences they may be one number, but never one class.
    let words = [("words", list(vec![word("y")]))];
    let data = load(&ids(&close), &words, &[], Want::Class(3)).unwrap();
    assert_eq!(data.transform.class_names()[1], "9007199254740993");
    let wide = [close[0], close[1], 9_000_000_000_000_000_000];
    assert!(load(&ids(&wide), &[], &[], Want::Real(1)).is_ok());
    assert_eq!(load(&ids(&wide), &[], &[], Want::Class(3)).unwrap_err().code, "E0544");
}
