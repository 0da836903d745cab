//! Bad tables: each fault has its file, line and column, its reason and a way out.

use super::*;

/// Loads a table for `x: real[2]`, `y: class[2]`; the message of its fault.
fn fault(rows: &str, args: &[(&'static str, Value)]) -> String {
    csv(rows, args, &[], &need(2, Want::Class(2))).expect_err("a fault").to_string()
}

#[test]
fn rows_that_do_not_fit() {
    let headerless = [("header", Value::Bool(false))];
    let faults = [
        fault("a,b,c\n1,2,x\n1,2\n", &[]),
        fault("a,b,c\n1,2,x\n1,2,x,3\n", &[]),
        fault("a,b,c\n1,\"2,x\n1,2,x\n1,2,y\n", &[]),
        fault("1,2\n1,2,3\n", &headerless),
        fault("", &[]),
        fault("\n  \n", &[]),
        fault("a,b,c\n", &[]),
        fault("a,b,c\n1,NA,x\n2,?,y\n", &[("missing", word("drop"))]),
        fault("a;b;c\n1;2;x\n", &[]),
        fault("a b c\n1 \"2 3\" x\n", &[("delimiter", word("whitespace"))]),
        fault("a,b,\"c\n1,2,x\n1,2,y\n", &[]),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn cells_that_do_not_fit() {
    let faults = [
        fault("a,b,c\n1,2,x\n1,many,y\n", &[]),
        fault("a,b,c\n1,2,x\n1,1e60,y\n", &[]),
        fault("a,b,c\n1,2,x\n1,inf,y\n", &[]),
        fault("a,b,c\n1,2,x\n1,,y\n", &[]),
        fault("a,b,c\n1,2,x\n1,nan,y\n", &[]),
        fault("a,b,c\n1,2,x\n1,2,\n", &[("missing", word("mean"))]),
        fault("a,b,c\n1,,x\n1,,y\n", &[("missing", word("mean"))]),
        fault("a,b,c\n1,2,x\n1,2,NA\n", &[]),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
}

/// A column is judged by all of its cells, in whatever order they come.
#[test]
fn cells_that_are_no_numbers_are_named_wherever_they_stand() {
    let numbers = |first: &str, others: &str| {
        let rows: String = (0..20).map(|i| format!("0.{i},{},{}\n", 100 + i, ["x", "y"][i % 2])).collect();
        fault(&format!("a,b,c\n{first},2,x\n{rows}{others}"), &[("missing", word("mean"))])
    };
    let european: String = (0..10).map(|i| format!("{i},5;{i};x\n{i};1{i}.500,5;y\n")).collect();
    let semicolon = [("delimiter", word("semicolon"))];
    let percent: String = (0..10).map(|i| format!("{i}%,{i},{}\n", ["x", "y"][i % 2])).collect();
    let half: String =
        (0..6).map(|i| format!("{},{i},x\n", if i < 4 { "-".into() } else { i.to_string() })).collect();
    let faults = [
        numbers("-", ""),
        numbers("None", "1,.,x\n2,2,y\n#N/A,2,x\n-,3,x\n.,4,y\n"),
        fault(&format!("a;b;c\n{european}"), &semicolon),
        fault(&format!("a,b,c\n{percent}"), &[]),
        fault("a,b,c\n\"1,234.5\",1,x\n\"2,234\",2,y\n", &[]),
        fault("a,b,c\n\"1,288\",1,x\n\"1,449\",2,y\n\"0,066\",2,y\n", &[]),
        fault(&format!("a,b,c\n{half}"), &[]),
        fault("a,b,c\n1,1,x\n1,x,y\n", &[("words", list(vec![word("d")]))]),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn headers_that_do_not_fit() {
    let named = |column: &str| {
        let target = ("target", vec![("columns", list(vec![word(column)]))]);
        csv("a,b,kind\n1,2,x\n", &[], &[target], &need(2, Want::Class(2))).expect_err("a fault").to_string()
    };
    let faults =
        [fault("a,b,a\n1,2,x\n", &[]), fault("1,2,3\n4,5,6\n", &[]), named("kinds"), named("colour")];
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn tables_that_do_not_fit_the_net() {
    let with = |rows: &str, need: &Need| csv(rows, &[], &[], need).expect_err("a fault").to_string();
    let several = Need {
        inputs: vec![InputShape::new("a", &[2]), InputShape::new("b", &[2])],
        target: Want::Class(2),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let faults = [
        with("a,b,c\n1,2,x\n1,2,y\n1,2,z\n", &need(2, Want::Class(2))),
        with("a,b,c\n1,2,x\n1,3,x\n", &need(2, Want::Class(2))),
        with("a,b,c\n1,2,x\n1,3,y\n", &need(3, Want::Class(2))),
        with("a,b,c\n1,red,x\n1,blue,y\n", &need(2, Want::Class(2))),
        with("a,b,c\n1,2,x\n1,3,y\n", &several),
        with("a,b,c\n1,2,x\n1,3,y\n", &need(2, Want::Real(1))),
    ];
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn files_that_cannot_be_read() {
    let load = |file: &str| {
        let config = config(&[("csv", vec![("file", text(file))])]);
        super::super::probe(&config, &nowhere()).expect_err("a fault").to_string()
    };
    insta::assert_snapshot!([load("penguins/penguins.csv"), load("/nowhere/x.csv")].join("\n\n"));
}
