//! `split by=COLUMN` on tables: which column, and what becomes of it.

use super::super::{By, ColumnRef, Division, Share};
use super::*;

const ROWS: &str = "who,a,b,kind\nann,1,2,x\nbob,3,4,y\nann,5,6,y\ncid,7,8,x\nbob,9,0,x\n";

fn by(column: Value) -> Use<'static> {
    ("split", vec![("by", column), ("test", n(2.0))])
}

#[test]
fn the_column_is_read_and_is_no_input() {
    let data = csv(ROWS, &[], &[by(word("who"))], &need(2, Want::Class(2))).unwrap();
    let groups = data.schema.groups.as_ref().expect("groups");
    assert_eq!((groups.column.as_str(), groups.train, groups.valid, groups.test), ("who", 2, 0, 1));
    let test = data.test.expect("a test part");
    assert!([vec![0, 2], vec![1, 4]].contains(&test.numbers().to_vec()), "{:?}", test.numbers());
    let names: Vec<&str> = data.schema.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    // Named, it is an input too; a number counts columns; and the last column may tell groups.
    let inputs = ("inputs", vec![("columns", list(vec![word("who"), word("a")]))]);
    let data = csv(ROWS, &[], &[inputs, by(n(1.0))], &need(4, Want::Class(2))).unwrap();
    assert_eq!(data.schema.groups.expect("groups").test, 1);
    let target = ("target", vec![("columns", list(vec![word("y")]))]);
    let last =
        csv("a,y,day\n1,2,mo\n2,3,tu\n3,4,mo\n", &[], &[target, by(word("day"))], &need(1, Want::Real(1)));
    assert_eq!(last.unwrap().schema.target[0].name, "y");
}

#[test]
fn rows_of_some_classes_leave_some_groups() {
    let classes = ("classes", vec![("names", list(vec![word("x"), word("y")]))]);
    let rows = format!("{ROWS}dan,1,1,z\n");
    let data = csv(&rows, &[], &[classes, by(word("who"))], &need(2, Want::Class(2))).unwrap();
    let groups = data.schema.groups.expect("groups");
    assert_eq!((groups.train, groups.test), (2, 1));
}

#[test]
fn generated_points_have_columns_too() {
    let uses =
        |by: Value| [("moons", vec![("rows", n(60.0))]), ("split", vec![("by", by), ("test", n(0.3))])];
    let load =
        |by: Value, width| super::super::load(&config(&uses(by)), &nowhere(), &need(width, Want::Class(2)));
    let data = load(word("x2"), 1).unwrap();
    assert_eq!((data.train.rows(), data.test.map(|test| test.rows())), (42, Some(18)));
    assert!(load(word("class"), 2).unwrap_err().message.contains("both target and group"));
}

#[test]
fn what_cannot_tell_groups_is_refused() {
    let gaps = "who,a,kind\nann,1,x\n,2,y\nann,3,x\nbob,4,y\n";
    let say = |rows: &str, args: &[(&'static str, Value)], column: Value| {
        csv(rows, args, &[by(column)], &need(2, Want::Class(2))).unwrap_err().to_string()
    };
    let faults = [
        say(ROWS, &[], word("hwo")),
        say(ROWS, &[], n(5.0)),
        say(ROWS, &[], word("kind")),
        say(gaps, &[], word("who")),
        say(gaps, &[("missing", word("mean"))], word("who")),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
    let dropped =
        csv(gaps, &[("missing", word("drop"))], &[by(word("who"))], &need(1, Want::Class(2))).unwrap();
    assert_eq!((dropped.schema.dropped, dropped.schema.groups.expect("groups").train), (1, 1));
    let (_, found) = build(&[("idx", vec![("folder", text("mnist"))]), by(word("who"))]);
    assert_eq!(found[0].message, "`by` needs a table");
}

#[test]
fn groups_are_named_by_words_texts_and_numbers() {
    let names = vec![text("a b"), word("c"), n(4.0)];
    let split = ("split", vec![("by", n(2.0)), ("test", list(names)), ("valid", n(0.2))]);
    let split = config(&[("moons", vec![]), split]).settings.split.unwrap();
    let test = ["a b", "c", "4"].map(str::to_owned).to_vec();
    assert_eq!(split.division, Division::Named { valid: vec![], test });
    assert_eq!(split.valid, Some(Share::Fraction(0.2)));
    assert!(matches!(split.by, Some(By { column: ColumnRef::Number(2), .. })));
}
