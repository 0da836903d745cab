//! The section without IO: what contradicts what, and where it is said.

use super::*;

fn lines(uses: &[Use<'_>]) -> String {
    let (config, found) = build(uses);
    assert!(config.is_none() && !found.is_empty(), "a fault was expected");
    let line = |d: &Diagnostic| {
        format!("{} at {}..{}: {} [{}]", d.code, d.span.start, d.span.end, d.message, d.label)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn contradictions_are_placed() {
    let moons = || ("moons", vec![]);
    let idx = || ("idx", vec![("folder", text("mnist"))]);
    let cases = [
        lines(&[("batch", vec![("rows", n(8.0))])]),
        lines(
            &[moons(), ("iris", vec![])]
                .map(|(w, a)| if w == "iris" { ("builtin", vec![("name", text("iris"))]) } else { (w, a) }),
        ),
        lines(&[moons(), ("batch", vec![]), ("batch", vec![])]),
        lines(&[idx(), ("inputs", vec![("columns", list(vec![n(1.0)]))])]),
        lines(&[moons(), ("split", vec![("given", text("index"))])]),
        lines(&[moons(), ("inputs", vec![])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(3.0, 1.0)]))])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(0.0, 1.0)]))])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(1.5, 3.0)]))])]),
        lines(&[moons(), ("scale", vec![("factor", n(0.0))])]),
        lines(&[moons(), ("normalize", vec![("what", list(vec![word("target")])), ("per", word("all"))])]),
        lines(&[("builtin", vec![("name", text("boston"))])]),
        lines(&[("idx", vec![])]),
        lines(&[("idx", vec![("images", text("a"))])]),
        lines(&[("idx", vec![("folder", text("a")), ("labels", text("b"))])]),
        lines(&[("npy", vec![("inputs", text("a")), ("target", text("b")), ("test_inputs", text("c"))])]),
        lines(&[("csv", vec![("file", text("a")), ("delimiter", text("::"))])]),
        lines(&[("blobs", vec![("rows", n(2.0)), ("classes", n(3.0))])]),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn a_class_has_no_mean() {
    let config = config(&[
        ("moons", vec![]),
        ("normalize", vec![("what", list(vec![word("inputs"), word("target")]))]),
    ]);
    assert_eq!(config.check_output(Want::Class(2), false).unwrap().code, "E0508");
    assert!(config.check_output(Want::Real(1), true).is_none());
}

#[test]
fn defaults_hold_where_the_file_is_silent() {
    let config = config(&[("moons", vec![])]);
    assert_eq!((config.batch().rows, config.batch().drop_last), (32, false));
    let schema = super::super::probe(&config, &nowhere()).unwrap();
    let known: Vec<(String, f64)> = schema.attributes().into_iter().collect();
    let wanted =
        [("data.classes", 2.0), ("data.features", 2.0), ("data.rows", 1000.0), ("train.rows", 1000.0)];
    assert_eq!(known, wanted.map(|(name, value)| (name.to_owned(), value)));
    assert!(known.iter().all(|(name, _)| crate::check::ATTRIBUTES.contains(&name.as_str())));
}
